"""The matrices of a SQLite gallery, one a space, each as current as its stamp says.

A space counts the changes of its namespace in the file. A matrix that follows a change takes over
the new count; one that finds another count than its own was overtaken, and is built anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugins.shared.faces.gallery.stores.contract import Space
from plugins.shared.faces.gallery.stores.matrix import Matrix
from plugins.shared.faces.gallery.stores.rows import Stamp, stamps, vectors_of

BATCH = 4096
Follow = Callable[[Space, Matrix, Stamp], bool]
"""Brings a matrix up to a change that was committed; False where it must be built anew."""


class Indexes:
    """Matrices that are built when they are first asked for. Not safe for two threads at once."""

    def __init__(self, db: Any):
        self._db = db
        self._held: dict[Space, tuple[Matrix, Stamp | None]] = {}

    def matrix(self, space: Space) -> Matrix:
        """The space's matrix as the file is now."""
        self._db.execute("BEGIN")  # What is read in here is one state of the file.
        try:
            stamp = stamps(self._db, space.namespace).get(space)
            held, its = self._held.get(space, (None, None))
            if held is None or its != stamp:
                self._held.pop(space, None)  # First, so that never two lie in memory.
                held = self._load(space, stamp)
                self._held[space] = held, stamp
        finally:
            self._db.execute("COMMIT")
        return held

    def follow(
        self,
        namespace: str,
        before: dict[Space, Stamp],
        after: dict[Space, Stamp],
        follow: Follow,
    ) -> None:
        """Bring those matrices along that had seen all before a change, and drop the others."""
        for space in [each for each in self._held if each.namespace == namespace]:
            matrix, stamp = self._held.pop(space)  # It comes back when it has followed.
            current = stamp == before.get(space) and space in after
            if current and follow(space, matrix, after[space]):
                self._held[space] = matrix, after[space]

    def clear(self) -> None:
        """Let go of all matrices."""
        self._held.clear()

    def _load(self, space: Space, stamp: Stamp | None) -> Matrix:
        matrix = Matrix(space.size, space.distance)
        if stamp is None:
            return matrix
        count = "SELECT count(*) FROM encodings WHERE space = ?"
        matrix.reserve(self._db.execute(count, stamp[:1]).fetchone()[0])
        found = self._db.execute(
            "SELECT e.key, person, encoding FROM encodings e JOIN faces f ON f.key = face"
            " WHERE space = ? ORDER BY e.key",
            stamp[:1],
        )
        while rows := found.fetchmany(BATCH):
            keys, people, pieces = zip(*rows, strict=True)
            matrix.put(keys, people, vectors_of(pieces, space.size))
        return matrix
