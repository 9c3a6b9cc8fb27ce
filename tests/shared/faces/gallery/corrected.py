"""Random corrections of a gallery, one after the other, the same for the same seed."""

from __future__ import annotations

import hashlib
import itertools
import random
import sys
from collections.abc import Iterator

from plugins.shared.faces.gallery.corrections import History, delete, merge, move, rename
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores.contract import Space
from plugins.shared.faces.gallery.stores.sqlite import SqliteStore
from tests.shared.faces.gallery.enrolments import SIZE, people

SPACE = Space("corrected", "made.v1", "1" * 64, SIZE, "euclidean")
OTHER = Space("corrected", "other.v1", "2" * 64, SIZE, "euclidean")


def filled(path: str | None) -> Gallery:
    """Twelve people with four photos each, encoded by two networks."""
    gallery = Gallery(SqliteStore(path), SPACE)
    rows = people({f"P{number}": 4 for number in range(12)})
    gallery.enrol(rows)
    gallery.store.write(OTHER, rows[::2])
    return gallery


def corrections(gallery: Gallery, seed: int) -> Iterator[str]:
    """Make one correction a step; which one."""
    rng, history = random.Random(seed), History()
    for number in itertools.count():
        here = gallery.people()
        verbs = ["move", "split", "merge", "rename", "delete"] * (len(here) > 2)
        verb = rng.choice([*verbs, *["undo"] * (3 if history.last(gallery) else 0)])
        one, other = rng.sample(list(here), 2) if len(here) > 1 else ("", "")
        ids = [face.id for face in gallery.faces(one)] if one else []
        some = rng.sample(ids, rng.randint(1, len(ids))) if ids else []
        if verb == "undo":
            history.undo(gallery)
        elif verb == "merge":
            history.add(gallery, merge(gallery, one, into=other))
        elif verb == "rename":
            history.add(gallery, rename(gallery, one, f"Q{number}"))
        elif verb == "delete":
            history.add(gallery, delete(gallery, some)[1])
        else:
            history.add(gallery, move(gallery, some, other if verb == "move" else f"S{number}"))
        yield verb


def state(gallery: Gallery) -> tuple:
    """All that a gallery holds, but for the order."""
    return tuple(
        sorted(
            (space.network, row.id, row.person, hashlib.sha256(content(row)).hexdigest())
            for space in (SPACE, OTHER)
            for row in gallery.store.rows(space)
        )
    )


def content(row) -> bytes:
    return row.chip + row.picture + row.encoding.tobytes()


def correct_until_killed(path: str, seed: int) -> None:
    """Make corrections, and say so after each."""
    gallery = Gallery(SqliteStore(path), SPACE)
    print("ready", flush=True)
    for verb in corrections(gallery, seed):
        print(verb, flush=True)


if __name__ == "__main__":
    correct_until_killed(sys.argv[1], int(sys.argv[2]))
