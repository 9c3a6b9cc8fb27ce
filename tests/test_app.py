"""The app as its visitors and its owner meet it: a real process, real HTTP, real clients."""

from __future__ import annotations

import json
import os
import re
import socket
import urllib.error

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from markupsafe import escape
from PIL import Image
from serving import FIXTURES, HOUSE, run_app

import app
from plugins import DEFAULT_PLUGINS
from weights.messages import spoken

FAILED = "Broken at run could not finish this step ({}). The full report is in the server's log."


@pytest.fixture(scope="module")
def server(serve):
    return serve(HOUSE, fresh=True)


@pytest.fixture(scope="module")
def client(server):
    return Client(server.url, verbose=False)


@pytest.fixture(scope="module")
def config(server):
    return json.loads(server.get("config"))


@pytest.fixture(scope="module")
def listed():
    """What `python app.py plugins --json` says of the same house."""
    return json.loads(run_app(HOUSE, "plugins", "--json", fresh=True).stdout)


def shown(config: dict, path: str) -> str:
    """All values and labels of one page, as one text."""
    numbers = set(config["page"][path]["components"])
    props = [c["props"] for c in config["components"] if c["id"] in numbers]
    return spoken("\n".join(str(p.get(key)) for p in props for key in ("value", "label")))


def cards(text: str) -> list[str]:
    return re.findall(r'<article class="paragone-record.*?</article>', text, re.DOTALL)


# --- the page -----------------------------------------------------------------------------------


def test_every_page_answers_and_has_exactly_one_heading(server, config):
    assert set(config["page"]) == {"", "good", "broken-build", "broken-run", "plugins"}
    for path in config["page"]:
        assert server.get(path).startswith("<!doctype html>")
        assert shown(config, path).count("<h1") == 1
        assert "For learning, not for security or diagnosis." in shown(config, path)


def test_the_front_page_links_what_is_ready_and_cards_what_is_not(config, listed):
    front = shown(config, "")
    assert re.findall(r'class="paragone-task" href="\./([a-z-]+)"', front) == ["good", "broken-run"]
    drawn = cards(front)
    waiting = [record for record in listed if record["state"] != "ready"]
    assert len(drawn) == len(waiting) == 5 + len(DEFAULT_PLUGINS)
    for card, record in zip(drawn, waiting, strict=True):
        for part in ("name", "distribution", "version", "error", "todo"):
            text = record[part].replace("'", "&#39;").replace('"', "&#34;")
            assert text in card, (part, record["name"])
        assert f"is-{record['state']}" in card


def test_the_command_lists_the_same_states_as_the_page(listed):
    states = {r["name"]: (r["state"], r["stage"]) for r in listed}
    assert states == {
        "good": ("ready", ""),
        "broken_run": ("ready", ""),
        "broken_build": ("failed", "build"),
        "broken_import": ("failed", "load"),
        "twice": ("failed", "validate"),
        "too_new": ("incompatible", "validate"),
        "sleeper": ("blocked", ""),
        "face_verification": ("blocked", ""),
        "face_identification": ("blocked", ""),
        "triplet_finetuning": ("blocked", ""),
        "style_transfer": ("blocked", ""),
        "activation_explorer": ("blocked", ""),
        "signal_classification": ("blocked", ""),
        "volume_classification": ("blocked", ""),
    }


def test_the_page_of_plug_ins_says_the_same_as_the_command(config, listed):
    assert 'href="./plugins"' in shown(config, "")
    page = shown(config, "plugins")
    assert len(re.findall(r'<tr><th scope="row">', page)) == len(listed)
    for record in listed:
        for part in ("name", "distribution", "version", "error", "todo"):
            assert escape(record[part]) in page, (part, record["name"])
    assert 'href="./good">Good task' in page and 'href="./broken-build"' not in page
    assert "Failed while its page was built" in page and "Does not fit" in page
    # It only shows: no part of it starts anything.
    assert config["page"]["plugins"]["dependencies"] == []


def test_the_table_says_the_same_as_the_json(listed):
    lines = run_app(HOUSE, "plugins").stdout.splitlines()
    assert lines[0].split() == ["PLUG-IN", "FROM", "STATE", "STAGE", "TASKS", "REASON"]
    assert len(lines) == len(listed) + 1
    for line, record in zip(lines[1:], listed, strict=True):
        assert line.startswith(record["name"]) and record["state"] in line
        assert record["error"] in line


def test_the_page_of_a_failed_build_explains_itself(config):
    page = shown(config, "broken-build")
    assert len(cards(page)) == 1 and "RuntimeError: the build gave up" in page
    assert "remains of a failed build" not in page
    assert 'href="./"' in page


