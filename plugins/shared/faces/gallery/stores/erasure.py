"""Forgetting on disk: what was deleted leaves the file and its journal, and is looked for there."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from plugins.shared.faces.gallery.stores import traces
from plugins.shared.faces.gallery.stores.contract import Erased
from weights.messages import say

WINDOW = 24
PLACES = (0.3, 0.6, 0.9)
"""Where windows are cut from a piece. SQLite lays long pieces down in parts, so the whole of one
is nowhere in the file; and pictures start alike."""
VARIED = 12  # Different bytes that a window has at least, or else it may be anybody's.
FACES = 1000  # Whose windows are cut, at most.
WORK = 2**33  # Bytes that are looked through, over all windows: a few seconds.
LEAST = 12
MINUTES = 5


def windows_of(db: Any, namespace: str, ids: Sequence[str] | None) -> list[bytes]:
    """What to look for once these faces are deleted: short cuts from their encodings, chips and
    pictures, without those that say nothing.
    """
    chosen, values = "", [namespace]
    if ids is not None:
        chosen, values = "AND id IN (SELECT value FROM json_each(?))", [namespace, json.dumps(ids)]
    found = db.execute(f"SELECT key FROM faces WHERE namespace = ? {chosen} ORDER BY key", values)
    keys = json.dumps(_some([key for (key,) in found], FACES))
    here = "IN (SELECT value FROM json_each(?))"
    pieces = [
        *db.execute(f"SELECT encoding FROM encodings WHERE face {here}", (keys,)),
        *db.execute(f"SELECT chip FROM faces WHERE key {here}", (keys,)),
        *db.execute(f"SELECT picture FROM faces WHERE key {here}", (keys,)),
    ]
    cuts = dict.fromkeys(
        piece[start : start + WINDOW]
        for (piece,) in pieces
        if len(piece) >= WINDOW
        for start in (int(place * (len(piece) - WINDOW)) for place in PLACES)
    )
    return [cut for cut in cuts if len(set(cut)) >= VARIED]


def erase(db: Any, path: Path, cuts: Sequence[bytes], patience: float, encrypted: bool) -> Erased:
    """Empty the journal of a file from which rows were deleted, and look for their windows.

    SQLite overwrites what it deletes; where it nevertheless left a copy behind as it moved rows
    between pages, the file is written anew.
    """
    done = say("The deleted rows were overwritten in the gallery's file.")
    if not _empty_journal(db, patience):
        busy = say("But another program is reading it and keeps its journal alive.")
        return Erased(False, f"{done} {busy}")
    files = [path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")]
    size = sum(file.stat().st_size for file in files if file.exists())
    chosen = _some(cuts, max(LEAST, WORK // max(size, 1)))
    left = _strangers(db, found_in(files, chosen))
    if left:
        db.execute("VACUUM")
        done = say("The gallery's file was written anew without the deleted rows.")
        emptied = _empty_journal(db, patience)
        left = _strangers(db, found_in(files, chosen)) if emptied else left
    if left:
        traces = "But {left} of {n} traces are still there."
        return Erased(False, f"{done} {say(traces, left=len(left), n=len(chosen))}")
    done = f"{done} {say('Its journal was emptied.')}"
    if encrypted:
        return Erased(True, f"{done} {say('All that the file holds is encrypted.')}")
    if not chosen:
        return Erased(True, done)
    looked = say("{n} traces were looked for, and none is left.", n=len(chosen))
    return Erased(True, f"{done} {looked}")


def found_in(files: Iterable[Path], cuts: Iterable[bytes]) -> set[bytes]:
    """Those windows that are in one of the files.

    Another process looks: if this one closed a file that SQLite has open here, the system would
    drop SQLite's locks on it.

    Raises:
        OSError: The process could not look.
    """
    asked = json.dumps([[str(file) for file in files], [cut.hex() for cut in cuts]])
    command = [sys.executable, "-I", "-S", traces.__file__]
    done = subprocess.run(
        command, input=asked, capture_output=True, text=True, timeout=MINUTES * 60
    )
    if done.returncode:
        raise OSError(done.stderr.strip().rpartition("\n")[2] or "the search was stopped")
    return {bytes.fromhex(cut) for cut in json.loads(done.stdout)}


def _some(items: Sequence, most: int) -> list:
    """At most this many of the items, evenly spread."""
    if len(items) <= most:
        return list(items)
    return [items[place * len(items) // most] for place in range(most)]


def _strangers(db: Any, cuts: Iterable[bytes]) -> set[bytes]:
    """Those windows that no face which is still enrolled has: one photo may be enrolled twice."""
    kept = (
        "SELECT EXISTS (SELECT 1 FROM encodings WHERE instr(encoding, ?1)) OR EXISTS"
        " (SELECT 1 FROM faces WHERE instr(chip, ?1) OR instr(picture, ?1))"
    )
    return {cut for cut in cuts if not db.execute(kept, (cut,)).fetchone()[0]}


def _empty_journal(db: Any, patience: float) -> bool:
    """Move the journal into the file and cut it to nothing; whether that could be done."""
    deadline = time.monotonic() + patience
    while True:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy or time.monotonic() > deadline:
            return not busy
        time.sleep(0.05)
