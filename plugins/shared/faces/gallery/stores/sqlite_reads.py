"""What is read from a SQLite gallery and needs no index."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from plugins.shared.faces.gallery.stores.contract import EnrolledFace, Enrolment, Space
from plugins.shared.faces.gallery.stores.database import failures
from plugins.shared.faces.gallery.stores.rows import GIVEN, keys_of, points_of, rows_after, stamps


class Reads:
    """The reading part of `SqliteStore`, which opens the connection."""

    _db: Any
    _lock: threading.RLock
    _path: Path | None

    def owners(self, namespace: str, ids: Sequence[str]) -> dict[str, str]:
        sql = f"SELECT id, person FROM faces WHERE namespace = ? AND id {GIVEN}"
        return dict(self._all(sql, namespace, json.dumps(list(ids))))

    def encoded(self, space: Space, ids: Sequence[str]) -> set[str]:
        with self._lock, self._failures():
            place, _ = stamps(self._db, space.namespace).get(space, (None, 0))
            return set(keys_of(self._db, space.namespace, ids).get(place, ()))

    def people(self, namespace: str) -> dict[str, int]:
        sql = "SELECT person, count(*) FROM faces WHERE namespace = ? GROUP BY person"
        return dict(sorted(self._all(sql, namespace), key=lambda row: (row[0].casefold(), row[0])))

    def faces(self, namespace: str, person: str) -> list[EnrolledFace]:
        sql = (
            "SELECT id, person, label, chip, picture, landmarks FROM faces"
            " WHERE namespace = ? AND person = ? ORDER BY key"
        )
        found = self._all(sql, namespace, person)
        return [EnrolledFace(*row[:-1], points_of(row[-1])) for row in found]

    def chips(self, namespace: str, ids: Sequence[str]) -> dict[str, bytes]:
        sql = f"SELECT id, chip FROM faces WHERE namespace = ? AND id {GIVEN}"
        return dict(self._all(sql, namespace, json.dumps(list(ids))))

    def covers(self, namespace: str, people: Sequence[str]) -> dict[str, bytes]:
        sql = (
            f"SELECT person, chip, min(key) FROM faces WHERE namespace = ? AND person {GIVEN}"
            " GROUP BY person"  # With min(), SQLite takes the chip from the row of the least key.
        )
        found = self._all(sql, namespace, json.dumps(list(people)))
        return {person: chip for person, chip, _ in found}

    def rows(self, space: Space, ids: Sequence[str] | None = None) -> Iterator[Enrolment]:
        last = 0
        while True:
            with self._lock, self._failures():
                found = rows_after(self._db, space, last, ids)
            if not found:
                return
            last = found[-1][0]
            yield from (row for _, row in found)

    def spaces(self, namespace: str) -> dict[Space, int]:
        sql = (
            "SELECT namespace, network, revision, size, distance, count(*)"
            " FROM spaces s JOIN encodings e ON space = s.key WHERE namespace = ? GROUP BY s.key"
        )
        return {Space(*row[:-1]): row[-1] for row in self._all(sql, namespace)}

    # --- the connection -------------------------------------------------------------------------

    def _failures(self) -> AbstractContextManager[None]:
        return failures(self._db, self._path)

    def _all(self, sql: str, *values: Any) -> list[tuple]:
        with self._lock, self._failures():
            return self._db.execute(sql, values).fetchall()
