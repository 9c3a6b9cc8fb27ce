"""What may be fetched, what goes when its page is left, and what a page cannot do."""

from __future__ import annotations

import hashlib
import http.client
import os
from pathlib import Path
from urllib.parse import quote, urlsplit

import gradio as gr
import httpx
import pytest
from serving import ROOT

import app
from registry import SettingError
from registry.server.workspace import not_served

SECRET = b"a secret that no visitor may see"


@pytest.fixture(scope="module")
def house(serve, tmp_path_factory):
    """A server whose data, gallery and plug-ins lie beside its folder for uploads."""
    home = tmp_path_factory.mktemp("house")
    for folder in ("temp", "data", "plug-ins"):
        (home / folder).mkdir()
    (home / "data" / "gallery.sqlite").write_bytes(SECRET)
    (home / "plug-ins" / "empty.py").write_bytes(b"# " + SECRET)
    (home / "beside").write_bytes(SECRET)
    server = serve(
        {
            "PARAGONE_PLUGINS": "face_verification",
            "PARAGONE_DATA": str(home / "data"),
            "PARAGONE_PLUGIN_DIRS": str(home / "plug-ins"),
            "GRADIO_TEMP_DIR": str(home / "temp"),
        }
    )
    server.home = home
    return server


def raw(server, path: str, method: str = "GET") -> tuple[int, bytes]:
    """Ask for a path as it is; other clients tidy it up first."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=300)
    connection.putrequest(method, path, skip_host=False)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read()


def escapes(home: Path) -> list[str]:
    """Ways to ask for files that are not meant to be fetched."""
    files = [
        ROOT / "app.py",
        ROOT / "weights" / "catalog.toml",
        ROOT / "registry" / "auth.py",
        home / "data" / "gallery.sqlite",
        home / "plug-ins" / "empty.py",
        home / "beside",
        Path("/etc/passwd"),
        Path("/proc/self/environ"),
    ]
    ways = []
    for file in files:
        absolute, up = str(file), "../" * 12 + str(file).lstrip("/")
        inside = f"{home}/temp/../{os.path.relpath(file, home)}"
        for name in (absolute, "/" + absolute, up, inside, "~/" + up, "./" + up):
            once = quote(name, safe="")
            dots = name.replace("../", "..%2f").replace("/", "%2f")
            twice = quote(once, safe="")
            backward = name.replace("/", "%5c")
            for written in (name, once, dots, twice, backward):
                ways.append(f"/gradio_api/file={written}")
            ways += [f"/file={name}", f"/gradio_api/file/{once}", f"/static/{up}"]
        ways += [
            f"/{room}/{quote(up, safe='')}" for room in ("static", "assets", "svelte", "words")
        ]
        ways += [f"/gradio_api/file=file://{absolute}", f"/custom_component/x/component/{up}"]
    ways += ["/gradio_api/file=app.py", "/gradio_api/file=weights/catalog.toml", "/app.py"]
    return ways


def test_nothing_but_intended_files_can_be_fetched(house):
    known = [SECRET, b"root:x:0", b"PARAGONE_PLUGINS=", b"[[weights]]", b"from __future__ import"]
    ways = escapes(house.home)
    assert len(ways) > 200
    for way in ways:
        status, body = raw(house, way)
        assert not any(secret in body for secret in known), way
        if status == 200:  # The page itself answers for a path that it does not know.
            assert b"window.gradio_config" in body, way


def test_an_upload_can_be_fetched_by_whoever_was_told_its_path_and_not_by_its_content(house):
    picture = b"the bytes of a picture"
    sent = {"files": ("mine.txt", picture)}
    path = httpx.post(f"{house.url}gradio_api/upload", files=sent).json()[0]
    assert raw(house, f"/gradio_api/file={quote(path)}") == (200, picture)
    guess = house.home / "temp" / hashlib.sha256(picture).hexdigest() / "mine.txt"
    assert guess.parent.parent == Path(path).parent.parent
    assert raw(house, f"/gradio_api/file={quote(str(guess))}")[0] == 403
    assert raw(house, f"/gradio_api/file={house.home}/temp")[0] == 403, "a folder is no file"


@pytest.mark.parametrize("name", ["data/gallery.sqlite", "beside", "plug-ins/empty.py"])
def test_a_file_of_the_house_is_no_upload(house, name):
    """A handler deletes the uploads that it has read."""
    file = {"path": str(house.home / name), "meta": {"_type": "gradio.FileData"}}
    call = f"{house.url}gradio_api/call/face_verification"
    data = {"data": [file, file, "dlib_resnet.faces_v1", "euclidean", None]}
    event = httpx.post(call, json=data).json()["event_id"]
    told = httpx.get(f"{call}/{event}", timeout=300).text
    assert "event: error" in told and SECRET.decode() not in told
    assert (house.home / name).read_bytes().endswith(SECRET)


def test_nothing_is_fetched_from_elsewhere_in_a_visitors_name(house):
    for address in ("http://127.0.0.1:1/x", "https://example.org/", "HTTP:/example.org"):
        status, body = raw(house, f"/gradio_api/file={address}")
        assert status == 403, (address, body)


def test_what_was_brought_and_not_used_is_deleted_when_the_page_is_left(house):
    def bring(visit: str) -> Path:
        sent = {"files": ("unused.zip", b"PK")}
        headers = {"x-paragone-visit": visit}
        answer = httpx.post(f"{house.url}gradio_api/upload", files=sent, headers=headers)
        return Path(answer.json()[0])

    mine, also_mine, other = bring("a" * 32), bring("a" * 32), bring("b" * 32)
    for visit in ("", "c" * 32, "../" * 10, "A" * 32):
        httpx.post(f"{house.url}leave/{quote(visit, safe='')}")
    assert mine.exists() and also_mine.exists() and other.exists()
    assert httpx.post(f"{house.url}leave/{'a' * 32}").status_code == 204
    assert not mine.parent.exists() and not also_mine.exists() and other.exists()


def test_a_plug_in_cannot_be_installed_or_enabled_from_the_page():
    page = app.build_app(environ={})
    events = [e for e in page.fns.values() if e.fn is not None]
    own = [e for e in events if e.fn.__module__.startswith(("registry", "app"))]
    assert own and all(not event.inputs for event in own), "the host takes nothing from a visitor"
    names = " ".join(str(event.api_name) for event in events)
    assert not any(word in names for word in ("plugin", "install", "enable", "disable", "pip"))
    server = gr.routes.App.create_app(page, app_kwargs=page.launch_defaults["app_kwargs"])
    taking = {r.path for r in server.routes if getattr(r, "methods", None) and "POST" in r.methods}
    assert not [path for path in taking if "plug" in path or "install" in path]


# --- folders ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("temp", "kept"), [("a", "a"), ("a", "a/b"), ("a/b", "a")])
@pytest.mark.parametrize("variable", ["PARAGONE_DATA", "PARAGONE_GALLERY", "PARAGONE_PLUGIN_DIRS"])
def test_uploads_do_not_lie_among_what_is_kept(tmp_path, temp, kept, variable):
    environ = {"GRADIO_TEMP_DIR": str(tmp_path / temp), variable: str(tmp_path / kept)}
    with pytest.raises(SettingError, match=variable):
        not_served(environ)
    environ["GRADIO_TEMP_DIR"] = str(tmp_path / "elsewhere")
    assert str(tmp_path / kept) in not_served(environ)


def test_a_gallery_on_a_server_is_no_folder_and_pairs_are_no_file():
    assert not_served({"PARAGONE_GALLERY": "http://h:19530", "PARAGONE_AUTH": "ann:secret"}) == []