def test_only_the_endpoints_that_tasks_named_are_public(client):
    public = client.view_api(print_info=False, return_format="dict")["named_endpoints"]
    assert {name.split("_")[0] for name in public} == {"/good", "/broken"}
    assert public["/good"]["description"] == "Count the letters that two words share."


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("page=good", "./good"),
        ("page=good&__theme=dark", "./good?__theme=dark"),
        ("page=nonsense", "./nonsense"),
        ("page=//elsewhere.example", "./"),
        ("page=", "./"),
    ],
)
def test_a_deep_link_leads_to_its_page(server, query, target):
    answer = httpx.get(f"{server.url}?{query}")
    assert (answer.status_code, answer.headers["location"]) == (307, target)


def test_a_page_that_is_not_there_is_a_404(server):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        server.get("nonsense")


# --- handlers -----------------------------------------------------------------------------------


def test_every_kind_of_handler_works_through_the_guard(client):
    assert client.predict("level", "lever", api_name="/good") == 3
    assert client.submit(3, api_name="/good_count").result(timeout=300) == 3
    assert client.predict("hi", api_name="/good_later") == "hi True"
    steps = client.submit("abc", api_name="/good_stream")
    assert steps.result(timeout=300) == "abc" and list(steps.outputs()) == ["a", "ab", "abc"]


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        ("broken_run", FAILED.format("ValueError")),
        ("broken_run_leave", FAILED.format("SystemExit")),
        ("broken_run_midway", FAILED.format("KeyError")),
        ("broken_run_fail_later", FAILED.format("ZeroDivisionError")),
        ("broken_run_leave_midway", FAILED.format("SystemExit")),
        ("broken_run_panic", FAILED.format("Panic")),
        ("broken_run_too_few", FAILED.format("ValueError")),
        ("broken_run_bad_picture", FAILED.format("InvalidPathError")),
        (
            "broken_run_refuse",
            "The word &lt;b&gt; is too short (first word). Give at least three letters.",
        ),
        ("broken_run_say", "Said by the plug-in itself"),
    ],
)
def test_a_failing_handler_says_so_and_the_server_lives(client, server, endpoint, says):
    with pytest.raises(AppError) as caught:
        client.predict("word", api_name=f"/{endpoint}")
    assert str(caught.value) == says
    assert client.predict("ab", "b", api_name="/good") == 1
    assert server.process.poll() is None


def test_a_handler_that_leaves_outside_the_queue_does_no_harm_either(server, config, client):
    """A plain POST to gradio's other door, which runs the handler at once."""
    answer = httpx.post(
        f"{server.url}gradio_api/run/broken_run_leave", json={"data": ["word"]}, timeout=300
    )
    assert answer.status_code == 500 and FAILED.format("SystemExit") in answer.text
    assert client.predict("ab", "b", api_name="/good") == 1


