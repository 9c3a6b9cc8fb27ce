"""The page in other languages: catalogues of messages, and which of them a page needs.

A catalogue is `words/LANGUAGE.json` beside a plug-in's manifest, or in a room of ours: English text
-> translation. A message of ours has named fields in both (`weights/messages.py`); the texts of a
plug-in that fills them in itself have `{}` for whatever that is. `words.js` puts them into words in
the browser, and the guard for programs. The page in English loads no catalogue.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.responses import JSONResponse, Response

from registry.loader import ready_tasks
from registry.server.middleware import Middleware, path_of
from registry.task import Task

log = logging.getLogger("paragone.languages")

LANGUAGES = {"en": "English", "zh": "中文"}
"""The page's own first: its words are the keys of all catalogues."""
FOLDER = "words"
COOKIE = "paragone-language"
FIELD = re.compile(r"\{([A-Za-z_]\w*)\}")
HERE = Path(__file__).parents[1]
SCRIPT = Path(__file__).with_name("words.js").read_text(encoding="utf-8")
HEAD = f'<script src="./{FOLDER}.js"></script>'


class CatalogueError(ValueError):
    """A catalogue of words that cannot be used; the text names the file and the fix."""


def read_catalogue(path: Path) -> dict[str, str]:
    """The words of one file.

    Raises:
        CatalogueError: It is no JSON object of texts, or a translation puts in something that the
            English text does not have.
    """
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(words, dict) or not all(isinstance(v, str) for v in words.values()):
        raise CatalogueError(f"{path.name} must be an object of English text -> translation")
    if any("\ud800" <= letter <= "\udfff" for each in words.items() for letter in "".join(each)):
        raise CatalogueError(f"{path.name} has a character that no encoding has")
    for english, other in words.items():
        if wrong := _ill_filled(english, other):
            raise CatalogueError(f"{path.name}: {english!r} {wrong}")
    return words


def _ill_filled(english: str, other: str) -> str:
    """What is wrong with the fields of a translation, or ""."""
    named = set(FIELD.findall(english))
    if named != set(FIELD.findall(other)) and "{}" not in english:
        fields = ", ".join(f"{{{name}}}" for name in sorted(named)) or "no fields"
        return f"has {fields}; its translation must have the same"
    holes = english.count("{}")
    numbered = [f"{{{i}}}" for i in range(holes)]
    used = other.count("{}")
    sound = used in (0, holes) and not (used and any(n in other for n in numbered))
    if not sound or (holes and not used and not any(n in other for n in numbered)):
        return f"has {holes} {{}}; use {{}} for each, in their order, or {{0}}, {{1}} … in another"
    return ""


def folders(task: Task) -> list[Path]:
    """Where a ready task may have catalogues: beside the module that builds its page, and in the
    packages around that.
    """
    found: dict[Path, None] = {}
    module = task.build.partition(":")[0]
    while module:
        if file := getattr(sys.modules.get(module), "__file__", None):
            found[Path(file).parent] = None
        module = module.rpartition(".")[0]
    return list(found)


def gather(rooms: Sequence[Path], language: str) -> dict[str, str]:
    """The words of all rooms; an earlier room's translation holds. A broken catalogue is left out,
    and the log says so.
    """
    words: dict[str, str] = {}
    for room in rooms:
        path = room / FOLDER / f"{language}.json"
        try:
            words = {**read_catalogue(path), **words} if path.is_file() else words
        except CatalogueError as error:
            log.error("%s: %s", room.name, error)
    return words


class Catalogues:
    """The messages of each page: its task's own first, then those that pages share.

    Args:
        root: The page. Its records are read when a catalogue is first wanted, since plug-ins are
            loaded later.
        rooms: Folders with catalogues, beside those of the plug-ins.
    """

    def __init__(self, root: Any, rooms: Sequence[Path]):
        self._root, self._rooms = root, (HERE, *rooms)
        self._known: dict[tuple[str, str], Mapping[str, str]] = {}

    def of(self, page: str, language: str) -> Mapping[str, str]:
        """English -> `language` for the page of a task, or for the front page and all others.
        Empty for English and what nobody speaks.
        """
        if language not in LANGUAGES or language == "en":
            return {}
        tasks = {task.name: task for task, _ in ready_tasks(tuple(self._root.records))}
        page = page if page in tasks else ""
        if (page, language) not in self._known:
            of_task = [tasks[page]] if page else []
            rooms = [folder for task in of_task for folder in folders(task)]
            words = gather([*rooms, *self._rooms], language)
            for task in tasks.values() if not page else ():
                offered = {v for v in vars(task).values() if isinstance(v, str)}
                own = gather(folders(task), language)
                words |= {k: v for k, v in own.items() if k in offered}
            self._known[page, language] = words
        return self._known[page, language]

    def asked(self, page: str, cookies: Mapping[str, str], headers: Mapping[str, str]):
        """The same in the language that a request wants: that of the page's buttons, or the
        first of the browser's that we speak.
        """
        wanted = cookies.get(COOKIE) or preferred(headers.get("accept-language", ""))
        return self.of(page, wanted)


def preferred(accepted: str) -> str:
    """The language of ours that an `Accept-Language` header likes best; English where none is."""

    def quality(part: str) -> float:
        found = re.search(r";\s*q=([\d.]+)", part)
        return float(found[1]) if found and found[1].count(".") < 2 and found[1] != "." else 1.0

    for part in sorted(accepted[:500].split(","), key=quality, reverse=True):
        code = re.match(r"\s*([A-Za-z]+)", part)
        if code and code[1].lower() in LANGUAGES:
            return code[1].lower()
    return "en"


class Words(Middleware):
    """ASGI middleware that answers `/words.js` and `/words/LANGUAGE/PAGE.json`."""

    methods = ("GET", "HEAD")

    def __init__(self, app: Any, catalogues: Catalogues):
        super().__init__(app)
        self._catalogues = catalogues

    async def answer(self, scope: Any) -> Response | None:
        """The script, or a catalogue."""
        path = path_of(scope)
        if path == f"/{FOLDER}.js":
            return Response(SCRIPT, media_type="text/javascript", headers=KEEP)
        asked = re.fullmatch(rf"/{FOLDER}/([a-z]+)/([\w-]+)\.json", path)
        if not asked or asked[1] not in LANGUAGES:
            return None
        return JSONResponse(self._catalogues.of(asked[2], asked[1]), headers=KEEP)


KEEP = {"Cache-Control": "max-age=300"}


def switch() -> Markup:
    """The buttons that choose a language."""
    buttons = Markup().join(
        Markup(
            '<button type="button" data-language="{code}" lang="{code}" '
            'aria-pressed="{pressed}">{name}</button>'
        ).format(code=code, pressed=str(code == "en").lower(), name=name)
        for code, name in LANGUAGES.items()
    )
    return Markup('<div class="paragone-languages" translate="no">{}</div>').format(buttons)
