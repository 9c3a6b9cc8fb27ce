"""The walk: whatever a test's visitor meets, in any state of a page, is in Chinese, too."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from weights.messages import OPEN, spoken

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

SCRIPT = Path(__file__).with_name("walk.js")
ALLOWED = Path(__file__).with_name("latin.txt")
WORD = re.compile(r"(?<![\w./~@\\-])[a-z]{3,}(?![\w/@\\-]|\.\w|\()")
"""An English word: names have a capital, a digit, a dot or a hyphen."""
TAG = re.compile(r"</?[a-z]+>")


class Walk:
    """What one visitor met: (page, text) as the page got it, before it was put into words."""

    def __init__(self, context: BrowserContext, url: str):
        self._context, self._url = context, url
        self.met: set[tuple[str, str]] = set()
        context.expose_function("paragoneSeen", self._meet)
        context.add_init_script(path=SCRIPT)

    def _meet(self, path: str, texts: list[str]) -> None:
        page = path.rpartition("/")[2] or "home"
        self.met |= {(page, text) for text in texts}

    def left_over(self, judged: dict[tuple[str, str], str]) -> list[str]:
        """What was met that Chinese pages would show in English.

        Args:
            judged: What visitors met before, and its verdict; it is filled.
        """
        for page in self._context.pages:  # What came last.
            page.evaluate("() => window.paragoneHand?.()")
        catalogues: dict[str, dict[str, str]] = {}
        for page, text in self.met - judged.keys():
            if page not in catalogues:
                try:
                    answer = httpx.get(f"{self._url}words/zh/{page}.json", timeout=300)
                except httpx.TransportError:
                    return []  # The test has stopped its server.
                catalogues[page] = answer.raise_for_status().json()
            judged[page, text] = verdict(text, catalogues[page])
        return sorted({judged[one] for one in self.met if judged[one]})


def verdict(text: str, catalogue: dict[str, str]) -> str:
    """A text as Chinese pages show it with the English that is left in it, or ""."""
    shown = spoken(text, catalogue) if OPEN in text else whole(text, catalogue)
    words = set(WORD.findall(TAG.sub("", shown))) - allowed()
    return f"{shown} ({', '.join(sorted(words))})" if words else ""


def whole(text: str, catalogue: dict[str, str]) -> str:
    """A text without a message, as `words.js` shows it: by itself, or by a pattern with `{}`."""
    if text in catalogue:
        return catalogue[text]
    for key in sorted((key for key in catalogue if "{}" in key), key=len, reverse=True):
        if found := re.fullmatch("(.*?)".join(map(re.escape, key.split("{}"))), text):
            shown = catalogue[key]
            for value in found.groups():
                shown = shown.replace("{}", catalogue.get(value, value), 1)
            return shown
    return text


@cache
def allowed() -> set[str]:
    """Names, symbols and units that are written alike in both languages."""
    lines = ALLOWED.read_text(encoding="utf-8").splitlines()
    return {word for line in lines for word in line.partition("#")[0].split()}
