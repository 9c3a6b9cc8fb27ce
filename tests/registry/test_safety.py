"""Who may come in, what may be fetched, and what is turned away."""

from __future__ import annotations

import gc
import hashlib
import http.client
import json
import logging
import os
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, urlsplit

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio_client import Client
from PIL import Image
from serving import ROOT

import app
from registry import Limits, SettingError
from registry.auth import read_auth
from registry.guard import GuardedBlocks
from registry.limits import MIB
from registry.memory import Admission, TooMuch, size_of
from registry.workspace import not_served

SECRET = b"a secret that no visitor may see"
PASSWORD = "correct horse: battery, staple"


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
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
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
    told = httpx.get(f"{call}/{event}", timeout=60).text
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


# --- login -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def locked(serve, tmp_path_factory):
    file = tmp_path_factory.mktemp("auth") / "pairs"
    file.write_text(f"# who may come in\nann:{PASSWORD}\n\nbob:other\n", encoding="utf-8")
    return serve({"PARAGONE_PLUGINS": "face_verification", "PARAGONE_AUTH": str(file)})


def test_without_a_login_nothing_but_the_login_answers(locked):
    for path in ("config", "gradio_api/info", "gradio_api/file=x"):
        assert httpx.get(locked.url + path).status_code == 401, path
    call = {"data": [], "fn_index": 0, "session_hash": "x"}
    for path in ("queue/join", "call/face_verification", "run/predict", "upload"):
        answer = httpx.post(f"{locked.url}gradio_api/{path}", json=call)
        assert answer.status_code == 401, path
    page = httpx.get(locked.url).text
    assert "auth_required" in page and "Paragone asks for a name" in page
    assert "face-verification" not in page
    with pytest.raises(Exception, match="(?i)auth|login|credential"):
        Client(locked.url, verbose=False)


def test_a_wrong_password_is_refused_in_clear_words_and_a_right_one_opens(locked):
    for name, password in (("ann", "wrong"), ("ann", "other"), ("bob", PASSWORD), ("eve", "")):
        with httpx.Client(base_url=locked.url) as visitor:
            form = {"username": name, "password": password or "-"}
            answer = visitor.post("/login", data=form)
            assert answer.status_code == 400 and "Incorrect credentials" in answer.text
            assert visitor.get("/config").status_code == 401
    with httpx.Client(base_url=locked.url) as visitor:
        answer = visitor.post("/login", data={"username": "ann", "password": PASSWORD})
        assert answer.json() == {"success": True}
        assert visitor.get("/config").status_code == 200
    client = Client(locked.url, auth=("bob", "other"), verbose=False)
    assert "/face_verification" in client.view_api(return_format="dict")["named_endpoints"]
    for secret in (PASSWORD, "battery", "wrong"):
        assert secret not in locked.log


@pytest.mark.parametrize(
    "text", ["ann", "ann:", ":secret", "ann:secret,bob", "ann:secret,ann:other", "/no/such/file"]
)
def test_pairs_that_cannot_be_used_are_refused_without_quoting_them(text, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SettingError, match="PARAGONE_AUTH") as caught:
        read_auth({"PARAGONE_AUTH": text})
    assert "secret" not in str(caught.value) and "secret" not in caplog.text
    assert "/no/such" not in str(caught.value)


def test_nobody_is_asked_where_no_pairs_are_given():
    assert read_auth({}) is None and read_auth({"PARAGONE_AUTH": " "}) is None


# --- memory ----------------------------------------------------------------------------------


def state_of(*values) -> SimpleNamespace:
    return SimpleNamespace(state_data=dict(enumerate(values)))


def test_work_is_turned_away_while_memory_is_short():
    held = [100 * MIB]
    admit = Admission(Limits(memory_mb=200), lambda: held[0])
    admit(None)
    held[0] = 201 * MIB
    with pytest.raises(TooMuch, match="Busy.*Try again") as caught:
        admit(None)
    assert caught.value.for_people == str(caught.value)
    held[0] = 150 * MIB
    admit(None)


def test_memory_that_can_be_given_back_is_not_held_against_anybody(monkeypatch):
    held = [300 * MIB]
    admit = Admission(Limits(memory_mb=200), lambda: held[0])
    monkeypatch.setattr(gc, "collect", lambda: held.__setitem__(0, 100 * MIB))
    admit(None)
    held[0] = 300 * MIB  # So soon after, nothing is tried again.
    with pytest.raises(TooMuch):
        admit(None)


class Held:
    """A visitor's state, as the tasks have it."""

    def __init__(self, **things):
        self.__dict__.update(things)


def test_a_visit_that_holds_too_much_is_told_so_and_others_go_on():
    admit = Admission(Limits(session_mb=8, memory_mb=10**6))
    small = Held(pictures={"a": Held(pixels=np.zeros((1000, 1000, 3), np.uint8))})
    large = Held(pictures=[np.zeros(MIB, np.uint8) for _ in range(9)])
    admit(state_of(small))
    with pytest.raises(TooMuch, match="This visit holds more than the 8 MB"):
        admit(state_of(1, small, large))
    admit(state_of(small, "text", None))


@pytest.mark.parametrize(
    ("value", "mb"),
    [
        (np.zeros((4, MIB), np.uint8), 4),
        ([b"x" * MIB, bytearray(MIB)], 2),
        ({"deep": ({"er": Held(picture=Image.new("RGB", (1024, 1024)))},)}, 3),
        (Held(house=Limits(), function=size_of, kind=Held, module=np), 0),
    ],
)
def test_the_size_of_what_is_held(value, mb):
    assert abs(size_of([value], 10**9) / MIB - mb) < 0.1
    twice = [value, value]
    assert abs(size_of(twice, 10**9) / MIB - mb) < 0.1, "one thing is counted once"


def test_the_guard_asks_before_heavy_work_only_and_once_a_run():
    asked = []

    def refuse(state):
        asked.append(state)
        raise TooMuch("Busy: try again.")

    def steps(text: str):
        yield text
        yield text + "!"

    with GuardedBlocks(analytics_enabled=False) as page:
        text = gr.Textbox()
        gr.Button("A").click(lambda t: t, text, text, api_name="light")
        gr.Button("B").click(steps, text, text, api_name="heavy", concurrency_id="network")
    page.pages[0] = ("", "House", False)
    page.queue().launch(prevent_thread_lock=True, quiet=True, ssr_mode=False, show_error=True)
    try:
        client = Client(page.local_url, verbose=False)
        page.admit = asked.append
        run = client.submit("x", api_name="/heavy")
        run.result()
        assert run.outputs()[-1] == "x!"
        assert len(asked) == 1
        page.admit = refuse
        assert client.predict("x", api_name="/light") == "x"
        with pytest.raises(Exception, match="Busy: try again"):
            client.predict("x", api_name="/heavy")
        page.admit = lambda state: None
        assert client.predict("x", api_name="/light") == "x"
    finally:
        page.close()


def test_a_tiny_cap_says_busy_and_the_server_lives(serve):
    server = serve({"PARAGONE_PLUGINS": "face_verification", "PARAGONE_MEMORY_MB": "1"})
    call = f"{server.url}gradio_api/call/face_verification"
    data = {"data": [None, None, "dlib_resnet.faces_v1", "euclidean", None]}
    for _ in range(2):
        event = httpx.post(call, json=data).json()["event_id"]
        told = httpx.get(f"{call}/{event}", timeout=60).text
        assert "Busy: the server's memory is full" in json.loads(told.split("data: ")[1])["error"]
    assert httpx.get(server.url).status_code == 200
    assert server.process.poll() is None and "Traceback" not in server.log
