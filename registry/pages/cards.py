"""What the host itself draws: the front page, a task's header, the card of a plug-in not ready."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from registry.discovery import BUILT_IN
from registry.messages import say
from registry.pages.languages import switch
from registry.server.pictures import address
from registry.task import STAGE_WORDS, PluginRecord, Task

# gradio titles every page alike; a visitor with several open tabs needs to tell them apart.
NAME_TAB = "document.title = `${element.querySelector('h1').textContent} · Paragone`;"

WHAT = (
    "Paragone shows how convolutional networks compare: every page runs a real network, on your "
    "own pictures, signals or volumes too, and each step from the input to the answer can be seen."
)
OURS = "Step by step"
ORDER = "In this order each page builds on those before it, but you can begin anywhere."
OTHERS = "From other plug-ins"
WIDE = 1.75
"""A picture that is so many times as wide as high takes the place of two cards."""
FOOTER = Markup('<p class="paragone-footer">For learning, not for security or diagnosis.</p>')

STATE_WORDS = {
    "ready": "Ready",
    "blocked": "Switched off",
    "incompatible": "Does not fit",
    "failed": "Failed",
}


def front(pairs: Sequence[tuple[Task, PluginRecord]]) -> Markup:
    """What Paragone is, a card for each task of ours in the order to learn in, and those of others.

    Args:
        pairs: The tasks with their plug-ins.
    """
    ours = [task for task, record in pairs if record.found == BUILT_IN]
    others = [task for task, record in pairs if record.found != BUILT_IN]
    parts = [Markup('<p class="paragone-none">No task is ready.</p>')] if not pairs else []
    if ours:
        items = Markup().join(_task_card(task, i) for i, task in enumerate(ours, 1))
        parts.append(
            Markup(
                '<section><h2 id="paragone-ours">{}</h2><p>{}</p><nav aria-labelledby='
                '"paragone-ours"><ol class="paragone-tasks">{}</ol></nav></section>'
            ).format(OURS, ORDER, items)
        )
    if others:
        items = Markup().join(map(_task_card, others))
        parts.append(
            Markup(
                '<section><h2 id="paragone-others">{}</h2><nav aria-labelledby='
                '"paragone-others"><ul class="paragone-tasks">{}</ul></nav></section>'
            ).format(OTHERS, items)
        )
    return Markup(
        '<div class="paragone-front"><header><div class="paragone-bar"><h1>Paragone</h1>{}</div>'
        "<p>{}</p></header>{}</div>"
    ).format(switch(), WHAT, Markup().join(parts))


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
    what = state_of(record.state, record.stage)
    titles = ", ".join(task.title for task in record.tasks) or record.name
    source = say(
        "Plug-in {name}, {distribution} {version}",
        name=record.name,
        distribution=record.distribution,
        version=record.version,
    ).strip()
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


def state_of(state: str, stage: str) -> str:
    """The state of a plug-in, and of one that failed the stage where it did."""
    if state == "failed" and STAGE_WORDS[stage]:
        return say("Failed {stage}", stage=say(STAGE_WORDS[stage]))
    return STATE_WORDS[state]


def changes(said: Sequence[str]) -> Markup:
    """What a plug-in changed for all, as a list; nothing where there is none."""
    items = Markup().join(
        Markup("<li>{}</li>").format(say("{what}.", what=say(each))) for each in said
    )
    return Markup('<ul class="paragone-changes">{}</ul>').format(items) if items else Markup()


def _task_card(task: Task, place: int = 0) -> Markup:
    """A link to a task.

    Args:
        place: In the order to learn in; 0: in none.
    """
    number = Markup('<span class="paragone-number">{}</span>').format(place) if place else ""
    picture = task.picture
    wide = " is-wide" if picture and picture.width >= WIDE * picture.height else ""
    return Markup(
        '<li class="{}"><a class="paragone-task" href="./{}">{}<span class="paragone-words">'
        '<span class="paragone-heading">{}<span class="paragone-title">{}</span></span>'
        '<span class="paragone-summary">{}</span></span></a></li>'
    ).format(wide, task.name, _picture(task), number, task.title, task.lesson or task.summary)


def _picture(task: Task) -> Markup:
    """Its own, or a neutral one with its icon."""
    if task.picture is None:
        return Markup(
            '<span class="paragone-picture is-neutral" aria-hidden="true">{}</span>'
        ).format(task.icon or task.title[0].upper())
    return Markup(
        '<img class="paragone-picture" src="./{}" width="{p.width}" height="{p.height}" alt="{}" '
        'loading="lazy" decoding="async">'
    ).format(address(task.picture), task.picture_alt, p=task.picture)
