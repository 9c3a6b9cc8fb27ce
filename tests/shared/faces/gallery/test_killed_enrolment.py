"""kill -9 in the middle of a bulk enrolment: what was acknowledged is there, nothing is half."""

from __future__ import annotations

import json
import random
import sqlite3
from dataclasses import asdict
from pathlib import Path

from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores.contract import Space
from plugins.shared.faces.gallery.stores.sqlite import SqliteStore
from tests.shared.faces.gallery import enrolments
from tests.shared.faces.gallery.killed import said_until_killed

KILLS = 20


def enrol_and_kill(path: Path, space: Space, start: int, seconds: float) -> list[int]:
    """Let a process enrol for so long, kill it, and say which batches it acknowledged."""
    arguments = [str(path), json.dumps(asdict(space)), str(start)]
    said = said_until_killed("tests.shared.faces.gallery.enrolments", arguments, seconds)
    return [int(line) for line in said]


def check_file(path: Path) -> None:
    """The file is sound, and has no face without an encoding nor the other way."""
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    bare = "SELECT count(*) FROM faces WHERE key NOT IN (SELECT face FROM encodings)"
    assert database.execute(bare).fetchone() == (0,)
    database.close()


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path):
    rng = random.Random(1)
    space, path = enrolments.space(), tmp_path / "gallery.db"
    acknowledged: set[int] = set()
    next_batch = 0
    for _ in range(KILLS):
        acknowledged.update(enrol_and_kill(path, space, next_batch, rng.uniform(0.0, 0.25)))
        next_batch = max(acknowledged, default=-1) + 2  # One may be there that was not said.
        gallery = Gallery(SqliteStore(path), space)
        here = gallery.people()
        assert {f"P{number}" for number in acknowledged} <= set(here)
        for name, count in here.items():  # Every batch is there whole.
            assert count == len(enrolments.batch(int(name[1:])))
        gallery.store.close()
        check_file(path)
    assert len(acknowledged) >= KILLS  # The processes did work before they were killed.
    gallery = Gallery(SqliteStore(path), space)
    kept = {row.id: row for row in gallery.rows()}
    assert gallery.count().index_rows == len(kept) == gallery.count().faces
    for number in acknowledged:
        for row in enrolments.batch(number):
            assert kept[row.id] == row and kept[row.id].chip == row.chip
            assert kept[row.id].encoding.tobytes() == row.encoding.tobytes()
    gallery.store.close()
