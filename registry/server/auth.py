"""The optional login: who may open the page, from `PARAGONE_AUTH`.

Names and passwords stay in this process as salted digests. They are compared in constant time, and
none is ever written to the log.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from registry.limits import SettingError

VARIABLE = "PARAGONE_AUTH"
MESSAGE = "Paragone asks for a name and a password. Whoever runs this page gives them out."
TODO = "give name:password pairs with commas between them, or a file with one pair a line."
REMEMBERED, SLOWER, SLOWEST = 60.0, 0.25, 3.0
"""Each wrong attempt for a name within a minute makes the next answer wait so much longer."""

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
    wrong: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=32))

    async def check(name: str, password: str) -> bool:
        """Whether the two belong together. Every pair is compared, whichever fits."""
        given = digest(name, password)
        fits = sum(hmac.compare_digest(given, each) for each in right)
        key = name if name in known else ""  # Of names that are not there nothing is kept.
        now = time.monotonic()
        while wrong[key] and wrong[key][0] < now - REMEMBERED:
            wrong[key].popleft()
        if fits:
            wrong[key].clear()
            return True
        wrong[key].append(now)
        await asyncio.sleep(min(SLOWEST, SLOWER * len(wrong[key])))
        return False

    return check
