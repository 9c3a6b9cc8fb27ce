"""Texts from plug-ins and packages, made fit for a page and bounded."""

from __future__ import annotations

import unicodedata

NAME, TITLE, SUMMARY, ERROR, TODO = 80, 80, 240, 240, 600
"""Most characters of a name, a title, a summary, an error and of what to do about it."""

_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of writing, also of what stands around the text."""


def clean(text: object, most: int) -> str:
    """A text in one line of at most this many characters; what is cut off leaves an ellipsis.

    Characters that no encoding has (lone surrogates) and control characters are replaced, and
    marks that turn the direction of writing are left out.
    """
    try:
        raw = str(text)
    except Exception as error:  # Also an error may fail to say what it is.
        raw = f"({type(error).__name__} while it was put into words)"
    raw = raw[: 10 * most + 1000]  # So that a very long one costs little.
    line = " ".join("".join(map(_kept, raw)).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _kept(character: str) -> str:
    if character in _TURNS:
        return ""
    kind = unicodedata.category(character)
    if kind == "Cs":
        return "\ufffd"
    return " " if kind == "Cc" else character
