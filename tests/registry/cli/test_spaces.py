"""A Space of this repository: what the front matter must say, and what is sent."""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import textwrap

import httpx
import pytest
import yaml
from PIL import Image
from serving import ROOT, Server, clean_environ, free_port, run_app

from plugins.shared.faces.examples import load_example
from registry import SettingError
from registry.cli import deploy
from registry.cli import space_check as spaces
from registry.zero_gpu import lent
from tests.hub.server import LocalHub
from weights.errors import ParagoneError
from weights.publish import publish, sound_token
from weights.settings import choose_device

TOKEN = "hf_of_the_owner"


@pytest.fixture
def hub():
    with LocalHub() as hub:
        hub.account(TOKEN, "owner")
        yield hub


@pytest.fixture
def copy(tmp_path):
    """A repository that is like ours where a check looks."""
    for name in ("README.md", "LICENSE", "requirements.txt", "app.py", "weights/catalog.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "__init__.py").write_text("DEFAULT_PLUGINS = ()\n")
    return tmp_path


def change(folder, **fields):
    """Write other front matter; None takes a field out."""
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8")
    front = {**spaces.front_matter(text), **fields}
    front = {name: value for name, value in front.items() if value is not None}
    rest = spaces.FRONT.sub("", text)
    readme.write_text(f"---\n{yaml.safe_dump(front, allow_unicode=True)}---\n{rest}", "utf-8")


# --- the check -------------------------------------------------------------------------------


def test_this_repository_is_fit_to_be_a_space():
    assert spaces.check_space(ROOT) == []
    done = run_app({}, "check-space")
    assert done.returncode == 0 and "agree" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"title": ""}, "title is missing"),
        ({"sdk": "docker"}, "sdk is 'docker'"),
        ({"sdk_version": "5.0.0"}, "sdk_version is 5.0.0, and the page was tried with gradio"),
        ({"sdk_version": "latest"}, "which is no version"),
        ({"app_file": "main.py"}, "app_file is 'main.py', and there is no such file"),
        ({"app_file": "plugins/__init__.py"}, "does nothing when it is run"),
        ({"python_version": 3.1}, "python_version is 3.1; ZeroGPU has"),
        ({"python_version": "3.13"}, "python_version is '3.13'"),
        ({"license": "mit"}, "license is 'mit', and LICENSE holds another one"),
        ({"colorFrom": "teal"}, "colorFrom is 'teal'"),
        ({"emoji": ":-)"}, "no single emoji"),
        ({"short_description": "x" * 61}, "has 61 characters"),
        ({"tags": "faces"}, "tags must be a list"),
        ({"startup_duration_timeout": "soon"}, "write it as 30m or 1h"),
        ({"suggested_hardware": "abacus"}, "suggested_hardware is 'abacus'"),
        ({"colourFrom": "red"}, "colourFrom is no field of a Space"),
        ({"models": ["timm/vgg16.tv_in1k"]}, "models lacks timm/vgg19.tv_in1k"),
        ({"models": ["some/other"]}, "models has some/other, which is not in the catalogue"),
        ({"preload_from_hub": ["some/other"]}, "preload_from_hub has some/other, which is not"),
        (
            {"preload_from_hub": ["timm/vgg16.tv_in1k model.safetensors"]},
            "timm/vgg16.tv_in1k at any revision; the pin is none",
        ),
    ],
)
def test_front_matter_that_the_code_does_not_bear_out_is_named(copy, fields, says):
    assert spaces.check_space(copy) == []
    change(copy, **fields)
    wrong = spaces.check_space(copy)
    assert any(says in line for line in wrong), wrong


