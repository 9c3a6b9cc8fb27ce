"""Looking for bytes in files, as a program of its own that needs nothing but Python.

Reads from its standard input, as JSON, a list of files and a list of windows in hexadecimal, and
prints those windows that are in one of the files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

CHUNK = 2**24


def found_in(paths: Iterable[str], windows: Iterable[bytes]) -> set[bytes]:
    """Those windows that are in one of the files; a file that is not there holds none."""
    left, found = set(windows), set()
    overlap = max(map(len, left), default=1) - 1
    for path in paths:
        try:
            file = open(path, "rb")
        except FileNotFoundError:
            continue
        with file:
            tail = b""
            while left and (chunk := file.read(CHUNK)):
                text = tail + chunk
                seen = {window for window in left if window in text}
                left, found = left - seen, found | seen
                tail = text[len(text) - overlap :]
    return found


if __name__ == "__main__":
    paths, windows = json.load(sys.stdin)
    json.dump([cut.hex() for cut in found_in(paths, map(bytes.fromhex, windows))], sys.stdout)
