"""What the host itself draws: the front page, a task's header, the card of a plug-in not ready."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from registry.pages.languages import switch
from registry.task import STAGE_WORDS, PluginRecord, Task

# gradio titles every page alike; a visitor with several open tabs needs to tell them apart.
NAME_TAB = "document.title = `${element.querySelector('h1').textContent} · Paragone`;"

FOOTER = '<p class="paragone-footer">For learning, not for security or diagnosis.</p>'

STATE_WORDS = {
    "ready": "Ready",
    "blocked": "Switched off",
    "incompatible": "Does not fit",
    "failed": "Failed",
}


def front(tasks: Sequence[Task]) -> str:
    """The heading and a card for each task."""
    items = "".join(_task_card(task) for task in tasks)
    grid = (
        f'<ul class="paragone-grid">{items}</ul>'
        if tasks
        else '<p class="paragone-none">No task is ready.</p>'
    )
    return (
        f'<header class="paragone-front">{switch()}<h1>Paragone</h1>'
        "<p>Convolutional networks compare things: choose what to compare.</p></header>"
        f'<nav aria-label="Tasks">{grid}</nav>'
    )


def task_header(task: Task) -> str:
    """The way home and the page's heading."""
    summary = f"<p>{escape(task.summary)}</p>" if task.summary else ""
    return (
        '<header class="paragone-header"><div class="paragone-bar">'
        f'<a href="./" class="paragone-home">Paragone</a>{switch()}</div>'
        f"<h1>{escape(task.title)}</h1>{summary}</header>"
    )


def record_list(records: Sequence[PluginRecord]) -> str:
    """A card for each record under one heading; nothing where there is none."""
    if not records:
        return ""
    states = {record.stage == "run" for record in records}
    heading = "Failed while running" if states == {True} else "Not ready"
    items = "".join(f"<li>{record_card(record)}</li>" for record in records)
    return (
        f'<section class="paragone-records"><h2>{heading}</h2>'
        f'<ul class="paragone-grid">{items}</ul></section>'
    )


def record_card(record: PluginRecord) -> str:
    """Which plug-in, which distribution and version, which stage, the error, what to do."""
    what = STATE_WORDS[record.state]
    if record.state == "failed":
        what = f"{what} {STAGE_WORDS[record.stage]}".strip()
    titles = ", ".join(task.title for task in record.tasks) or record.name
    source = f"Plug-in {record.name}, {record.distribution} {record.version}".strip()
    return (
        f'<article class="paragone-record is-{record.state}">'
        f'<p class="paragone-state">{escape(what)}</p>'
        f"<h3>{escape(titles)}</h3>"
        f'<p class="paragone-source">{escape(source)}</p>'
        f'<p class="paragone-error">{escape(record.error)}</p>'
        f'<p class="paragone-todo">{escape(record.todo)}</p>{changes(record.changes)}</article>'
    )


def changes(said: Sequence[str]) -> str:
    """What a plug-in changed for all, as a list; nothing where there is none."""
    items = "".join(f"<li>{escape(change)}.</li>" for change in said)
    return f'<ul class="paragone-changes">{items}</ul>' if items else ""


def _task_card(task: Task) -> str:
    icon = task.icon or task.title[0].upper()
    return (
        f'<li><a class="paragone-task" href="./{escape(task.name)}">'
        f'<span class="paragone-icon" aria-hidden="true">{escape(icon)}</span>'
        f'<span class="paragone-title">{escape(task.title)}</span>'
        f'<span class="paragone-summary">{escape(task.summary)}</span></a></li>'
    )
