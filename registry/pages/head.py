"""What a page says of itself in its head: title, description and preview picture for links that are
shared, and the styles that must hold before gradio's scripts have loaded.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.requests import Request

from registry.loader import ready_tasks
from registry.pages import directory
from registry.pages.cards import WHAT
from registry.server.pictures import address
from registry.task import Task

NAME = "Paragone"
THEIRS = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
"""What gradio says of itself in every page."""
PLAIN_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?")
STYLE = """<style>
.nav-holder { display: none; }
.gradio-container .main.app { box-sizing: border-box; max-width: 1244px; margin-inline: auto; }
.main.fillable > .wrap.full { position: fixed !important; }
.main.fillable:has(> .wrap.full) :is(.paragone-body, .paragone-body ~ *, footer) {
  visibility: hidden; }
html:not(.is-typed) .paragone-directory { visibility: hidden; }
</style>"""
"""Where the content stands; gradio applies the rest of our style sheet later. While gradio places
the parts one by one, each would push those before it: they are seen once all stand. A table
waits for its type, whose widths decide how its rows wrap."""

ASKING = (Path(__file__).parent / "asking.js").read_text(encoding="utf-8")
"""Here, because gradio loads the other scripts of ours after its own."""


def with_head(html: str, request: Request, page: Any, config: dict[str, Any]) -> str:
    """A page of gradio's with our head.

    Args:
        html: The whole page.
        page: The Blocks; its `records` hold the tasks.
        config: What gradio tells the page. Who has yet to log in is told of the house only.
    """
    known = "" if config.get("auth_required") else config.get("current_page", "")
    tasks = {task.name: task for task, _ in ready_tasks(page.records)}
    title, description, picture = "", WHAT, None
    if known == directory.ADDRESS:
        title, description = directory.TITLE, directory.SUMMARY
    elif known in tasks:
        title, description = tasks[known].title, tasks[known].summary or WHAT
    words = page.words_asked(known, request.cookies, request.headers)
    title = f"{words.get(title, title)} · {NAME}" if title else NAME
    description = words.get(description, description)
    if not config.get("auth_required"):
        picture = _picture(tasks, known)
    head, script, rest = html.partition("<script")  # gradio's config comes after it.
    said = _said(title, description, _base(request), known, picture)
    return f"{THEIRS.sub('', head)}{said}\n{STYLE}\n<script>{ASKING}</script>\n{script}{rest}"


def _picture(tasks: dict[str, Task], name: str) -> Task | None:
    """The task whose picture stands for a page: its own, or the first that has one."""
    if name in tasks and tasks[name].picture:
        return tasks[name]
    return next((task for task in tasks.values() if task.picture), None)


def _said(title: str, description: str, base: str, path: str, shown: Task | None) -> Markup:
    lines = [
        Markup("<title>{}</title>").format(title),
        Markup('<meta name="description" content="{}">').format(description),
    ]
    told = {"og:type": "website", "og:site_name": NAME, "og:title": title}
    told["og:description"] = description
    if base:
        told["og:url"] = base + path
    if base and shown is not None:
        told["og:image"] = base + address(shown.picture)
        told["og:image:type"] = f"image/{shown.picture.kind}"
        told["og:image:width"] = str(shown.picture.width)
        told["og:image:height"] = str(shown.picture.height)
        told["og:image:alt"] = shown.picture_alt or shown.title
    card = "summary_large_image" if "og:image" in told else "summary"
    lines += [
        Markup('<meta property="{}" content="{}">').format(key, value)
        for key, value in told.items()
    ]
    lines.append(Markup('<meta name="twitter:card" content="{}">').format(card))
    return Markup("\n").join(lines)


def _base(request: Request) -> str:
    """The address of the house as the caller knows it, with a slash at the end; empty where the
    Host header is no plain name. What else a caller may send about it, such as X-Forwarded-Host,
    is not asked; a proxy's word that it spoke https is.
    """
    host = request.headers.get("host", "")
    if not PLAIN_HOST.fullmatch(host):
        return ""
    told = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    scheme = "https" if "https" in (told, request.scope["scheme"]) else "http"
    prefix = request.scope.get("root_path", "").strip("/")
    return f"{scheme}://{host}/{prefix}/" if prefix else f"{scheme}://{host}/"
