"""Every plug-in with what became of it: as the page `/plugins`, which only shows and installs or
enables nothing, and as text for `python app.py plugins`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import gradio as gr
from markupsafe import Markup

from registry.messages import say
from registry.pages import cards
from registry.task import PluginRecord, Task

ADDRESS, TITLE = "plugins", "Plug-ins"
SUMMARY = (
    "What was found, what became of it, and which networks it uses. Whoever runs this page "
    "installs plug-ins and switches them off; nobody can do so from here."
)
COLUMNS = ("Plug-in", "From", "Licence", "State", "Tasks", "Networks")
MOST = 30
"""Tasks and networks of one plug-in that are listed; of further ones there is the number."""
LINK = Markup('<p class="paragone-more"><a href="./{}">{}</a></p>').format(ADDRESS, TITLE)


STEPS = (
    ("Write it. This makes a package that works as it is:", "python app.py new my-task"),
    ("Install it beside Paragone:", "pip install -e paragone-my-task"),
    ("Hold it against the contract:", "python app.py check paragone-my-task"),
    ("Restart Paragone. The plug-in is on the front page then:", "python app.py"),
)
FILE = (
    "A single file will do, too: put it into a folder that the variable PARAGONE_PLUGIN_DIRS "
    "names. What a plug-in can do and what it must keep to is written in registry/README.md."
)
HOW_TO = Markup(
    '<section class="paragone-directory"><h2>{}</h2><ol class="paragone-steps">{}</ol>'
    "<p>{}</p></section>"
).format(
    "Add a plug-in",
    Markup().join(
        Markup("<li><p>{}</p><pre><code>{}</code></pre></li>").format(*step) for step in STEPS
    ),
    FILE,
)


@dataclass(frozen=True)
class Line:
    """What is told of one record.

    Attributes:
        description: Its own, or the summary of its first task.
        tasks: Name -> title.
        uses: The globs of the networks that its tasks accept, each once.
        brings: The networks that it registered.
    """

    name: str
    distribution: str
    version: str
    licence: str
    state: str
    stage: str
    description: str
    tasks: Mapping[str, str]
    uses: tuple[str, ...]
    brings: tuple[str, ...]
    error: str
    todo: str
    changes: tuple[str, ...]


ALIKE = ("name", "distribution", "version", "licence", "state", "stage", "error", "todo", "changes")


def lines(records: Sequence[PluginRecord]) -> list[Line]:
    """One line for each record, in their order."""
    return [
        Line(
            **{name: getattr(r, name) for name in ALIKE},
            description=r.description or next((task.summary for task in r.tasks), ""),
            tasks={task.name: task.title for task in r.tasks},
            uses=tuple(dict.fromkeys(glob for task in r.tasks for glob in task.backbones)),
            brings=r.backbones,
        )
        for r in records
    ]


def list_plugins(records: Sequence[PluginRecord], as_json: bool) -> str:
    """The records as a table, or as JSON."""
    if as_json:
        # Of a picture's bytes only their number is told.
        told = [asdict(record) for record in records]
        return json.dumps(told, indent=2, ensure_ascii=False, default=len)
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
    gr.HTML(table(records), padding=False)
    gr.HTML(HOW_TO, padding=False)
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
    state = cards.state_of(line.state, line.stage)
    tasks = (
        Markup('<a href="./{}">{}</a>').format(name, title) if line.state == "ready" else title
        for name, title in line.tasks.items()
    )
    networks = [say("uses {glob}", glob=glob) for glob in line.uses] + [
        say("brings {name}", name=name) for name in line.brings
    ]
    version = Markup('<span class="paragone-version">{}</span>').format(line.version)
    cells = (
        Markup("<td>{} {}</td>").format(line.distribution, version if line.version else ""),
        _cell([line.licence] if line.licence else [], "paragone-licence"),
        Markup('<td><span class="paragone-word is-{}">{}</span></td>').format(line.state, state),
        _cell(tasks),
        _cell(networks),
    )
    about = Markup('<span class="paragone-about">{}</span>').format(line.description)
    row = Markup('<tr><th scope="row">{} {}</th>{}</tr>').format(
        line.name, about if line.description else "", Markup().join(cells)
    )
    said = cards.changes(line.changes)
    if line.error:
        error = Markup('<span class="paragone-error">{}</span> {}').format(line.error, line.todo)
        said = error + said
    if said:
        row += Markup('<tr class="paragone-reason"><td colspan="{}">{}</td></tr>').format(
            len(COLUMNS), said
        )
    return Markup("<tbody>{}</tbody>").format(row)


def _cell(items: Iterable[str], kind: str = "") -> Markup:
    shown = list(items)
    if len(shown) > MOST:
        shown = [*shown[:MOST], say("and {shown} more", shown=len(shown) - MOST)]
    if not shown:
        return Markup('<td class="paragone-none">–</td>')
    return Markup('<td class="{}">{}</td>').format(kind, Markup("<br>").join(shown))
