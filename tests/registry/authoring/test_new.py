"""`python app.py new`: a whole package or nothing."""

from __future__ import annotations

import datetime

import pytest
from serving import ROOT, run_app

from registry.authoring.new import TEMPLATE, write
from registry.limits import SettingError
from registry.task import API_VERSION, Task


def test_every_name_in_the_package_is_the_new_one(tmp_path):
    written = write("edge-count", str(tmp_path / "here"))
    assert set(written.files) == {
        ".gitignore",
        "LICENSE",
        "README.md",
        "conftest.py",
        "paragone_edge_count/__init__.py",
        "paragone_edge_count/model.py",
        "paragone_edge_count/tab.py",
        "pyproject.toml",
        "tests/test_edge_count.py",
    }
    text = "\n".join((written.folder / f).read_text(encoding="utf-8") for f in written.files)
    assert "my_task" not in text and "my-task" not in text and "My task" not in text
    assert 'name="edge-count"' in text and 'title="Edge count"' in text
    assert 'edge-count = "paragone_edge_count"' in text and 'api_name="edge_count"' in text
    assert str(ROOT) not in text


def test_the_template_offers_what_the_contract_knows():
    text = (TEMPLATE / "paragone_my_task" / "__init__.py").read_text(encoding="utf-8")
    offers = []
    source = text.replace("import pluggy", "").replace("@hookimpl", "")
    source = source.replace('hookimpl = pluggy.HookimplMarker("paragone")', "")
    scope: dict = {}
    exec(compile(source, "manifest", "exec"), scope)
    scope["register_tasks"](lambda **offer: offers.append(offer))
    task = Task(**offers[0])
    assert (task.name, int(task.api_version)) == ("my-task", API_VERSION)


@pytest.mark.parametrize(
    ("licence", "first", "name"),
    [("mit", "MIT License", '"MIT"'), ("apache-2.0", "Apache License", '"Apache-2.0"')],
)
def test_a_licence_is_chosen(tmp_path, licence, first, name):
    folder = write("edge-count", str(tmp_path / "p"), licence, "Ada").folder
    text = (folder / "LICENSE").read_text(encoding="utf-8")
    assert text.strip().startswith(first)
    if licence == "mit":
        assert f"Copyright (c) {datetime.date.today().year} Ada" in text
    assert f"license = {name}" in (folder / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    ["Edge", "edge_count", "edge count", "-edge", "../edge", "", "1edge", "é", "x" * 41, "my-task"]
    + ["config", "plugins", "check", "new", "class"],
)
def test_a_name_that_cannot_be_used_writes_nothing(tmp_path, name):
    with pytest.raises(SettingError, match="such as edge-count"):
        write(name, str(tmp_path / "p"))
    assert list(tmp_path.iterdir()) == []


def test_a_licence_that_is_not_here_writes_nothing(tmp_path):
    with pytest.raises(SettingError, match="'wtf'.*apache-2.0, mit"):
        write("edge-count", str(tmp_path / "p"), "wtf")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_left_alone(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("a file")
    for name, says in (("full", "holds something already"), ("file", "is a file")):
        with pytest.raises(SettingError, match=f"{says}; nothing was written"):
            write("edge-count", str(tmp_path / name))
    assert (tmp_path / "full" / "thesis.txt").read_text() == "years of work"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "full", "thesis.txt"]


def test_an_empty_folder_is_filled_and_missing_ones_above_are_made(tmp_path):
    (tmp_path / "empty").mkdir()
    assert write("edge-count", str(tmp_path / "empty")).files
    assert write("edge-count", str(tmp_path / "a" / "b" / "c")).files


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingError, match="cannot be written: .* Choose another"):
        write("edge-count", str(tmp_path / "file" / "below"))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_command_says_what_it_wrote_and_what_is_next(tmp_path):
    folder = tmp_path / "p"
    done = run_app({}, "new", "edge-count", "--folder", str(folder))
    assert done.returncode == 0 and f"pip install -e {folder}" in done.stdout
    again = run_app({}, "new", "edge-count", "--folder", str(folder))
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.splitlines() == [
        f"paragone: {folder} holds something already; nothing was written. "
        "Choose another one: --folder."
    ]
