"""Finding, gating and loading, with real plug-ins in real folders."""

from __future__ import annotations

import email
import os
import sys
import time

import pytest
from PIL import Image
from serving import FIXTURES, HOUSE

from registry import load_plugins, ready_tasks
from registry.discovery import _about

ONLY_HOUSE = {"PARAGONE_PLUGIN_DIRS": str(FIXTURES / "house")}
HOOK = "import pluggy\nhookimpl = pluggy.HookimplMarker('paragone')\n\n"


@pytest.fixture
def folder(tmp_path, request):
    """Write plug-ins with `folder(name="source")` and get the environment that finds them."""

    def write(**sources: str) -> dict[str, str]:
        for name, source in sources.items():
            (tmp_path / f"{name}.py").write_text(HOOK + source, encoding="utf-8")
        return {"PARAGONE_PLUGIN_DIRS": str(tmp_path)}

    yield write
    for name in [n for n in sys.modules if n.startswith("paragone_folder_")]:
        del sys.modules[name]


def tasks_hook(*tasks: str, options: str = "", also: str = "") -> str:
    calls = "".join(f"    register(name={t!r}, title={t!r}, build='x:y'{also})\n" for t in tasks)
    return f"@hookimpl{options}\ndef register_tasks(register):\n{calls}"


def by_name(records):
    return {record.name: record for record in records}


def outcome(record):
    return record.state, record.stage


def test_the_six_fixtures_each_get_their_state_and_stage():
    records = by_name(load_plugins(HOUSE))
    assert {name: outcome(record) for name, record in records.items()} == {
        "good": ("ready", ""),
        "broken_build": ("ready", ""),  # Its page has not been built yet.
        "broken_run": ("ready", ""),
        "sleeper": ("blocked", ""),
        "broken_import": ("failed", "load"),
        "too_new": ("incompatible", "validate"),
        "twice": ("failed", "validate"),
    }
    assert records["broken_import"].error == "SystemExit: This plug-in leaves at once"
    assert "host API 2" in records["too_new"].error
    assert records["twice"].error == "Task 'good' is offered by good (folder house) already"
    assert all(r.error and r.todo for r in records.values() if r.state != "ready")
    good = records["good"]
    assert (good.distribution, good.version, good.found) == ("folder house", "0.3", "folder")


def test_a_plug_in_that_is_switched_off_costs_nothing():
    begun = time.monotonic()
    records = load_plugins(
        {"PARAGONE_PLUGIN_DIRS": str(FIXTURES / "slow"), "PARAGONE_DISABLE": "Sleeper"}
    )
    assert time.monotonic() - begun < 25  # It would sleep for 30 s.
    assert [outcome(r) for r in records] == [("blocked", "")]
    assert records[0].error == "Not loaded: PARAGONE_DISABLE names it"


def test_plugins_set_but_empty_imports_none(folder):
    environ = folder(loud="raise RuntimeError('imported')")
    assert by_name(load_plugins(environ))["loud"].error == "RuntimeError: imported"
    records = load_plugins({**environ, "PARAGONE_PLUGINS": ""}, ["plugins.face_verification"])
    assert {outcome(r) for r in records} == {("blocked", "")}


@pytest.mark.parametrize("spelling", ["face_verification", "Face-Verification"])
def test_names_are_known_in_any_spelling(folder, spelling):
    environ = folder(face_verification=tasks_hook("a"), other=tasks_hook("b"))
    records = by_name(load_plugins({**environ, "PARAGONE_PLUGINS": spelling}))
    assert records["face_verification"].state == "ready"
    assert records["other"].state == "blocked"


@pytest.mark.parametrize("variable", ["PARAGONE_PLUGINS", "PARAGONE_DISABLE"])
def test_an_unknown_name_is_said_with_the_nearest(folder, variable):
    environ = folder(sounds=tasks_hook("a"))
    record = by_name(load_plugins({**environ, variable: "sound"}))["sound"]
    assert outcome(record) == ("failed", "load")
    assert variable in record.error and "sounds" in record.todo