def test_what_is_preloaded_is_what_the_catalogue_pins(copy):
    commit = "0123456789" * 4
    catalogue = copy / "weights" / "catalog.toml"
    text = catalogue.read_text().replace(
        'source = "timm:vgg16.tv_in1k"',
        f'source = "timm:vgg16.tv_in1k"\nrevision = "{commit}"\nfilename = "model.safetensors"',
    )
    catalogue.write_text(text)
    change(copy, preload_from_hub=[f"timm/vgg16.tv_in1k model.safetensors {commit}"])
    assert spaces.check_space(copy) == []
    change(copy, preload_from_hub=[f"timm/vgg16.tv_in1k model.bin {commit}"])
    assert "without model.safetensors" in spaces.check_space(copy)[0]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("torch>=2.8", "torch>=2.12", "leaves out 2.8.0, 2.9.1, 2.10.0, 2.11.0 of ZeroGPU"),
        ("torch>=2.8", "torch>=2.8,<2.11", "leaves out 2.11.0 of ZeroGPU"),
        ("gradio~=6.31.0", "gradio>=6.32,<7", "which leaves out 6.31.0 of sdk_version"),
        ("pluggy>=1.7", "-e .", "is not PEP 508"),
        ("torch>=2.8", "", "does not name torch"),
    ],
)
def test_requirements_that_a_space_cannot_meet_are_named(copy, old, new, says):
    path = copy / "requirements.txt"
    text = path.read_text()
    assert f"\n{old}\n" in text
    path.write_text(text.replace(f"\n{old}\n", f"\n{new}\n"))
    wrong = spaces.check_space(copy)
    assert any(says in line for line in wrong), wrong


@pytest.mark.parametrize("text", ["no front matter\n", "---\n: [\n---\n", "---\n- a\n---\n"])
def test_a_readme_without_sound_front_matter_is_named(copy, text):
    (copy / "README.md").write_text(text)
    assert "does not begin with sound YAML" in spaces.check_space(copy)[0]


# --- what is sent ----------------------------------------------------------------------------


def test_what_is_published_is_the_app_and_nothing_else():
    names = {path.as_posix() for path in deploy.published(ROOT)}
    assert {
        "app.py",
        "README.md",
        "weights/catalog.toml",
        "plugins/shared/faces/measured/opening.json",
    } <= names
    assert {n.split("/")[0] for n in names} == {*deploy.FILES, *deploy.ROOMS}
    assert not any(n.endswith((".pyc", ".pyi")) or "/." in n or "__pycache__" in n for n in names)
    listed = ["git", "ls-files", *deploy.FILES, *deploy.ROOMS]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        tracked = {name for name in done.stdout.splitlines() if "/." not in name}
        assert tracked - names == set(), "a kind of file that deploy.KINDS does not name"


def test_nothing_is_installed_by_the_code():
    """A Space has what requirements.txt names."""
    wrong = []
    for name in deploy.published(ROOT):
        if name.suffix != ".py":
            continue
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                words = {c.value for c in ast.walk(node) if isinstance(c, ast.Constant)}
                wrong += [f"{name}:{node.lineno}"] * ({"pip", "install"} <= words)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                modules = {alias.name for alias in node.names} | {getattr(node, "module", "")}
                wrong += [f"{name}:{node.lineno}"] * bool(modules & {"pip", "ensurepip"})
    assert wrong == []


def test_a_new_space_gets_all_in_one_commit(hub, copy):
    (copy / "plugins" / ".env").write_text("KEY=1")
    (copy / "gallery.sqlite").write_bytes(b"faces")
    (copy / "plugins" / "large.safetensors").write_bytes(b"numbers")
    told = deploy.deploy(copy, "owner/house", TOKEN, publish, endpoint=hub.url)
    assert told == f"{hub.url}/spaces/owner/house"
    assert (hub.made["owner/house"]["type"], hub.made["owner/house"]["sdk"]) == ("space", "gradio")
    (commit,) = hub.commits
    assert set(commit.written) == {path.as_posix() for path in deploy.published(copy)}
    files = hub.repos["owner/house"].files
    assert files["README.md"] == (copy / "README.md").read_bytes()
    assert files["plugins/large.safetensors"] == b"numbers"
    assert "plugins/.env" not in files and "gallery.sqlite" not in files
    assert set(hub.tokens) == {TOKEN}


