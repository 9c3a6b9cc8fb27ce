"""What the host itself draws: the front page, a task's header, the card of a plug-in not ready."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from registry.pages.languages import switch
from registry.task import STAGE_WORDS, PluginRecord, Task

# gradio titles every page alike; a visitor with several open tabs needs to tell them apart.
NAME_TAB = "document.title = `${element.querySelector('h1').textContent} · Paragone`;"

FOOTER = Markup('<p class="paragone-footer">For learning, not for security or diagnosis.</p>')

STATE_WORDS = {
    "ready": "Ready",
    "blocked": "Switched off",
    "incompatible": "Does not fit",
    "failed": "Failed",
}


def front(tasks: Sequence[Task]) -> Markup:
    """The heading and a card for each task."""
    items = Markup().join(_task_card(task) for task in tasks)
    grid = (
        Markup('<ul class="paragone-grid">{}</ul>').format(items)
        if tasks
        else Markup('<p class="paragone-none">No task is ready.</p>')
    )
    return Markup(
        '<header class="paragone-front">{}<h1>Paragone</h1>'
        "<p>Convolutional networks compare things: choose what to compare.</p></header>"
        '<nav aria-label="Tasks">{}</nav>'
    ).format(switch(), grid)


def task_header(task: Task) -> Markup:
    """The way home and the page's heading."""
    summary = Markup("<p>{}</p>").format(task.summary) if task.summary else ""
    return Markup(
        '<header class="paragone-header"><div class="paragone-bar">'
        '<a href="./" class="paragone-home">Paragone</a>{}</div>'
        "<h1>{}</h1>{}</header>"
    ).format(switch(), task.title, summary)


def record_list(records: Sequence[PluginRecord]) -> Markup:
    """A card for each record under one heading; nothing where there is none."""
    if not records:
        return Markup()
    states = {record.stage == "run" for record in records}
    heading = "Failed while running" if states == {True} else "Not ready"
    items = Markup().join(Markup("<li>{}</li>").format(record_card(record)) for record in records)
    return Markup(
        '<section class="paragone-records"><h2>{}</h2><ul class="paragone-grid">{}</ul></section>'
    ).format(heading, items)


def record_card(record: PluginRecord) -> Markup:
    """Which plug-in, which distribution and version, which stage, the error, what to do."""
    what = STATE_WORDS[record.state]
    if record.state == "failed":
        what = f"{what} {STAGE_WORDS[record.stage]}".strip()
    titles = ", ".join(task.title for task in record.tasks) or record.name
    source = f"Plug-in {record.name}, {record.distribution} {record.version}".strip()
    return Markup(
        '<article class="paragone-record is-{record.state}">'
        '<p class="paragone-state">{what}</p>'
        "<h3>{titles}</h3>"
        '<p class="paragone-source">{source}</p>'
        '<p class="paragone-error">{record.error}</p>'
        '<p class="paragone-todo">{record.todo}</p>{changes}</article>'
    ).format(
        record=record, what=what, titles=titles, source=source, changes=changes(record.changes)
    )


def changes(said: Sequence[str]) -> Markup:
    """What a plug-in changed for all, as a list; nothing where there is none."""
    items = Markup().join(Markup("<li>{}.</li>").format(change) for change in said)
    return Markup('<ul class="paragone-changes">{}</ul>').format(items) if items else Markup()


def _task_card(task: Task) -> Markup:
    icon = task.icon or task.title[0].upper()
    return Markup(
        '<li><a class="paragone-task" href="./{}">'
        '<span class="paragone-icon" aria-hidden="true">{}</span>'
        '<span class="paragone-title">{}</span>'
        '<span class="paragone-summary">{}</span></a></li>'
    ).format(task.name, icon, task.title, task.summary)