def test_a_folder_that_is_not_there_is_said(tmp_path):
    (record,) = load_plugins({"PARAGONE_PLUGIN_DIRS": f"{tmp_path / 'gone'}{os.pathsep}"})
    assert outcome(record) == ("failed", "load")
    assert "cannot be read" in record.error and str(tmp_path) not in record.error


def test_a_module_in_a_folder_clashes_with_nothing_installed(folder):
    environ = folder(json="raise RuntimeError('ours')", pluggy=tasks_hook("a"))
    records = by_name(load_plugins(environ))
    assert records["json"].error == "RuntimeError: ours"
    assert records["pluggy"].state == "ready"
    assert sys.modules["json"].dumps([1]) == "[1]"


def test_one_raising_hook_does_not_stop_the_others(folder):
    raising = "@hookimpl\ndef register_tasks(register):\n    raise OSError('no')\n"
    leaving = "@hookimpl\ndef register_tasks(register):\n    raise SystemExit(2)\n"
    records = by_name(load_plugins(folder(a=raising, b=tasks_hook("b"), c=leaving)))
    assert {n: outcome(r) for n, r in records.items()} == {
        "a": ("failed", "register"),
        "b": ("ready", ""),
        "c": ("failed", "register"),
    }


def test_a_rejected_task_leaves_the_plug_ins_other_task(folder):
    source = tasks_hook("Bad Name", "sound")
    records = load_plugins(folder(two=source))
    assert [outcome(r) for r in records] == [("ready", ""), ("failed", "validate")]
    assert [t.name for t in records[0].tasks] == ["sound"]
    assert "'Bad Name'" in records[1].error


def test_a_name_taken_goes_to_the_first_found_and_to_whoever_tries_first(folder):
    environ = folder(a=tasks_hook("same"), b=tasks_hook("same"))
    records = by_name(load_plugins(environ))
    assert (records["a"].state, records["b"].state) == ("ready", "failed")
    environ = folder(b=tasks_hook("same", options="(tryfirst=True)"))
    for name in [n for n in sys.modules if n.startswith("paragone_folder_")]:
        del sys.modules[name]
    records = by_name(load_plugins(environ))
    assert (records["a"].state, records["b"].state) == ("failed", "ready")


def test_ours_answer_before_third_parties(folder, monkeypatch, tmp_path):
    environ = folder(theirs=tasks_hook("same"))
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "ours_of_a_test.py").write_text(HOOK + tasks_hook("same"))
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    records = by_name(load_plugins(environ, ["ours_of_a_test"]))
    assert records["ours_of_a_test"].state == "ready"
    assert "offered by ours_of_a_test (built in)" in records["theirs"].error


@pytest.mark.parametrize(
    ("source", "stage", "says"),
    [
        ("x = 1", "register", "no task and no backbone"),
        ("@hookimpl\ndef register_task(register): pass", "register", "no hook 'register_task'"),
        ("@hookimpl\ndef register_tasks(registrar): pass", "register", "registrar"),
        ("@hookimpl(wrapper=True)\ndef register_tasks(register): yield", "register", "wrapper"),
        ("def broken(:", "load", "SyntaxError"),
        ("import no_such_module_anywhere", "load", "no_such_module_anywhere"),
    ],
)
def test_what_is_not_a_plug_in_is_told_why(folder, source, stage, says):
    (record,) = load_plugins(folder(odd=source))
    assert outcome(record) == ("failed", stage)
    assert says in record.error


def test_an_unmet_requirement_is_incompatible(folder):
    source = tasks_hook("needy", also=", requires=('no-such-package-of-ours>=2',)")
    (record,) = load_plugins(folder(needy=source))
    assert outcome(record) == ("incompatible", "validate")
    assert "no-such-package-of-ours>=2 (not installed)" in record.error
    assert "no-such-package-of-ours" in record.todo


