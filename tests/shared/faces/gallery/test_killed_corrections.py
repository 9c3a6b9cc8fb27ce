"""kill -9 in the middle of corrections and their undoing: the gallery is as after one of them."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores.sqlite import SqliteStore
from tests.shared.faces.gallery import corrected
from tests.shared.faces.gallery.killed import said_until_killed
from tests.shared.faces.gallery.test_killed_enrolment import check_file

KILLS = 20


def correct_and_kill(path: Path, seed: int, seconds: float) -> list[str]:
    """Let a process correct for so long, kill it, and say which corrections it acknowledged."""
    arguments = [str(path), str(seed)]
    return said_until_killed("tests.shared.faces.gallery.corrected", arguments, seconds)


@pytest.mark.slow
def test_kill_9_leaves_no_correction_half_done(tmp_path):
    rng = random.Random(1)
    empty = tmp_path / "empty.db"
    corrected.filled(str(empty)).store.close()
    done: Counter[str] = Counter()
    for seed in range(KILLS):
        path = tmp_path / f"{seed}.db"
        shutil.copy(empty, path)
        said = correct_and_kill(path, seed, rng.uniform(0.0, 1.5))
        done.update(said)
        files = b"".join(file.read_bytes() for file in tmp_path.glob(f"{seed}.db*"))
        mirror = corrected.filled(None)  # The same corrections, not killed.
        every = {row.id: row for row in mirror.rows()}
        steps = corrected.corrections(mirror, seed)
        assert [next(steps) for _ in said] == said
        before = corrected.state(mirror)
        next(steps)
        after = corrected.state(mirror)
        gone = every.keys() - {row[1] for row in (*before, *after)}
        for row in (every[i] for i in gone):
            for piece in (row.chip, row.picture, row.encoding.tobytes()):
                assert piece[-40:-8] not in files, "a raw byte of what was deleted is left"
        gallery = Gallery(SqliteStore(path), corrected.SPACE)
        assert corrected.state(gallery) in (before, after)
        gallery.store.close()
        check_file(path)
    assert sum(done.values()) >= KILLS and done["undo"] and done["delete"] and done["move"], done
