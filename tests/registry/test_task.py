"""What a plug-in may offer, and what is said of an offer that is wrong."""

from __future__ import annotations

import pytest
from packaging.version import Version

from registry.offer import make_task, unmet_requirements
from registry.task import Incompatible, Task, TaskError, one_line

SOUND = {"name": "face-verification", "title": "Faces", "build": "pkg.tab:build"}


def test_a_sound_offer_becomes_a_task_with_lists_made_tuples():
    task = make_task({**SOUND, "backbones": ["a.*"], "requires": ["packaging>=1"]})
    assert (task.endpoint, task.backbones) == ("face_verification", ("a.*",))
    assert task.order == 100 and task.api_version == "1"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Face-Verification"),
        ("name", "face_verification"),
        ("name", "face--x"),
        ("name", "-x"),
        ("name", "../x"),
        ("name", ""),
        ("name", "config"),
        ("name", 3),
        ("title", " "),
        ("title", None),
        ("build", "pkg.tab"),
        ("build", "pkg/tab.py:build"),
        ("build", "pkg.tab:"),
        ("build", len),
        ("order", "10"),
        ("order", True),
        ("icon", "a long word"),
        ("backbones", "a.*"),
        ("backbones", (1,)),
        ("requires", ("not a requirement!",)),
        ("api_version", "one"),
        ("api_version", 1.5),
    ],
)
def test_a_wrong_field_is_named(field, value):
    with pytest.raises(TaskError, match=f"'{field}'"):
        make_task({**SOUND, field: value})


def test_a_missing_and_an_unknown_field_are_named():
    with pytest.raises(TaskError, match="'build' is missing"):
        make_task({"name": "x", "title": "X"})
    with pytest.raises(TaskError, match="'colour'.*known are name, title"):
        make_task({**SOUND, "colour": "blue"})


def test_an_offer_to_a_newer_host_is_incompatible_whatever_else_it_holds():
    with pytest.raises(Incompatible, match="host API 2; this host speaks 1") as caught:
        make_task({"name": 7, "colour": "blue", "api_version": "2"})
    assert "Update Paragone" in caught.value.todo


def test_unmet_requirements_are_named_with_what_is_here():
    import packaging

    here = packaging.__version__
    wanted = (
        "packaging>=9999",
        "no-such-package-of-ours>=1",
        f"packaging>={Version(here).major}",
        "no-such-package-of-ours; python_version < '3'",
    )
    assert unmet_requirements(wanted) == [
        f"packaging>=9999 ({here} is installed)",
        "no-such-package-of-ours>=1 (not installed)",
    ]
    with pytest.raises(Incompatible, match="no-such-package-of-ours") as caught:
        make_task({**SOUND, "requires": wanted})
    assert caught.value.todo.startswith('pip install "packaging>=9999" "no-such')


def test_resolve_imports_late_and_says_what_is_missing():
    assert Task("x", "X", "json:dumps").resolve()({}) == "{}"
    assert Task("x", "X", "json.decoder:JSONDecoder.decode").resolve().__name__ == "decode"
    with pytest.raises(TaskError, match="no 'nothing' in json"):
        Task("x", "X", "json:nothing").resolve()
    with pytest.raises(TaskError, match="not a function"):
        Task("x", "X", "json:__name__").resolve()
    with pytest.raises(ModuleNotFoundError):
        Task("x", "X", "no_such_module:build").resolve()


def test_one_line_is_one_short_line():
    assert one_line(ValueError("a\n  b")) == "ValueError: a b"
    assert one_line(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert one_line(TaskError("what is wrong")) == "what is wrong"
    assert len(one_line(ValueError("x" * 999))) == 240