def test_backbones_reach_the_weights_and_a_refusal_is_the_plug_ins(folder):
    taken = []

    def register_backbone(**fields):
        if fields["name"] in [t["name"] for t in taken]:
            raise ValueError(f"{fields['name']} is in the catalogue")
        taken.append(fields)

    one = "@hookimpl\ndef register_backbones(register): register(name='n.t', source='timm:n')\n"
    environ = folder(a=one, b=one + tasks_hook("b"))
    records = load_plugins(environ, register_backbone=register_backbone)
    assert taken == [{"name": "n.t", "source": "timm:n"}]
    assert [(r.name, *outcome(r), r.backbones) for r in records] == [
        ("a", "ready", "", ("n.t",)),
        ("b", "ready", "", ()),
        ("b", "failed", "register", ()),
    ]


def test_pages_sort_by_order_and_name(folder):
    environ = folder(
        a=tasks_hook("zebra", "ape")
        + "    register(name='last', title='L', build='x:y', order=200)"
    )
    environ = folder(b=tasks_hook("bee", also=", order=1"))
    assert [t.name for t, _ in ready_tasks(load_plugins(environ))] == [
        "bee",
        "ape",
        "zebra",
        "last",
    ]


@pytest.mark.parametrize("name", ["broken_import", "too_new", "twice"])
def test_strict_raises_the_plug_ins_own_error(name):
    environ = {**ONLY_HOUSE, "PARAGONE_PLUGINS": f"good,{name}", "PARAGONE_STRICT": "1"}
    with pytest.raises((SystemExit, ValueError)):
        load_plugins(environ)


def test_an_installed_package_is_found_by_its_entry_point(monkeypatch):
    monkeypatch.syspath_prepend(str(FIXTURES / "installed"))
    environ = {"PARAGONE_PLUGINS": "paragone-echo"}
    records = by_name(load_plugins(environ, register_backbone=lambda **fields: None))
    echo = records["echo"]
    assert (echo.distribution, echo.version, echo.found) == (
        "paragone-echo",
        "1.2.3",
        "entry point",
    )
    assert [t.name for t in echo.tasks] == ["echo"] and echo.backbones == ("echo_net.test",)
    records = by_name(load_plugins({"PARAGONE_DISABLE": "echo"}))
    assert records["echo"].state == "blocked"


def test_a_module_says_its_licence_and_what_it_is_and_brings_its_picture(folder, tmp_path):
    Image.new("RGB", (480, 300)).save(tmp_path / "one.png")
    about = '"""Counts.\n\nAt length."""\n__license__ = \'MIT\'\n' + HOOK
    hook = tasks_hook("a-task", also=", picture='one.png', lesson='That it counts.'")
    environ = folder(told=hook)
    (tmp_path / "told.py").write_text(about + hook, encoding="utf-8")
    (record,) = load_plugins(environ)
    assert (record.licence, record.description) == ("MIT", "Counts.")
    assert (record.tasks[0].picture.kind, record.tasks[0].lesson) == ("png", "That it counts.")


def test_a_bad_picture_costs_the_task_and_no_other(folder):
    source = tasks_hook("good") + "    register(name='bad', title='B', build='x:y', picture='no')\n"
    ready, bad = load_plugins(folder(mixed=source))
    assert [task.name for task in ready.tasks] == ["good"]
    assert outcome(bad) == ("failed", "validate") and "field 'picture'" in bad.error


def test_what_a_package_states_is_told():
    (wheel,) = [r for r in load_plugins({"PARAGONE_PLUGINS": ""}, ("plugins.none",))]
    assert wheel.licence == "Apache-2.0" and wheel.description == ""
    for lines, licence in (
        ("License-Expression: MIT\nLicense: no", "MIT"),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD License"),
        ("License: ISC\n        The whole text", "ISC"),
        ("Summary: It counts", ""),
    ):
        about = _about(email.message_from_string(f"Name: a\n{lines}\n"))
        assert about["licence"].strip() == licence
    assert about["description"] == "It counts"
