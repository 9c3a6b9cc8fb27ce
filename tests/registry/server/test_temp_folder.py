"""The folder for uploads: nothing partial stays, it does not overflow, and it is swept by age."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import gradio as gr
import httpx
import pytest
from starlette.exceptions import HTTPException

from registry.server import temp_folder
from registry.server.temp_folder import check_room, stored, sweep
from registry.server.uploads import Brought, Uploads

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def server(serve, tmp_path_factory):
    """A server whose folder for uploads may hold 12 MB."""
    temp = tmp_path_factory.mktemp("uploads")
    most = {"PARAGONE_MAX_UPLOADS_BYTES": str(12 * MEGABYTE), "PARAGONE_PLUGINS": ""}
    server = serve({**most, "GRADIO_TEMP_DIR": str(temp)})
    server.temp = temp
    return server


@pytest.fixture
def files(server):
    """The files in the folder, which is empty at the beginning."""

    def files():
        return [path for path in server.temp.rglob("*") if path.is_file()]

    for path in files():
        path.unlink()
    return files


def upload(server, size: int, field: str = "files") -> httpx.Response:
    sent = {field: ("mine.bin", os.urandom(size))}
    return httpx.post(f"{server.url}gradio_api/upload", files=sent, timeout=300)


def wait_for(truth) -> None:
    deadline = time.monotonic() + 300
    while not truth():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_beyond_the_cap_an_upload_is_refused_in_words_and_what_was_kept_is_whole(server, files):
    first = [upload(server, 5 * MEGABYTE) for _ in range(2)]
    assert [answer.status_code for answer in first] == [200, 200]
    whole = {path: path.read_bytes() for path in files()}
    for _ in range(3):
        refused = upload(server, 5 * MEGABYTE)
        assert refused.status_code == 507 and "no room for this upload" in refused.text
    wait_for(lambda: len(files()) == 2)
    assert {path: path.read_bytes() for path in files()} == whole
    assert upload(server, MEGABYTE).status_code == 200, "a smaller one has room"
    assert stored(server.temp) <= 12 * MEGABYTE


def test_nor_does_one_without_a_length_fill_the_folder(server, files):
    def parts():
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="c.bin"\r\n\r\n'
        for _ in range(300):
            yield bytes(100_000)
        yield b"\r\n--b--\r\n"

    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    url = f"{server.url}gradio_api/upload"
    answer = httpx.post(url, content=parts(), headers=kind, timeout=300)
    assert answer.status_code == 507 and "no room" in answer.text
    wait_for(lambda: files() == [])


def test_a_cut_upload_leaves_nothing(server, files):
    address = urlsplit(server.url)
    head = (
        "POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
        'Content-Disposition: form-data; name="files"; filename="c.bin"\r\n\r\n'
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + bytes(300_000))
        wait_for(lambda: len(files()) == 1)
    wait_for(lambda: files() == [])


@pytest.mark.parametrize("path", ["upload", "component_server", "process_recording"])
def test_what_nobody_asked_for_leaves_nothing(server, files, path):
    url = f"{server.url}gradio_api/{path}"
    httpx.post(url, files={"other": ("o.bin", bytes(50_000))}, timeout=300)
    wait_for(lambda: files() == [])


def test_deep_links_are_off(server, files):
    answer = httpx.get(f"{server.url}gradio_api/deep_link?session_hash=x")
    assert answer.status_code == 404 and answer.text == "No page here makes deep links"
    assert files() == []


def test_deep_links_are_on_where_a_page_makes_them():
    def asked(page) -> list[str]:
        reached = []

        async def inner(scope, receive, send):
            reached.append(scope["path"])

        async def send(message):
            pass

        scope = {"type": "http", "method": "GET", "path": "/gradio_api/deep_link", "headers": []}
        page.brought = Brought()
        asyncio.run(Uploads(inner, page)(scope, None, send))
        return reached

    with gr.Blocks(analytics_enabled=False) as page:
        gr.Textbox()
    assert asked(page) == []
    with page:
        gr.DeepLinkButton()
    assert asked(page) == ["/gradio_api/deep_link"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_and_another_error_is_not_hidden(number):
    sent, tidied = [], []

    async def full(scope, receive, send):
        temp_folder.parsers.get().append(SimpleNamespace(tidy=lambda: tidied.append(1)))
        raise OSError(number, "the disk")

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": []}
    asyncio.run(Uploads(full, SimpleNamespace(brought=Brought()))(scope, None, send))
    assert sent[0]["status"] == 507 and b"no room for this upload" in sent[1]["body"]
    assert tidied == [1]
    number = errno.EACCES
    with pytest.raises(OSError):
        asyncio.run(Uploads(full, SimpleNamespace(brought=Brought()))(scope, None, send))
    assert tidied == [1, 1]


def test_there_is_room_for_what_fits_and_for_no_more(tmp_path, monkeypatch):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "file").write_bytes(bytes(700))
    (tmp_path / "file").write_bytes(bytes(300))
    os.symlink(tmp_path, tmp_path / "round")
    assert 1000 <= stored(tmp_path) < 1500, "a link counts as itself"
    check_room(tmp_path, 2000, 400)
    with pytest.raises(HTTPException) as refused:
        check_room(tmp_path, 2000, 1001)
    assert refused.value.status_code == 507
    monkeypatch.setattr(temp_folder.shutil, "disk_usage", lambda path: SimpleNamespace(free=10))
    check_room(tmp_path, 2000, 10)
    with pytest.raises(HTTPException):
        check_room(tmp_path, 2000, 11)


@pytest.mark.parametrize("ours", [True, False])
def test_the_sweep_takes_what_is_old_wherever_it_lies(tmp_path, ours, monkeypatch):
    folder = tmp_path / ("paragone-1-abc" if ours else "chosen")
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "decoy").write_bytes(b"")
    places = {
        "upload": folder / ("a" * 64) / "mine.png",
        "download": folder / ("b" * 32) / "deep" / "gallery.zip",
        "link": folder / "deep_links" / "xyz" / "state.json",
        "kept": folder / ("c" * 64) / "example.png",
        "partial": folder / "tmpabcdefgh",
        "theirs": folder / "notes" / "letter.txt",
    }
    for path in places.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    os.symlink(beside, folder / ("a" * 64) / "way")
    os.symlink(beside, folder / ("d" * 64))
    kept = {str(places["kept"])}
    assert sweep(folder, 60, kept) == 0 and all(path.exists() for path in places.values())
    now = time.time()
    monkeypatch.setattr(temp_folder.time, "time", lambda: now + 120)
    sweep(folder, 60, kept)
    left = {name for name, path in places.items() if path.exists()}
    assert left == ({"kept"} if ours else {"kept", "partial", "theirs"})
    assert not (folder / ("a" * 64)).exists() or any((folder / ("a" * 64)).iterdir()) is False
    assert (beside / "decoy").exists(), "no link is followed"
    assert sweep(folder / "gone", 60) == 0
