"""What programs are told of every task, and the README's examples of calling them."""

from __future__ import annotations

import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from serving import ROOT

import app
from plugins import DEFAULT_PLUGINS
from registry.authoring import signatures
from registry.docstrings import read_docstring
from registry.loader import ready_tasks
from weights import Weights

MARK = "<!-- the tests run this -->"
READMES = [(ROOT / name).read_text("utf-8") for name in ("README.md", "registry/README.md")]
EXAMPLES = re.findall(rf"{re.escape(MARK)}\n\n?```python\n(.*?)```", "".join(READMES), re.DOTALL)
PICTURES = {
    "one.jpg": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "two.png": ("skimage", "data/astronaut.png"),
}


@pytest.fixture(scope="module")
def page():
    return app.build_app(Weights(device="cpu", offline=True), {})


@pytest.fixture(scope="module")
def told(page):
    return page.get_api_info()["named_endpoints"]


def events(page):
    return {f.api_name: f for f in page.fns.values() if f.api_visibility == "public"}


def test_every_default_plug_in_has_a_task_with_a_main_endpoint(page, told):
    tasks = [task for task, record in ready_tasks(page.records) if record.found == "built in"]
    assert len(tasks) == len(DEFAULT_PLUGINS)
    for task in tasks:
        assert f"/{task.endpoint}" in told, task.name
        # An assistant knows the tool by the function's name.
        assert events(page)[task.endpoint].fn.__name__ == task.endpoint


def test_every_endpoint_is_named_typed_and_described(page, told):
    tasks = [task for task, _ in ready_tasks(page.records)]
    assert [found for task in tasks for found in signatures.judge(page, task)] == []
    for name, endpoint in told.items():
        described = read_docstring(events(page)[name[1:]].fn)
        assert endpoint["description"] and described.summary.startswith(endpoint["description"])
        assert described.returns, name
        for parameter in endpoint["parameters"]:
            label = parameter["parameter_name"]
            assert re.fullmatch(r"[a-z][a-z_]*", label), f"{name}: {label!r} is no word"
            assert described.parameters[label], f"{name}: {label}"
            assert parameter["type"] and parameter["python_type"]["type"] != "Any", (name, label)
        assert endpoint["returns"], name
        kinds = {output["component"] for output in endpoint["returns"]}
        assert kinds <= {"Json", "Image", "File", "Textbox", "Number"}, f"{name}: {kinds}"


def test_what_is_told_is_json_and_free_of_this_machine(told):
    text = json.dumps(told)
    assert str(Path.home()) not in text and str(ROOT) not in text


def test_the_readme_has_examples_for_several_tasks():
    called = set(re.findall(r'api_name="/(\w+)"', "".join(EXAMPLES)))
    assert {"face_verification", "face_identification", "style_transfer"} <= called


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_of_the_readme_runs(server, tmp_path, monkeypatch, capsys, number):
    for name, (package, file) in PICTURES.items():
        shutil.copyfile(Path(find_spec(package).origin).parent / file, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    source = EXAMPLES[number].replace("http://127.0.0.1:7860", server.url)
    assert source != EXAMPLES[number] or "Client(" not in source
    exec(compile(source, f"README example {number}", "exec"), {})
    assert capsys.readouterr().out.strip(), "an example prints what it got"