def test_a_text_file_named_jpg_is_named_in_the_error(client, tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture at all")
    with pytest.raises(AppError) as caught:
        client.predict(handle_file(tmp_path / "notes.jpg"), api_name="/good_size")
    said = "Picture: the file “notes.jpg” could not be read (UnidentifiedImageError)."
    assert str(caught.value) == f"{said} Choose another one."


def test_a_file_of_the_server_cannot_be_named_and_is_neither_read_nor_deleted(server, tmp_path):
    """gradio_client would upload the file, so this is a raw request."""
    own = tmp_path / "own.png"
    Image.new("RGB", (23, 29)).save(own)
    os.utime(own, (1, own.stat().st_mtime))  # A read would renew it, also on `relatime`.
    before = own.stat()
    mark = {"meta": {"_type": "gradio.FileData"}}
    answers = [
        httpx.post(f"{server.url}gradio_api/run/good_size", json={"data": [value]}, timeout=300)
        for value in ({"path": str(own), **mark}, {"path": str(own)})
    ]
    for answer in answers:
        assert answer.status_code == 500
        assert "is no upload of this server" in answer.json()["error"]
        assert tmp_path.name not in answer.text and "23" not in answer.json()["error"]
    after = own.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert after.st_atime == 1
    # The same file is taken once it is uploaded.
    assert Client(server.url, verbose=False).predict(handle_file(own), api_name="/good_size")


def test_the_log_has_the_traceback_and_not_what_was_handed_over(server, client):
    with pytest.raises(AppError):
        client.predict("my-own-words", api_name="/broken_run")
    with pytest.raises(AppError):
        client.predict("my-own-words", api_name="/broken_run_too_few")
    log = server.log
    assert "in fail" in log and "ValueError: secret detail" in log
    assert "didn't return enough output values (needed: 2, returned: 1)." in log
    assert "my-own-words" not in log and '["secret detail"]' not in log


def test_the_front_page_tells_of_a_step_that_failed_since_the_start(server, client):
    with pytest.raises(AppError):
        client.predict("word", api_name="/broken_run")
    front = json.loads(server.get("config"))
    load = next(
        d
        for d in front["dependencies"]
        if d["id"] in front["page"][""]["dependencies"] and d["targets"][0][1] == "load"
    )
    joined = {"data": [], "fn_index": load["id"], "session_hash": "front-page-test"}
    httpx.post(f"{server.url}gradio_api/queue/join", json=joined, timeout=300)
    with httpx.stream(
        "GET", f"{server.url}gradio_api/queue/data?session_hash=front-page-test", timeout=300
    ) as stream:
        events = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data:")]
    (update,) = next(e for e in events if e["msg"] == "process_completed")["output"]["data"]
    (card,) = cards(spoken(update["value"]))
    assert "Failed while it ran" in card and "ValueError" in card and "secret" not in card


# --- the command line ---------------------------------------------------------------------------


def test_stopping_the_server_is_clean_and_leaves_nothing(serve, tmp_path):
    server = serve({**HOUSE, "TMPDIR": str(tmp_path)}, fresh=True)
    sent = {"files": ("notes.jpg", b"no picture")}
    assert httpx.post(f"{server.url}gradio_api/upload", files=sent, timeout=300).is_success
    (folder,) = tmp_path.glob("paragone-*")
    assert list(folder.rglob("notes.jpg")), "the upload lies in the private folder"
    assert server.stop() == 0
    assert list(tmp_path.glob("paragone-*")) == []


def test_a_data_folder_is_handed_to_tasks(serve, tmp_path):
    server = serve(HOUSE, "--data", str(tmp_path / "kept"))
    assert "keeps data: True" in shown(json.loads(server.get("config")), "good")
    assert (tmp_path / "kept" / "good").is_dir()


def test_an_installed_plug_in_is_served(serve):
    server = serve({"PYTHONPATH": str(FIXTURES / "installed"), "PARAGONE_PLUGINS": "echo"})
    assert Client(server.url, verbose=False).predict("hello", api_name="/echo") == "hello"


def test_a_busy_port_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run_app({"PARAGONE_PLUGINS": ""}, "--port", port)
    assert done.returncode == 2
    said = f"paragone: cannot serve on 127.0.0.1:{port}. Is the port taken?"
    assert done.stderr.splitlines() == [f"{said} Choose another one with --port."]


def test_a_data_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    done = run_app({}, "--data", str(file))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "cannot be written" in done.stderr


@pytest.mark.parametrize(
    ("environ", "options", "says"),
    [
        ({"PARAGONE_DATA": "{file}/below"}, [], "cannot be written"),
        ({}, ["--port", "99999"], "not a port"),
        ({"PARAGONE_PORT": "http"}, [], "not a port"),
        ({"PARAGONE_MAX_UPLOAD_BYTES": "lots"}, [], "PARAGONE_MAX_UPLOAD_BYTES is 'lots'"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_with_code_2(
    tmp_path, monkeypatch, capsys, environ, options, says
):
    # In this process, for speed; what `main` would change of it for good is put back.
    monkeypatch.setattr(app, "heed_signals", lambda *_: None)
    monkeypatch.setattr(app, "private_temp", lambda _: tmp_path)
    monkeypatch.setenv("PARAGONE_DATA", "")
    file = tmp_path / "file"
    file.write_text("x")
    for name, value in environ.items():
        monkeypatch.setenv(name, value.format(file=file))
    try:
        code = app.main(options)
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert says in capsys.readouterr().err.splitlines()[-1]


def test_a_task_brings_a_command_and_no_page_is_built_for_it(tmp_path):
    (tmp_path / "stones.py").write_text(
        "import pathlib, pluggy\n"
        "hookimpl = pluggy.HookimplMarker('paragone')\n"
        "@hookimpl\n"
        "def register_tasks(register):\n"
        "    commands = {'count': 'stones:count'}\n"
        "    register(name='stones', title='Stones', build='stones:build', commands=commands)\n"
        "def build(ctx):\n"
        "    print('a page was built')\n"
        "def count(ctx, arguments):\n"
        "    print(ctx.data_dir.name, *arguments)\n"
        "    return 3\n"
    )
    environ = {"PARAGONE_PLUGIN_DIRS": str(tmp_path), "PARAGONE_PLUGINS": "stones"}
    done = run_app(environ, "--data", str(tmp_path / "kept"), "count", "--all", "x")
    assert (done.returncode, done.stdout, done.stderr) == (3, "stones --all x\n", "")
    done = run_app(environ, "cuont")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("paragone: There is no command 'cuont'. Did you mean 'count'?")


def test_strict_stops_the_start_with_the_plug_ins_own_error():
    environ = {**HOUSE, "PARAGONE_PLUGINS": "broken_build", "PARAGONE_STRICT": "1"}
    environ["PARAGONE_DISABLE"] = ""
    done = run_app(environ, "plugins")
    assert done.returncode == 1 and "RuntimeError: the build gave up" in done.stderr
