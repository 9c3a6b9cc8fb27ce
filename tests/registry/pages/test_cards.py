"""The front page: our tasks in the order to learn in, those of others below, all with a picture."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from PIL import Image

from plugins import DEFAULT_PLUGINS
from registry import load_plugins, ready_tasks
from registry.card_picture import read_picture
from registry.pages.cards import front
from registry.task import PluginRecord, Task

OURS = PluginRecord("a", "built in", "", "built in", "ready")
THEIRS = PluginRecord("b", "pkg-b", "1.2", "entry point", "ready")
TASK = Task("a-task", "A <task>", "x:y", summary="What it does.", icon="✦")


def drawn(width: int) -> Task:
    file = io.BytesIO()
    Image.new("RGB", (width, 300)).save(file, "PNG")
    shown = read_picture(file.getvalue(), None)
    return replace(TASK, picture=shown, picture_alt='A "blue" one')


def test_those_of_others_stand_below_ours_whatever_their_order():
    pairs = [(replace(TASK, name="early", order=1), THEIRS), (TASK, OURS)]
    html = front(pairs)
    assert re.findall(r'href="\./([a-z-]+)"', html) == ["a-task", "early"]
    assert html.index("a-task") < html.index("From other plug-ins") < html.index("early")
    assert html.count('class="paragone-number"') == 1
    assert "From other plug-ins" not in front([(TASK, OURS)])


def test_a_task_says_what_one_will_understand_else_what_it_does():
    assert "What it does." in front([(TASK, OURS)])
    lesson = front([(replace(TASK, lesson="Why <it> does."), OURS)])
    assert "Why &lt;it&gt; does." in lesson and "What it does." not in lesson


def test_a_picture_is_lazy_has_its_size_and_is_named_and_a_wide_one_takes_two_places():
    html = front([(drawn(480), OURS)])
    (tag,) = re.findall(r"<img[^>]*>", html)
    for part in ('width="480" height="300"', 'loading="lazy"', 'alt="A &#34;blue&#34; one"'):
        assert part in tag
    assert 'src="./pictures/' in tag
    assert "is-wide" not in html and "is-wide" in front([(drawn(600), OURS)])


def test_a_task_without_a_picture_has_a_neutral_one():
    html = front([(TASK, THEIRS), (replace(TASK, name="b", icon=""), THEIRS)])
    assert "<img" not in html
    assert re.findall(r'is-neutral" aria-hidden="true">(.)<', html) == ["✦", "A"]


def test_all_of_ours_have_a_lesson_and_a_small_picture_with_a_text():
    tasks = [task for task, _ in ready_tasks(load_plugins({}, DEFAULT_PLUGINS))]
    assert len(tasks) >= len(DEFAULT_PLUGINS)
    ours = [task for task in tasks if task.build.startswith("plugins.")]
    assert [t.name for t in ours if not (t.lesson and t.picture and t.picture_alt)] == []
    assert sum(len(t.picture.data) for t in ours) < 100_000
