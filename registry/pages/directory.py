"""Every plug-in with what became of it: as the page `/plugins`, which only shows and installs or
enables nothing, and as text for `python app.py plugins`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from registry.pages import cards
from registry.task import PluginRecord, Task

ADDRESS, TITLE = "plugins", "Plug-ins"
CSS = (Path(__file__).parent / "directory.css").read_text(encoding="utf-8")
SUMMARY = (
    "What was found, what became of it, and which networks it uses. Whoever runs this page "
    "installs plug-ins and switches them off; nobody can do so from here."
)
COLUMNS = ("Plug-in", "From", "State", "Tasks", "Networks")
MOST = 30
"""Tasks and networks of one plug-in that are listed; of further ones there is the number."""
LINK = Markup('<p class="paragone-more"><a href="./{}">{}</a></p>').format(ADDRESS, TITLE)


@dataclass(frozen=True)
class Line:
    """What is told of one record.

    Attributes:
        tasks: Name -> title.
        uses: The globs of the networks that its tasks accept, each once.
        brings: The networks that it registered.
    """

    name: str
    distribution: str
    version: str
    state: str
    stage: str
    tasks: Mapping[str, str]
    uses: tuple[str, ...]
    brings: tuple[str, ...]
    error: str
    todo: str
    changes: tuple[str, ...]


def lines(records: Sequence[PluginRecord]) -> list[Line]:
    """One line for each record, in their order."""
    return [
        Line(
            **{name: getattr(r, name) for name in ("name", "distribution", "version", "state")},
            stage=r.stage,
            tasks={task.name: task.title for task in r.tasks},
            uses=tuple(dict.fromkeys(glob for task in r.tasks for glob in task.backbones)),
            brings=r.backbones,
            error=r.error,
            todo=r.todo,
            changes=r.changes,
        )
        for r in records
    ]


def list_plugins(records: Sequence[PluginRecord], as_json: bool) -> str:
    """The records as a table, or as JSON."""
    if as_json:
        return json.dumps([asdict(record) for record in records], indent=2, ensure_ascii=False)
    rows = [("PLUG-IN", "FROM", "STATE", "STAGE", "TASKS", "REASON")]
    for line in lines(records):
        source = f"{line.distribution} {line.version}".strip()
        said = [f"{line.error}. {line.todo}"] if line.error else []
        reason = " ".join([*said, *(f"{change}." for change in line.changes)]) or "-"
        tasks = ", ".join(line.tasks) or "-"
        rows.append((line.name, source, line.state, line.stage or "-", tasks, reason))
    widths = [max(len(row[i]) for row in rows) for i in range(5)] + [0]
    table = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in table)


def fill(records: Sequence[PluginRecord]) -> None:
    """Fill the open page."""
    heading = Task(
        name="listing", title=TITLE, summary=SUMMARY, build="registry.pages.directory:fill"
    )
    gr.HTML(cards.task_header(heading), padding=False, js_on_load=cards.NAME_TAB)
    gr.HTML(table(records), padding=False, css_template=CSS)
    gr.HTML(cards.FOOTER, padding=False)


def table(records: Sequence[PluginRecord]) -> Markup:
    """A row for each record; the error and what to do in a row of their own below it."""
    head = Markup().join(Markup('<th scope="col">{}</th>').format(name) for name in COLUMNS)
    body = Markup().join(map(_row, lines(records)))
    if not body:
        return Markup('<p class="paragone-none">No plug-in was found.</p>')
    return Markup(
        '<div class="paragone-directory"><table><thead><tr>{}</tr></thead>{}</table></div>'
    ).format(head, body)


def _row(line: Line) -> Markup:
    state = cards.STATE_WORDS[line.state]
    if line.state == "failed":
        state = f"{state} {cards.STAGE_WORDS[line.stage]}".strip()
    tasks = (
        Markup('<a href="./{}">{}</a>').format(name, title) if line.state == "ready" else title
        for name, title in line.tasks.items()
    )
    networks = [f"uses {glob}" for glob in line.uses] + [f"brings {name}" for name in line.brings]
    version = Markup('<span class="paragone-version">{}</span>').format(line.version)
    cells = (
        Markup("<td>{} {}</td>").format(line.distribution, version if line.version else ""),
        Markup('<td><span class="paragone-word is-{}">{}</span></td>').format(line.state, state),
        _cell(tasks),
        _cell(networks),
    )
    row = Markup('<tr><th scope="row">{}</th>{}</tr>').format(line.name, Markup().join(cells))
    said = cards.changes(line.changes)
    if line.error:
        error = Markup('<span class="paragone-error">{}</span> {}').format(line.error, line.todo)
        said = error + said
    if said:
        row += Markup('<tr class="paragone-reason"><td colspan="{}">{}</td></tr>').format(
            len(COLUMNS), said
        )
    return Markup("<tbody>{}</tbody>").format(row)


def _cell(items: Iterable[str]) -> Markup:
    shown = list(items)
    if len(shown) > MOST:
        shown = [*shown[:MOST], f"and {len(shown) - MOST} more"]
    text = Markup("<br>").join(shown)
    return (
        Markup("<td>{}</td>").format(text) if text else Markup('<td class="paragone-none">–</td>')
    )
