"""The page in other languages: catalogues of our own words, applied where they appear.

A catalogue is `words/LANGUAGE.json` beside a plug-in's manifest, or in a room of ours: English text
-> translation, `{}` for whatever is put in. The words of a page are made by components, by handlers
and by scripts, and `gr.I18n` reaches the first only; so `words.js` translates what the browser is
about to show, text and labels alike. The page in English loads no catalogue.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.responses import JSONResponse, Response

from registry.loader import ready_tasks
from registry.server.middleware import Middleware, path_of
from registry.task import PluginRecord

log = logging.getLogger("paragone.languages")

LANGUAGES = {"en": "English", "zh": "中文"}
"""The page's own first: its words are the keys of all catalogues."""
FOLDER = "words"
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
        holes = english.count("{}")
        numbered = [f"{{{i}}}" for i in range(holes)]
        used = other.count("{}")
        sound = used in (0, holes) and not (used and any(n in other for n in numbered))
        if not sound or (holes and not used and not any(n in other for n in numbered)):
            todo = "use {} for each, in their order, or {0}, {1} … in another order"
            raise CatalogueError(f"{path.name}: {english!r} has {holes} {{}}; {todo}")
    return words


def folders(records: Iterable[PluginRecord]) -> list[Path]:
    """Where the ready plug-ins may have catalogues: beside the modules that build their pages, and
    in the packages around them.
    """
    found: dict[Path, None] = {}
    for task, _ in ready_tasks(tuple(records)):
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


class Words(Middleware):
    """ASGI middleware that answers `/words.js` and `/words/LANGUAGE.json`.

    Args:
        rooms: Folders that may hold catalogues. It is asked when a catalogue is first wanted, since
            plug-ins are loaded after the middleware is made.
    """

    methods = ("GET", "HEAD")

    def __init__(self, app: Any, rooms: Any):
        super().__init__(app)
        self._rooms = rooms
        self._known: dict[str, Mapping[str, str]] = {}

    async def answer(self, scope: Any) -> Response | None:
        """The script, or a catalogue."""
        path = path_of(scope)
        if path == f"/{FOLDER}.js":
            return Response(SCRIPT, media_type="text/javascript", headers=KEEP)
        language = path.removeprefix(f"/{FOLDER}/").removesuffix(".json")
        if path != f"/{FOLDER}/{language}.json" or language not in LANGUAGES:
            return None
        if language not in self._known:
            self._known[language] = gather(self._rooms(), language)
        return JSONResponse(self._known[language], headers=KEEP)


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