def test_an_update_replaces_what_was_there_and_leaves_what_is_not_ours(hub, copy):
    deploy.deploy(copy, "owner/house", TOKEN, publish, endpoint=hub.url)
    files = hub.repos["owner/house"].files
    files |= {"plugins/old.py": b"", "of_the_owner.txt": b"kept"}
    with pytest.raises(ParagoneError, match="There is a space of this name already"):
        deploy.deploy(copy, "owner/house", TOKEN, publish, endpoint=hub.url)
    (copy / "app.py").write_bytes((copy / "app.py").read_bytes() + b"# newer\n")
    deploy.deploy(copy, "owner/house", TOKEN, publish, update=True, endpoint=hub.url)
    files = hub.repos["owner/house"].files
    assert files["app.py"].endswith(b"# newer\n") and "plugins/old.py" not in files
    assert files["of_the_owner.txt"] == b"kept"


def test_refusals_of_the_hub_are_said_in_words(hub, copy):
    hub.account("hf_reader", "owner", writes=False)
    cases = [
        ("hf_unknown", "owner/house", {}, "401: it does not know the token"),
        ("hf_reader", "owner/house", {}, "403: the token may not write there"),
        (TOKEN, "other/house", {}, r"403: the token may not write there.*Use a token of other"),
        (TOKEN, "owner/house", {"create": 429}, "429: it was asked too often"),
        (TOKEN, "owner/house", {"commit": 412}, "412: the repository changed in between"),
    ]
    for token, name, failures, says in cases:
        hub.failures = failures
        with pytest.raises(ParagoneError, match=says) as caught:
            deploy.deploy(copy, name, token, publish, endpoint=hub.url)
        assert token not in str(caught.value) and caught.value.__cause__ is None
    assert hub.commits == []


def test_without_a_network_nothing_is_sent_and_it_is_said(copy, monkeypatch):
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "1")
    with pytest.raises(ParagoneError, match="The Hub cannot be reached"):
        deploy.deploy(
            copy, "owner/house", TOKEN, publish, endpoint=f"http://127.0.0.1:{free_port()}"
        )


def test_nothing_is_sent_of_what_is_not_fit_or_holds_a_secret(hub, copy):
    for name in ("house", "owner/", "owner/a b", "a/b/c"):
        with pytest.raises(ParagoneError, match="no name of a repository"):
            deploy.deploy(copy, name, TOKEN, publish, endpoint=hub.url)
    (copy / "plugins" / "settings.py").write_text(f'TOKEN = "hf_{"a" * 34}"\n')
    with pytest.raises(SettingError, match="secret in plugins/settings.py") as caught:
        deploy.deploy(copy, "owner/house", TOKEN, publish, endpoint=hub.url)
    assert "aaaa" not in str(caught.value)
    change(copy, sdk="docker")
    with pytest.raises(SettingError, match="not fit to be a Space"):
        deploy.deploy(copy, "owner/house", TOKEN, publish, endpoint=hub.url)
    assert hub.commits == [] and hub.tokens == []


def test_the_token_comes_from_the_input_or_the_environment():
    assert deploy.token_from({"HF_TOKEN": " hf_a "}, None) == "hf_a"
    assert deploy.token_from({"HF_TOKEN": "hf_a"}, io.StringIO("hf_b\n")) == "hf_b"
    for environ, stdin in (
        ({}, None),
        ({"HF_TOKEN": "hf_a"}, io.StringIO("")),
    ):
        with pytest.raises(SettingError, match="There is no token"):
            deploy.token_from(environ, stdin)
    with pytest.raises(ParagoneError, match="is no token") as caught:
        sound_token(deploy.token_from({"HF_TOKEN": "secret\nsecret"}, None))
    assert "secret" not in str(caught.value)


