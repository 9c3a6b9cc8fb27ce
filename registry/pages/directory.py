"""The page `/plugins`: every plug-in with what became of it. It only shows; nothing on it installs
or enables anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import gradio as gr

from registry.listing import Line, lines
from registry.pages import cards
from registry.task import PluginRecord, Task

ADDRESS, TITLE = "plugins", "Plug-ins"
CSS = (Path(__file__).parent / "directory.css").read_text(encoding="utf-8")
SUMMARY = (
    "What was found, what became of it, and which networks it uses. Whoever runs this page "
    "installs plug-ins and switches them off; nobody can do so from here."
)
COLUMNS = ("Plug-in", "From", "State", "Tasks", "Networks")
LINK = f'<p class="paragone-more"><a href="./{ADDRESS}">{TITLE}</a></p>'


def fill(records: Sequence[PluginRecord]) -> None:
    """Fill the open page."""
    heading = Task(
        name="listing", title=TITLE, summary=SUMMARY, build="registry.pages.directory:fill"
    )
    gr.HTML(cards.task_header(heading), padding=False, js_on_load=cards.NAME_TAB)
    gr.HTML(table(records), padding=False, css_template=CSS)
    gr.HTML(cards.FOOTER, padding=False)


def table(records: Sequence[PluginRecord]) -> str:
    """A row for each record; the error and what to do in a row of their own below it."""
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    body = "".join(map(_row, lines(records)))
    if not body:
        return '<p class="paragone-none">No plug-in was found.</p>'
    return (
        f'<div class="paragone-directory"><table><thead><tr>{head}</tr></thead>{body}</table></div>'
    )


def _row(line: Line) -> str:
    state = cards.STATE_WORDS[line.state]
    if line.state == "failed":
        state = f"{state} {cards.STAGE_WORDS[line.stage]}".strip()
    tasks = (
        f'<a href="./{escape(name)}">{escape(title)}</a>'
        if line.state == "ready"
        else escape(title)
        for name, title in line.tasks.items()
    )
    networks = [f"uses {glob}" for glob in line.uses] + [f"brings {name}" for name in line.brings]
    version = f'<span class="paragone-version">{escape(line.version)}</span>'
    cells = (
        f"<td>{escape(line.distribution)} {version if line.version else ''}</td>",
        f'<td><span class="paragone-word is-{line.state}">{escape(state)}</span></td>',
        _cell(tasks),
        _cell(map(escape, networks)),
    )
    row = f'<tr><th scope="row">{escape(line.name)}</th>{"".join(cells)}</tr>'
    if line.error:
        said = f'<span class="paragone-error">{escape(line.error)}</span> {escape(line.todo)}'
        row += f'<tr class="paragone-reason"><td colspan="{len(COLUMNS)}">{said}</td></tr>'
    return f"<tbody>{row}</tbody>"


def _cell(items: Iterable[str]) -> str:
    text = "<br>".join(items)
    return f"<td>{text}</td>" if text else '<td class="paragone-none">–</td>'
