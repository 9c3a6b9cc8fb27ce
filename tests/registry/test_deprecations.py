"""A field of the contract on its way out: it works, it warns, and it says whose it is."""

from __future__ import annotations

import warnings

import pytest

from registry import deprecations, load_plugins
from registry.deprecations import Deprecated, up_to_date
from registry.task import FIELDS, TaskError

GOING = {
    "heading": Deprecated("title", "A page has one heading, its title."),
    "colour": Deprecated("", "The theme colours every page."),
}
PLUGIN = """
import pluggy
hookimpl = pluggy.HookimplMarker("paragone")
@hookimpl
def register_tasks(register):
    register(name="old", heading="Old words", colour="red", build="old:build")
"""


def test_a_plug_in_in_old_words_loads_and_is_told_the_new_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(deprecations, "FIELDS", GOING)
    (tmp_path / "old_words.py").write_text(PLUGIN, encoding="utf-8")
    with pytest.warns(DeprecationWarning) as warned:
        (record,) = load_plugins({"PARAGONE_PLUGIN_DIRS": str(tmp_path)})
    assert (record.state, record.tasks[0].title) == ("ready", "Old words")
    whose = f"Plug-in old_words (folder {tmp_path.name})"
    assert [str(each.message) for each in warned] == [
        f"{whose}: the field 'heading' of register(…) is deprecated; use 'title'. "
        "A page has one heading, its title. It works until contract 2.",
        f"{whose}: the field 'colour' of register(…) is deprecated; leave it out. "
        "The theme colours every page. It works until contract 2.",
    ]
    assert {each.filename for each in warned} == {str(tmp_path / "old_words.py")}


def test_today_s_words_do_not_warn():
    offer = dict.fromkeys(FIELDS, "x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert up_to_date(offer, "p", GOING) == offer
        assert up_to_date({"heading": "x"}, "p") == {"heading": "x"}, "nothing is deprecated yet"


def test_both_words_at_once_are_refused():
    with pytest.warns(DeprecationWarning), pytest.raises(TaskError, match="give the latter only"):
        up_to_date({"name": "x", "heading": "a", "title": "b"}, "p", GOING)


def test_what_is_deprecated_is_no_field_and_what_replaces_it_is():
    for table in (deprecations.FIELDS, GOING):
        assert not set(table) & set(FIELDS)
        assert {change.new for change in table.values()} <= {*FIELDS, ""}
