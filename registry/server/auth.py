"""The optional login: who may open the page, from `PARAGONE_AUTH`.

Names and passwords stay in this process as salted digests. They are compared in constant time, and
none is ever written to the log.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from registry.limits import SettingError

log = logging.getLogger("paragone.auth")

VARIABLE = "PARAGONE_AUTH"
MESSAGE = (
    "Paragone asks for a name and a password. Whoever runs this page gives them out. "
    "After five wrong passwords for a name within a minute, none is accepted for the rest of it."
)
TODO = "give name:password pairs with commas between them, or a file with one pair a line."
GUESSES, REMEMBERED = 5, 60.0
"""Wrong passwords for a name within so many seconds; further ones are not compared, and not counted
either, so that a name is never closed for longer."""
SLOWER, SLOWEST = 0.25, 3.0
"""Each wrong attempt for a name makes its answer wait so much longer."""
MOST_NAMES = 10_000
"""Names without a password whose attempts are remembered."""

Check = Callable[[str, str], Awaitable[bool]]


def read_auth(environ: Mapping[str, str]) -> Check | None:
    """What decides on a login; None where anybody may come in.

    Raises:
        SettingError: The variable holds no pairs, or its file cannot be read. The text quotes
            nothing of it.
    """
    text = environ.get(VARIABLE, "").strip()
    if not text:
        return None
    if ":" in text and not Path(text).is_file():
        pairs = text.split(",")
    else:
        pairs = _lines(text)
    known: dict[str, str] = {}
    for number, pair in enumerate(pairs, 1):
        name, colon, password = pair.strip().partition(":")
        if not (name and colon and password):
            raise SettingError(f"{VARIABLE}: pair {number} is no name:password; {TODO}")
        if name in known:
            raise SettingError(f"{VARIABLE}: the name of pair {number} is there twice; {TODO}")
        known[name] = password
    if not known:
        raise SettingError(f"{VARIABLE} has no pair in it; {TODO}")
    return _check(known)


def _lines(path: str) -> list[str]:
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        kind = type(error).__name__
        raise SettingError(
            f"{VARIABLE} names a file that cannot be read ({kind}); {TODO}"
        ) from None
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _check(known: Mapping[str, str]) -> Check:
    salt = secrets.token_bytes(16)

    def digest(name: str, password: str) -> bytes:
        # Their lengths first, so that no two pairs make one text.
        text = f"{len(name)}:{name}{password}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=salt).digest()

    right = [digest(name, password) for name, password in known.items()]
    attempts = Attempts(known)

    async def check(name: str, password: str) -> bool:
        """Whether the two belong together. Every pair is compared, whichever fits, so that names
        that are there answer as quickly as others. No other call comes between the look at the
        earlier attempts and the note of this one, so parallel calls gain nothing.
        """
        wrong = attempts.of(name)
        if len(wrong) >= GUESSES:
            await asyncio.sleep(SLOWEST)
            return False
        given = digest(name, password)
        if sum(hmac.compare_digest(given, each) for each in right):
            wrong.clear()
            return True
        wrong.append(time.monotonic())
        if len(wrong) == GUESSES:
            log.warning("A name is closed for %.0f seconds: too many wrong passwords", REMEMBERED)
        await asyncio.sleep(min(SLOWEST, SLOWER * len(wrong)))
        return False

    return check


class Attempts:
    """The times of wrong attempts for each name, within the last minute.

    Args:
        known: Names that have a password. Theirs are never dropped to make room for others.
    """

    def __init__(self, known: Iterable[str]):
        self._known: dict[str, deque[float]] = {name: deque() for name in known}
        self._others: OrderedDict[str, deque[float]] = OrderedDict()

    def of(self, name: str) -> deque[float]:
        """Those for a name, to which one may be added."""
        times = self._known.get(name)
        if times is None:
            times = self._others.setdefault(name[:100], deque())
            self._others.move_to_end(name[:100])
            while len(self._others) > MOST_NAMES:
                self._others.popitem(last=False)
        oldest = time.monotonic() - REMEMBERED
        while times and times[0] < oldest:
            times.popleft()
        return times
