"""The embedded store: SQLite as the truth, and one exact matrix a space as the index.

A change is committed to the file first, then follows in the matrices, then is acknowledged. A
space counts its changes, so that a matrix that another process has overtaken is built anew.
"""

from __future__ import annotations

import json
import subprocess
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from plugins.shared.faces.gallery.stores.contract import (
    Candidate,
    Counts,
    Enrolment,
    Erased,
    Space,
    StoreError,
    Template,
)
from plugins.shared.faces.gallery.stores.database import connect, place_of
from plugins.shared.faces.gallery.stores.erasure import erase, windows_of
from plugins.shared.faces.gallery.stores.indexes import Follow, Indexes
from plugins.shared.faces.gallery.stores.matrix import Matrix
from plugins.shared.faces.gallery.stores.rows import (
    GIVEN,
    Stamp,
    keys_of,
    stamps,
    upsert,
)
from plugins.shared.faces.gallery.stores.sqlite_reads import Reads
from weights.messages import say


class SqliteStore(Reads):
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
        weakref.finalize(self, self._db.close)  # Of one that is kept until nobody comes back.
        self._indexes = Indexes(self._db)
        self.kept = path is not None
        self.place = "in memory"
        if self._path:
            place = "in the encrypted file {name}" if self._encrypted else "in the file {name}"
            self.place = say(place, name=place_of(self._path))

    # --- change ---------------------------------------------------------------------------------

    def write(self, space: Space, rows: Sequence[Enrolment]) -> None:
        self.restore({space: rows})

    def restore(self, rows: Mapping[Space, Sequence[Enrolment]]) -> None:
        latest = {s: list({row.id: row for row in given}.values()) for s, given in rows.items()}
        faces = {row.id: row.person for given in latest.values() for row in given}
        if not faces:
            return
        namespace = next(iter(latest)).namespace

        def do() -> Follow:
            owners = self.owners(namespace, list(faces))
            moved = any(owners.get(i, person) != person for i, person in faces.items())
            keys = {space: upsert(self._db, space, given) for space, given in latest.items()}

            def follow(space: Space, matrix: Matrix, stamp: Stamp) -> bool:
                if given := latest.get(space):
                    people, encodings = zip(*((r.person, r.encoding) for r in given), strict=True)
                    matrix.put(keys[space], people, np.stack(encodings))
                return space in latest or not moved

            return follow

        self._change(namespace, do)

    def relabel(self, namespace: str, names: Mapping[str, str]) -> None:
        ids: dict[str, list[str]] = {}
        for i, person in names.items():
            ids.setdefault(person, []).append(i)

        def do() -> Follow:
            keys = {person: keys_of(self._db, namespace, some) for person, some in ids.items()}
            sql = f"UPDATE faces SET person = ? WHERE namespace = ? AND id {GIVEN}"
            for person, some in ids.items():
                self._db.execute(sql, (person, namespace, json.dumps(some)))

            def follow(space: Space, matrix: Matrix, stamp: Stamp) -> bool:
                for person, some in keys.items():
                    matrix.relabel(list(some.get(stamp[0], {}).values()), person)
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

    # --- read: the rest is in `Reads` ------------------------------------------

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
