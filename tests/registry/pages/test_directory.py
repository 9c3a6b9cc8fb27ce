"""The page of plug-ins and the listing: the same lines."""

from __future__ import annotations

import json
from dataclasses import replace

from registry.card_picture import CardPicture
from registry.pages.directory import lines, list_plugins, table
from registry.task import PluginRecord, Task

TASK = Task("a-task", "A <task>", "x:y", backbones=("*in1k", "own.*"))
READY = PluginRecord("a", "pkg-a", "1.2", "entry point", "ready", tasks=(TASK,), backbones=("o.t",))
FAILED = PluginRecord("b", "pkg-b", "", "folder", "failed", "load", "ValueError: <b>", "Mend it.")


def test_a_row_tells_licence_and_description_and_else_what_its_task_does():
    task = Task("a-task", "A", "x:y", summary="What it does.")
    stated = PluginRecord("a", "pkg-a", "1.2", "entry point", "ready", tasks=(task,))
    drawn = table([stated])
    assert "What it does." in drawn and drawn.count('class="paragone-none">–') == 2
    drawn = table([replace(stated, licence="MIT <x>", description="For <all>.")])
    assert "MIT &lt;x&gt;" in drawn and "For &lt;all&gt;." in drawn and "What it" not in drawn


def test_a_line_holds_what_both_tell():
    ready, failed = lines([READY, FAILED])
    assert (ready.tasks, ready.uses, ready.brings) == (
        {"a-task": "A <task>"},
        ("*in1k", "own.*"),
        ("o.t",),
    )
    assert (failed.tasks, failed.uses, failed.error) == ({}, (), "ValueError: <b>")


def test_a_row_says_what_became_of_a_plug_in_and_what_to_do():
    drawn = table([READY, FAILED])
    assert '<a href="./a-task">A &lt;task&gt;</a>' in drawn
    assert "uses *in1k<br>uses own.*<br>brings o.t" in drawn
    assert 'pkg-a <span class="paragone-version">1.2</span>' in drawn
    assert "Failed while it was loaded" in drawn
    assert "ValueError: &lt;b&gt;</span> Mend it." in drawn
    assert "<b>" not in drawn and "<button" not in drawn and "<input" not in drawn


def test_a_task_that_did_not_become_a_page_has_no_link():
    failed = PluginRecord("a", "pkg-a", "1", "folder", "failed", "build", "E", "M", (TASK,))
    assert "A &lt;task&gt;" in table([failed]) and "href" not in table([failed])


def test_an_empty_house_says_so():
    assert "No plug-in was found" in table([])


def test_the_text_has_a_row_for_each_and_one_heading():
    head, ready, failed = list_plugins([READY, FAILED], False).splitlines()
    assert ready.split()[:5] == ["a", "pkg-a", "1.2", "ready", "-"]
    assert failed.endswith("ValueError: <b>. Mend it.")


def test_of_a_picture_the_json_tells_its_size_and_not_its_bytes():
    task = replace(TASK, picture=CardPicture("webp", 480, 300, b"12345"))
    (told,) = json.loads(list_plugins([replace(READY, tasks=(task,))], True))
    assert told["tasks"][0]["picture"] == {
        "kind": "webp",
        "width": 480,
        "height": 300,
        "data": 5,
    }
