"""Messages: whatever a visitor reads that has values in it, with an identity and named values.

    say("{done:,} of {total:,} pictures", done=3, total=1200)

In a process that serves pages (`carry`) a message travels as data: its English text, which is its
identity and the key in the catalogues, and its values, packed between two marks into letters that
neither HTML nor Markdown changes. Whoever shows it puts it into words, whole: the browser in the
language of its page (`registry/pages/words.js`), the host for programs (`spoken`). Nothing is made
by replacing parts of another sentence. Elsewhere, as in a terminal, a message is plain English.

A text without values is its own identity and needs none of this, unless it is joined with others.
It lies in the lowest room, so that every other room can speak.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from string import Formatter
from typing import Any

from markupsafe import Markup

OPEN, CLOSE = "\u27e6", "\u27e7"
_PACKED = re.compile(f"{OPEN}([A-Za-z0-9+/]*){CLOSE}")
_FORMAT = re.compile(r"(?<!\{)(\{\w+)(?:![rsa])?(?::[^{}]*)?\}")
_FIELD = re.compile(r"\{(\w+)\}")
_STOPS = re.compile(r"(?<=[。；：，、！？]) +")
"""Chinese sentences have no space between them."""
_carried = False
_speaker: ContextVar[Mapping[str, str] | None] = ContextVar("speaker", default=None)


def carry(on: bool = True) -> None:
    """From now on messages travel as data, in all threads of this process."""
    global _carried
    _carried = on


def say(message: str, /, one: str = "", **values: Any) -> str:
    """A message.

    Args:
        message: English, with a named field for each value and its format: `"{n:,} photos"`. It
            says the whole of a sentence, or of a label.
        one: The same for one of `n`: `"{n} photo"`.
        values: What is put in: numbers, names, and other messages. Without any, `message` is taken
            as it is, braces too.

    Returns:
        Its text, or its data where messages travel.
    """
    if not values:
        return message if OPEN in message or not message else _told(message, message, {})
    english = one if one and values.get("n") == 1 else message
    shown = {
        name: format(values[name], spec or "")
        for _, name, spec, _ in Formatter().parse(english)
        if name is not None
    }
    return _told(identity(message), identity(english), shown)


def _told(key: str, pattern: str, shown: Mapping[str, str]) -> str:
    catalogue = _speaker.get()
    if catalogue is None and _carried:
        parts = [key, shown] if key == pattern else [key, shown, pattern]
        packed = base64.b64encode(json.dumps(parts, separators=(",", ":")).encode("ascii"))
        return f"{OPEN}{packed.decode('ascii').rstrip('=')}{CLOSE}"
    return _filled((catalogue or {}).get(key, pattern), shown, catalogue or {})


def rich(message: str, /, one: str = "", **values: Any) -> Markup:
    """The same as HTML: `message` may hold b, i, em, strong, code, small, sub and sup, without
    attributes. Values are text.
    """
    if _carried and _speaker.get() is None:
        said = say(message, one, **values)
        return Markup('<span data-said="{}"></span>').format(said)
    return Markup(say(message, one, **{k: _Escaped(v) for k, v in values.items()}))


def listed(parts: Iterable[object], last: str = "{first} and {second}") -> str:
    """A list in words: "a, b and c". `last` joins its last two."""
    each = [str(part) for part in parts]
    if len(each) < 2:
        return "".join(each)
    first = each[0]
    for part in each[1:-1]:
        first = say("{first}, {second}", first=first, second=part)
    return say(last, first=first, second=each[-1])


def identity(message: str) -> str:
    """The key of a message in the catalogues: its fields without their formats."""
    return _FORMAT.sub(r"\1}", message)


def spoken(text: str, catalogue: Mapping[str, str] | None = None) -> str:
    """A text with the messages in it put into words.

    Args:
        text: Any text. Marks that hold no message of ours stay as they are.
        catalogue: Messages -> translation; English where it has none.
    """
    words = catalogue or {}
    return _STOPS.sub("", _PACKED.sub(lambda found: _unpacked(found, words), text))


def spoken_all(value: Any, catalogue: Mapping[str, str] | None = None) -> Any:
    """The same of every text inside lists, tuples and mappings."""
    if isinstance(value, str):
        return spoken(value, catalogue) if OPEN in value else value
    if isinstance(value, dict):
        return {k: spoken_all(v, catalogue) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(spoken_all(each, catalogue) for each in value)
    return value


class speaking:
    """Within it messages are made in one language at once: `with speaking(catalogue): …`."""

    def __init__(self, catalogue: Mapping[str, str]):
        self._catalogue = catalogue

    def __enter__(self) -> None:
        self._token = _speaker.set(self._catalogue)

    def __exit__(self, *error: Any) -> None:
        _speaker.reset(self._token)


class _Escaped:
    """A value whose formatted text is escaped; it compares as the value does."""

    def __init__(self, value: Any):
        self._value = value

    def __format__(self, spec: str) -> str:
        return str(Markup.escape(format(self._value, spec)))

    def __eq__(self, other: object) -> bool:
        return self._value == other

    __hash__ = None


def _unpacked(found: re.Match[str], words: Mapping[str, str]) -> str:
    packed = found[1] + "=" * (-len(found[1]) % 4)
    try:
        key, values, *other = json.loads(base64.b64decode(packed))
        return _filled(words.get(key, other[0] if other else key), values, words)
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError):
        return found[0]


def _filled(pattern: str, values: Mapping[str, str], words: Mapping[str, str]) -> str:
    told = {name: spoken(str(value), words) for name, value in values.items()}
    # Not `str.format`: the pattern may come from a visitor's own text between our marks.
    return _FIELD.sub(lambda field: told.get(field[1], field[0]), pattern)
