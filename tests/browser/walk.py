"""The walk: whatever a browser test's visitor meets, in any state of a page, is in Chinese, too,
and nothing of it is Chinese on an English page.

Where PARAGONE_WALK names a file, what was met is written there when the tests end: a line of JSON
for each message, `[page, English, Chinese]`, after one that counts states and messages. A state is
a moment in which a page said something that it had not said before.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from plugins import DEFAULT_PLUGINS
from registry.pages.languages import gather
from weights.messages import OPEN, spoken

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("walk.js")
ALLOWED = Path(__file__).with_name("latin.txt")
WORD = re.compile(r"(?<![\w./:~@\\-])[A-Za-z]{3,}(?![\w/:@\\-]|\.\w|\()")
"""What may be an English word: addresses, paths and calls are none."""
CHINESE = re.compile(r"[\u3400-\u9fff]")
TAG = re.compile(r"</?[a-z]+>")


class Record:
    """What all visitors met: (page, text) -> as Chinese pages show it; and in how many states."""

    def __init__(self) -> None:
        self.shown: dict[tuple[str, str], str] = {}
        self.states: set[tuple[str, frozenset[str]]] = set()

    def write(self) -> None:
        """Write it where PARAGONE_WALK wants it."""
        if path := os.environ.get("PARAGONE_WALK"):
            lines = [{"states": len(self.states), "messages": len(self.shown)}]
            lines += [[page, spoken(text), zh] for (page, text), zh in self.shown.items()]
            with open(path, "a", encoding="utf-8") as file:
                file.writelines(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


class Walk:
    """What one visitor met: (page, text) as the page got it, before it was put into words.

    Args:
        names: What the visitors of a test call things; theirs are added.
    """

    def __init__(self, context: BrowserContext, record: Record, names: set[str]):
        self._context, self._record, self.names = context, record, names
        self.met: set[tuple[str, str]] = set()
        self._english: set[str] = set()
        context.expose_function("paragoneSeen", self._meet)
        context.add_init_script(path=SCRIPT)

    def _meet(self, path: str, texts: list[str], names: list[str], english: bool) -> None:
        page = path.rpartition("/")[2] or "home"
        self.met |= {(page, text) for text in texts}
        parts = {part for name in names for part in (name, name.rpartition(".")[0])}
        self.names |= {part for part in parts if any(map(str.isalpha, part))}
        if english:
            self._english |= set(texts)
        if texts:
            self._record.states.add((page, frozenset(texts)))

    def left_over(self) -> list[str]:
        """What was met that Chinese pages would show in English, or English ones in Chinese."""
        for page in self._context.pages:  # What came last.
            page.evaluate("() => window.paragoneHand?.()")
        shown = self._record.shown
        for page, text in self.met - shown.keys():
            shown[page, text] = in_chinese(text, catalogue(page))
        return sorted({wrong for one in self.met for wrong in self._wrong(one[1], shown[one])})

    def _wrong(self, text: str, chinese: str) -> list[str]:
        words = english_in(self._nameless(chinese))
        found = [f"{chinese} ({', '.join(sorted(words))})"] if words else []
        # The pattern of a message is English; its values may be names.
        english = text if text in self._english and OPEN not in text else ""
        if CHINESE.search(english) and CHINESE.search(self._nameless(english)):
            found.append(f"{english} (in English)")
        return found

    def _nameless(self, text: str) -> str:
        for name in sorted(self.names, key=len, reverse=True):
            if name in text:
                text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text)
        return text


def english_in(chinese: str) -> set[str]:
    """The English words in a Chinese text."""
    found = WORD.findall(allowed().sub("", TAG.sub("", chinese)))
    return {word for word in found if len(set(word)) > 1}


def in_chinese(text: str, words: dict[str, str]) -> str:
    """A text as Chinese pages show it."""
    if OPEN in text:
        return spoken(text, words)
    if text in words:
        return words[text]
    # As `words.js` does it: the pattern with `{}` that says most.
    for key in sorted((key for key in words if "{}" in key), key=len, reverse=True):
        if found := re.fullmatch("(.*?)".join(map(re.escape, key.split("{}"))), text):
            return filled(words[key], [words.get(value, value) for value in found.groups()])
    return text


def filled(target: str, values: list[str]) -> str:
    """A translation with values for its `{}` in order, or for `{0}`, `{1}` … in any."""
    left = iter(values)
    return re.sub(r"\{(\d*)\}", lambda at: values[int(at[1])] if at[1] else next(left), target)


@cache
def catalogue(page: str) -> dict[str, str]:
    """The words of a page of ours; of the front page and the like, those of all tasks."""
    tasks = {name.replace(".", "/"): name.rpartition(".")[2] for name in DEFAULT_PLUGINS}
    own = [ROOT / path for path, name in tasks.items() if name == page.replace("-", "_")]
    rooms = own or [ROOT / path for path in tasks]
    return gather([*rooms, *(ROOT / name for name in ("plugins", "registry", "weights"))], "zh")


@cache
def allowed() -> re.Pattern[str]:
    """Names, symbols and units that are written alike in both languages."""
    lines = ALLOWED.read_text(encoding="utf-8").splitlines()
    names = [name.strip() for line in lines for name in line.partition("#")[0].split(",")]
    each = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)
    return re.compile(rf"(?<![A-Za-z.])(?:{each})(?![A-Za-z])")