def test_the_command_deploys_and_never_shows_the_token(hub, tmp_path):
    environ = {
        "HF_ENDPOINT": hub.url,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(tmp_path / "home"),
        "HF_TOKEN": "",
    }

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "app.py", "deploy", "owner/paragone", "--token-stdin", *options],
            cwd=ROOT,
            env=clean_environ(environ),
            input=f"{TOKEN}\n",
            capture_output=True,
            text=True,
            timeout=300,
        )

    first, second, third = run("--private"), run(), run("--update")
    assert (first.returncode, second.returncode, third.returncode) == (0, 2, 0), first.stderr
    assert f"{hub.url}/spaces/owner/paragone" in first.stdout and "already" in second.stderr
    assert "app.py" in hub.repos["owner/paragone"].files
    assert hub.commits, "the client leaves out a commit that would change nothing"
    for done in (first, second, third):
        assert TOKEN not in done.stdout + done.stderr
    home = tmp_path / "home"
    assert not [p for p in home.rglob("*") if p.is_file() and TOKEN.encode() in p.read_bytes()]


# --- ZeroGPU ---------------------------------------------------------------------------------

FAKE = """
    import functools, os, sys
    def note(text):
        with open(os.environ["NOTES"], "a") as notes:
            notes.write(text + "\\n")
    note(f"imported, torch: {'torch' in sys.modules}")
    def GPU(function=None, duration=0):
        if function is None:
            return lambda f: GPU(f, duration)
        note(f"decorated {function.__name__} for {duration}")
        @functools.wraps(function)
        def lent(*arguments):
            note(f"called with {[type(a).__name__ for a in arguments]}")
            return function(*arguments)
        return lent
"""


def test_a_lent_graphics_card_is_used_where_there_is_one(tmp_path):
    """With a package that stands in for `spaces`, and notes what is asked of it."""
    (tmp_path / "spaces.py").write_text(textwrap.dedent(FAKE))
    notes = tmp_path / "notes"
    environ = {
        "PYTHONPATH": str(tmp_path),
        "NOTES": str(notes),
        "PARAGONE_PLUGINS": "face_verification",
        "PARAGONE_GPU_SECONDS": "7",
    }
    server = Server(environ)
    try:
        assert notes.read_text().splitlines() == [
            "imported, torch: False",
            "decorated _encode for 7",
        ]
        buffer = io.BytesIO()
        Image.fromarray(load_example("grace_hopper").pixels).save(buffer, "PNG")
        sent = [("files", (f"{i}.png", buffer.getvalue())) for i in range(2)]
        paths = httpx.post(f"{server.url}gradio_api/upload", files=sent, timeout=300).json()
        files = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]
        call = f"{server.url}gradio_api/call/face_verification"
        data = {"data": [*files, "dlib_resnet.faces_v1", "euclidean", None]}
        event = httpx.post(call, json=data).json()["event_id"]
        told = httpx.get(f"{call}/{event}", timeout=300).text
        answer = told.split("event: complete\ndata: ")
        assert len(answer) == 2, told
        assert json.loads(answer[1].splitlines()[0])[0]["distance"] < 0.01
        assert notes.read_text().splitlines()[2:] == ["called with ['str', 'list']"]
    finally:
        server.stop()


def test_another_module_of_that_name_lends_nothing(tmp_path):
    (tmp_path / "spaces.py").write_text("x = 1\n")
    code = "from registry.zero_gpu import lent; assert lent(len, 5) is len"
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, check=True)


def test_without_the_package_a_function_is_left_as_it_is():
    if importlib.util.find_spec("spaces"):
        pytest.skip("the package spaces is installed here")
    assert lent(len, 5) is len


def test_on_zero_gpu_the_house_itself_runs_on_the_cpu(monkeypatch):
    """torch says there that a card is always present, and lends it for single calls only."""
    import torch

    monkeypatch.delenv("PARAGONE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device(None) == "cuda"
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert choose_device(None) == "cpu"
