"""The embedded store: SQLite as the truth, and one exact matrix a space as the index.

A change is committed to the file first, then follows in the matrices, then is acknowledged. A
space counts its changes, so that a matrix that another process has overtaken is built anew.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from plugins.shared.faces.gallery.stores.contract import (
    Candidate,
    Counts,
    EnrolledFace,
    Enrolment,
    Erased,
    Space,
    StoreError,
    Template,
)
from plugins.shared.faces.gallery.stores.database import connect, failures, place_of
from plugins.shared.faces.gallery.stores.erasure import erase, windows_of
from plugins.shared.faces.gallery.stores.indexes import Follow, Indexes
from plugins.shared.faces.gallery.stores.matrix import Matrix
from plugins.shared.faces.gallery.stores.rows import (
    GIVEN,
    Stamp,
    keys_of,
    points_of,
    rows_after,
    stamps,
    upsert,
)
from weights.messages import say


class SqliteStore:
    """Faces in a file, or in memory until it is closed.

    Args:
        path: The file, made with its folder where there is none; None: in memory.
        key: A passphrase: the file is encrypted with SQLCipher.
        patience: How long to wait for another program's lock, in seconds.

    Raises:
        StoreError: The file cannot be opened or is no gallery, or the key does not fit.
    """

    def __init__(self, path: Path | str | None, key: str = "", patience: float = 5.0):
        self._path = Path(path).absolute() if path is not None else None
        self._encrypted = bool(key) and path is not None
        self._patience = patience
        self._lock = threading.RLock()
        self._db = connect(self._path, key, patience)
        self._indexes = Indexes(self._db)
        self.kept = path is not None
        self.place = "in memory"
        if self._path:
            place = "in the encrypted file {name}" if self._encrypted else "in the file {name}"
            self.place = say(place, name=place_of(self._path))

    # --- change ---------------------------------------------------------------------------------

    def write(self, space: Space, rows: Sequence[Enrolment]) -> None:
        latest = list({row.id: row for row in rows}.values())
        people, ids = [row.person for row in latest], [row.id for row in latest]

        def do() -> Follow:
            owners = self.owners(space.namespace, ids)
            moved = any(owners.get(row.id, row.person) != row.person for row in latest)
            keys = upsert(self._db, space, latest)

            def follow(each: Space, matrix: Matrix, stamp: Stamp) -> bool:
                if each == space:
                    matrix.put(keys, people, np.stack([row.encoding for row in latest]))
                return each == space or not moved

            return follow

        if latest:
            self._change(space.namespace, do)

    def relabel(self, namespace: str, ids: Sequence[str], person: str) -> None:
        def do() -> Follow:
            keys = keys_of(self._db, namespace, ids)
            sql = f"UPDATE faces SET person = ? WHERE namespace = ? AND id {GIVEN}"
            self._db.execute(sql, (person, namespace, json.dumps(list(ids))))

            def follow(space: Space, matrix: Matrix, stamp: Stamp) -> bool:
                matrix.relabel(list(keys.get(stamp[0], {}).values()), person)
                return True

            return follow

        self._change(namespace, do)

    def remove(self, namespace: str, ids: Sequence[str] | None) -> Erased:
        cuts: list[bytes] = []

        def do() -> Follow:
            keys = {} if ids is None else keys_of(self._db, namespace, ids)
            if self._path:
                cuts.extend(windows_of(self._db, namespace, ids))
            if ids is None:
                self._db.execute("DELETE FROM faces WHERE namespace = ?", (namespace,))
                self._db.execute("DELETE FROM spaces WHERE namespace = ?", (namespace,))
            else:
                sql = f"DELETE FROM faces WHERE namespace = ? AND id {GIVEN}"
                self._db.execute(sql, (namespace, json.dumps(list(ids))))

            def follow(space: Space, matrix: Matrix, stamp: Stamp) -> bool:
                matrix.remove(list(keys.get(stamp[0], {}).values()))
                return True

            return follow

        with self._lock:
            self._change(namespace, do)
            if not self._path:
                return Erased(True, "The gallery was in memory only: nothing was on a disk.")
            try:
                with self._failures():
                    return erase(self._db, self._path, cuts, self._patience, self._encrypted)
            except (StoreError, OSError, subprocess.SubprocessError) as error:
                words = "The faces are deleted, but looking for traces failed: {reason}."
                reason = say(str(getattr(error, "what", error)))
                return Erased(False, say(words, reason=reason))

    def _change(self, namespace: str, do: Callable[[], Follow]) -> None:
        """One transaction, and then the matrices that had seen all before it."""
        with self._lock, self._failures():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                before = stamps(self._db, namespace)
                follow = do()
                sql = "UPDATE spaces SET changed = changed + 1 WHERE namespace = ?"
                self._db.execute(sql, (namespace,))
                after = stamps(self._db, namespace)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._indexes.follow(namespace, before, after, follow)

    # --- search ---------------------------------------------------------------------------------

    def search(
        self, space: Space, encodings: np.ndarray, top: int, template: Template
    ) -> list[list[Candidate]]:
        with self._lock, self._failures():
            found = self._indexes.matrix(space).search(
                np.asarray(encodings, np.float32), top, template
            )
            sql = (
                "SELECT e.key, id FROM encodings e JOIN faces f ON f.key = face"
                f" WHERE e.key {GIVEN}"
            )
            keys = {hit.key for hits in found for hit in hits}
            ids = dict(self._db.execute(sql, (json.dumps(list(keys)),)))
        return [
            [Candidate(hit.person, hit.distance, ids[hit.key]) for hit in hits if hit.key in ids]
            for hits in found
        ]

    # --- read -----------------------------------------------------------------------------------

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

    def rows(self, space: Space) -> Iterator[Enrolment]:
        last = 0
        while True:
            with self._lock, self._failures():
                found = rows_after(self._db, space, last)
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

    def count(self, space: Space) -> Counts:
        sql = (
            "SELECT count(DISTINCT person), count(*), coalesce(sum(length(chip) > 0), 0),"
            " coalesce(sum(length(picture) > 0), 0) FROM faces WHERE namespace = ?"
        )
        with self._lock, self._failures():
            (found,) = self._all(sql, space.namespace)
            encodings = sum(self.spaces(space.namespace).values())
            return Counts(*found, encodings, len(self._indexes.matrix(space)))

    def close(self) -> None:
        with self._lock, self._failures():
            self._indexes.clear()
            self._db.close()

    # --- the connection -------------------------------------------------------------------------

    def _failures(self) -> AbstractContextManager[None]:
        return failures(self._db, self._path)

    def _all(self, sql: str, *values: Any) -> list[tuple]:
        with self._lock, self._failures():
            return self._db.execute(sql, values).fetchall()
