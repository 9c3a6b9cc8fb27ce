"""Nobody reads or deletes what is no upload: decoys named in every way, on every endpoint."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from attacks import MARK, SECRET, SHAPES, Decoy, arguments, call, endpoints, file_fields
from attacks import reads_are_seen as seen_here
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from serving import FIXTURES

from plugins.shared.faces.examples import load_example
from registry.server.file_values import ForeignFile, is_upload, refuse_foreign_files
from tests.shared.faces.made import encoded

OURS = (
    "activation_explorer",
    "face_identification",
    "face_identification_enrol",
    "face_verification",
    "signal_classification",
    "style_transfer",
    "triplet_finetuning",
    "volume_classification",
)
"""Our endpoints that take a file."""
THEIRS = (
    "borrower",
    "borrower_again",
    "borrower_audio",
    "borrower_chat",
    "borrower_editor",
    "borrower_file",
    "borrower_files",
    "borrower_gallery",
    "borrower_json",
    "borrower_message",
    "borrower_model",
    "borrower_path",
    "borrower_slider",
    "borrower_upload",
    "borrower_video",
)
"""Those of a third party's plug-in, one for each component of gradio's that takes a file."""
REFUSED = "is no upload of this server, or is no longer kept"
TEN = ("bare", "wrong mark", "empty mark", "right mark", "stream", "upwards", "upwards with mark")
TEN += ("relative", "vector graphics", "own address")


@pytest.fixture(scope="module")
def server(serve, tmp_path_factory):
    temp = tmp_path_factory.mktemp("uploads")
    folders = {"PARAGONE_PLUGIN_DIRS": str(FIXTURES / "files"), "GRADIO_TEMP_DIR": str(temp)}
    server = serve({**folders, "PARAGONE_MCP": "1"})
    server.temp = temp
    return server


@pytest.fixture(scope="module")
def known(server):
    return endpoints(server.url)


@pytest.fixture(scope="module")
def config(server):
    return httpx.get(f"{server.url}config", timeout=300).json()


@pytest.fixture(scope="module")
def client(server):
    return Client(server.url, verbose=False)


@pytest.fixture(scope="module")
def reads_are_seen(tmp_path_factory):
    return seen_here(tmp_path_factory.mktemp("reads"))


@pytest.fixture(scope="module")
def http():
    """One client for most calls: to make one reads all certificates."""
    with httpx.Client() as client:
        yield client


@pytest.fixture(scope="module")
def portrait():
    return encoded(Image.fromarray(load_example("grace_hopper").pixels))


@pytest.fixture
def decoy(tmp_path, portrait, reads_are_seen):
    """A portrait that every endpoint would take; it is whole and unread at the end."""
    decoy = Decoy(tmp_path, portrait)
    yield decoy
    assert decoy.is_there
    assert not (reads_are_seen and decoy.was_read)


def test_these_are_all_endpoints_that_take_a_file(known):
    """A new one belongs in the list above."""
    taking = {name for name, told in known.items() if file_fields(told)} | {"borrower_json"}
    assert taking == {*OURS, *THEIRS}


@pytest.mark.parametrize("shape", TEN)
@pytest.mark.parametrize("name", [*OURS, *THEIRS])
def test_a_decoy_is_neither_opened_nor_deleted_over_http(server, http, known, decoy, name, shape):
    value = SHAPES[shape](decoy.path, server.temp)
    answered, told = call(server.url, name, arguments(known[name], value), http=http)
    assert not answered and REFUSED in _error(told)
    assert SECRET not in told


def _error(told: str) -> str:
    """The error in a stream of events."""
    line = next(line for line in told.splitlines() if line.startswith("data: {"))
    return json.loads(line.removeprefix("data: "))["error"]


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in TEN])
@pytest.mark.parametrize("name", [*OURS, *THEIRS])
def test_nor_where_it_is_nested(server, http, known, decoy, name, shape):
    """Some are no value of the component at all; then gradio refuses them."""
    value = SHAPES[shape](decoy.path, server.temp)
    answered, told = call(server.url, name, arguments(known[name], value), http=http)
    assert SECRET not in told
    assert not answered or shape == "plain text", "a text is no file to JSON"


@pytest.mark.parametrize("shape", ["bare", "wrong mark", "empty mark", "upwards", "list"])
@pytest.mark.parametrize("name", [*OURS, "borrower", "borrower_file", "borrower_gallery"])
def test_nor_through_gradios_client(server, client, known, decoy, name, shape):
    """It uploads what carries its own mark, so these are the others."""
    value = SHAPES[shape](decoy.path, server.temp)
    with pytest.raises(AppError, match=REFUSED):
        client.predict(*arguments(known[name], value), api_name=f"/{name}")


@pytest.mark.parametrize("shape", SHAPES)
def test_nor_by_any_event_of_a_page(server, config, decoy, shape):
    """Those without a name too, which a browser calls by their number."""
    kinds = {each["id"]: each["type"] for each in config["components"]}
    value = SHAPES[shape](decoy.path, server.temp)
    tried = 0
    with httpx.Client(base_url=server.url, timeout=300) as browser:
        for event in config["dependencies"]:
            inputs = [kinds[number] for number in event["inputs"]]
            if not event["backend_fn"] or not {"image", "file"} & set(inputs):
                continue
            data = [value if kind in ("image", "file") else None for kind in inputs]
            body = {"data": data, "fn_index": event["id"], "session_hash": f"s{event['id']}"}
            joined = browser.post("/gradio_api/queue/join", json=body)
            assert joined.status_code == 200, joined.text
            told = browser.get(
                "/gradio_api/queue/data", params={"session_hash": body["session_hash"]}
            ).text
            assert '"success":false' in told.replace(" ", ""), (event["api_name"], told)
            tried += 1
    assert tried > 20


def test_nor_by_what_an_event_tells(server, known, decoy):
    numbers = {
        each["api_name"]: each["id"]
        for each in httpx.get(f"{server.url}config").json()["dependencies"]
    }
    body = {
        "data": [],
        "fn_index": numbers["borrower_deleted"],
        "session_hash": "deletes",
        "event_data": {"path": str(decoy.path), "meta": MARK},
    }
    answer = httpx.post(f"{server.url}gradio_api/run/predict", json=body, timeout=300)
    assert SECRET not in answer.text and REFUSED in answer.json()["error"]


def test_nor_through_the_tools_of_an_assistant(server, decoy):
    """gradio's client for the tools runs in the server's own process, and would upload a file."""
    mcp = pytest.importorskip("mcp", reason="pip install -r requirements-mcp.txt")
    from mcp.client import streamable_http

    connect = getattr(streamable_http, "streamable_http_client", None) or (
        streamable_http.streamablehttp_client
    )

    async def ask(tool: str, given: dict) -> str:
        async with (
            connect(f"{server.url}gradio_api/mcp/") as (read, write, _),
            mcp.ClientSession(read, write) as session,
        ):
            await session.initialize()
            answer = await session.call_tool(tool, given)
            assert answer.isError, (tool, given, answer)
            return answer.content[0].text

    tools = {"face_verification": ("picture_a", "picture_b"), "named": ("value",)}
    for tool, fields in tools.items():
        for shape in (*TEN, "list", "deep", "plain text"):
            value = SHAPES[shape](decoy.path, server.temp)
            if tool == "named" and shape == "plain text":
                continue  # A text is no file to JSON.
            said = asyncio.run(ask(tool, dict.fromkeys(fields, value)))
            assert SECRET not in said


# --- what must go on working ---------------------------------------------------------------------


def test_a_real_upload_is_read_by_every_component(client, tmp_path):
    path = tmp_path / "mine.png"
    Image.new("RGB", (8, 8), (1, 2, 3)).save(path)
    with path.open("ab") as file:
        file.write(b"my own words")
    one = handle_file(path)
    assert client.predict(one, api_name="/borrower") == "[1. 2. 3.]"
    for name, value in {
        "path": one,
        "file": one,
        "files": [one, one],
        "gallery": [{"image": one, "caption": "x"}],
        "video": one,
        "model": one,
        "message": {"text": "x", "files": [one]},
        "slider": [one, one],
        "json": {"a": [one]},
        "upload": one,
    }.items():
        assert "my own words" in client.predict(value, api_name=f"/borrower_{name}"), name


def test_an_output_can_be_an_input(server):
    """As the browser sends it: the file that the server itself has written."""
    _, told = call(server.url, "borrower_make", [])
    (made,) = json.loads(told.split("data: ")[-1])
    for value in (made, {"path": made["path"]}, {"path": made["path"], "meta": {}}):
        answered, told = call(server.url, "borrower_again", [value])
        assert answered and "[9. 8. 7.]" in told, told


def test_a_picture_of_an_assistant_is_read_and_leaves_nothing(server):
    mcp = pytest.importorskip("mcp", reason="pip install -r requirements-mcp.txt")
    from mcp.client import streamable_http

    connect = getattr(streamable_http, "streamable_http_client", None) or (
        streamable_http.streamablehttp_client
    )
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), (4, 5, 6)).save(picture, "PNG")
    uri = f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"

    async def ask() -> list[str]:
        async with (
            connect(f"{server.url}gradio_api/mcp/") as (read, write, _),
            mcp.ClientSession(read, write) as session,
        ):
            await session.initialize()
            calls = [session.call_tool("mean_colour", {"picture": uri}) for _ in range(3)]
            return [(await each).content[0].text for each in calls]

    before = {path for path in server.temp.rglob("*") if path.is_file()}
    assert asyncio.run(ask()) == ["[4. 5. 6.]"] * 3
    left = [p for p in server.temp.rglob("*") if p.is_file() and p not in before]
    assert len(left) == 3, "the upload of each call, and no copy of it"


def test_a_refused_call_leaves_no_upload_and_every_output(server, known):
    """A component that refuses its value stands beside the file, so no handler sees either."""

    def bring(**headers: str) -> str:
        files = {"files": ("scan.npy", b"x")}
        return httpx.post(f"{server.url}gradio_api/upload", files=files, headers=headers).json()[0]

    def refused(file: dict) -> None:
        values = arguments(known["volume_classification"], file)
        values[1] = "brain"
        _, told = call(server.url, "volume_classification", values)
        assert "brain" in _error(told), told

    from_code = bring()
    refused({"path": from_code, "meta": MARK})
    assert not Path(from_code).parent.exists()
    of_a_page = bring(**{"x-paragone-visit": "ab" * 16})  # It still shows the file.
    refused({"path": of_a_page, "meta": MARK})
    assert Path(of_a_page).is_file()
    _, told = call(server.url, "borrower_make", [])
    (made,) = json.loads(told.split("data: ")[-1])
    refused(made)
    assert Path(made["path"]).is_file()


def test_recordings_are_not_processed(server):
    """gradio would start ffmpeg on what anybody sends."""
    answer = httpx.post(
        f"{server.url}gradio_api/process_recording", files={"video": ("x.mp4", b"x")}
    )
    assert answer.status_code == 404 and "Recordings are not processed" in answer.text


def test_an_upload_whose_handler_has_deleted_it_is_named(server, known):
    sent = httpx.post(f"{server.url}gradio_api/upload", files={"files": ("me.jpg", b"x")}).json()[0]
    file = {"path": sent, "orig_name": "me.jpg", "meta": MARK}
    Path(sent).unlink()
    _, told = call(server.url, "style_transfer", arguments(known["style_transfer"], file))
    assert f"The file “me.jpg” {REFUSED}" in _error(told)


# --- the rule itself -----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "uploads"
    (folder / ("a" * 64)).mkdir(parents=True)
    (folder / ("a" * 64) / "mine.png").write_bytes(b"mine")
    (tmp_path / "beside.png").write_bytes(b"not mine")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def test_an_upload_is_a_file_in_a_folder_of_its_own(folder, tmp_path, monkeypatch):
    mine = folder / ("a" * 64) / "mine.png"
    monkeypatch.chdir(tmp_path)
    assert is_upload(str(mine), folder) and is_upload(os.path.relpath(mine), "uploads")
    (folder / "partial").write_bytes(b"")
    (folder / "deep_links").mkdir()
    (folder / "deep_links" / "state.json").write_bytes(b"")
    os.symlink(tmp_path / "beside.png", folder / ("a" * 64) / "link.png")
    os.symlink(tmp_path, folder / ("b" * 64))
    for path in (
        folder,
        mine.parent,
        mine / "",
        mine / "deeper",
        folder / "partial",
        folder / "deep_links" / "state.json",
        folder / ("a" * 64) / "link.png",
        folder / ("b" * 64) / "beside.png",
        folder / ("a" * 64) / "gone.png",
        folder / "x" / ".." / ("a" * 64) / "mine.png",
        f"{folder}/{'a' * 64}/mi\0ne.png",
        f"{folder}/{'a' * 64}/\udce9.png",
        "x" * 100_000,
    ):
        text = str(path)
        assert not is_upload(text, folder) or text == str(mine), path


def test_a_folder_that_is_a_link_is_the_folder_it_leads_to(folder, tmp_path):
    os.symlink(folder, tmp_path / "also")
    assert is_upload(str(folder / ("a" * 64) / "mine.png"), tmp_path / "also")
    assert is_upload(str(tmp_path / "also" / ("a" * 64) / "mine.png"), folder)


def test_a_public_file_of_a_plug_in_may_be_named(folder, tmp_path, monkeypatch):
    from gradio.data_classes import _StaticFiles

    with pytest.raises(ForeignFile):
        refuse_foreign_files([{"path": str(tmp_path / "beside.png")}])
    monkeypatch.setattr(_StaticFiles, "all_paths", [tmp_path / "beside.png"])
    refuse_foreign_files([{"path": str(tmp_path / "beside.png")}])


def test_options_of_a_component_in_a_chat_name_no_files(folder, tmp_path):
    for text in (str(tmp_path), "/nowhere", "a/../b", "pyproject.toml"):
        with pytest.raises(ForeignFile):
            refuse_foreign_files({"constructor_args": {"a": [{"icon": text}]}})
    refuse_foreign_files({"constructor_args": {"label": "And so on...", "value": None, "n": 3}})


def test_addresses_are_not_opened_and_no_path_is_quoted(folder):
    for address in ("http://127.0.0.1:1/x.png", "https://example.org/x.png", "ftp://h/x.png"):
        with pytest.raises(ForeignFile, match="The file “x.png” is no upload") as refused:
            refuse_foreign_files({"path": address})
        assert "://" not in refused.value.for_people


def test_the_search_takes_next_to_no_time_and_any_depth(folder):
    table = {"headers": ["a"], "data": [[float(i), "x"] for i in range(50_000)]}
    begun = time.thread_time()
    refuse_foreign_files([table, np.arange(3).tolist(), "x" * 10_000_000])
    assert time.thread_time() - begun < 1
    own = folder / ("a" * 64) / "x.png"
    own.parent.mkdir(exist_ok=True)
    own.touch()
    options: object = [f"an option {i}" for i in range(1000)]
    for _ in range(500):
        options = {"constructor_args": options}
    begun = time.thread_time()
    refuse_foreign_files([[{"path": str(own)}] * 100_000, options])
    assert time.thread_time() - begun < 5, "it grew with every repetition or level"
    deep: object = {"path": "/decoy"}
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ForeignFile):
        refuse_foreign_files(deep)
