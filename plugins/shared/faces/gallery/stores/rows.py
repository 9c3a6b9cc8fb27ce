"""Faces and encodings as rows of a SQLite gallery, in and out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import numpy as np

from plugins.shared.faces.gallery.stores.contract import Enrolment, Points, Space, StoreError
from plugins.shared.faces.gallery.stores.database import BACKUP

FLOAT = "<f4"
GIVEN = "IN (SELECT value FROM json_each(?))"
"""A condition whose one parameter is a list in JSON, so that it may be of any length."""
BATCH = 256
Stamp = tuple[int, int]
"""Key of a space, and how often its namespace was changed."""


def stamps(db: Any, namespace: str) -> dict[Space, Stamp]:
    """All spaces of a namespace."""
    sql = (
        "SELECT namespace, network, revision, size, distance, key, changed"
        " FROM spaces WHERE namespace = ?"
    )
    return {Space(*row[:5]): row[5:] for row in db.execute(sql, (namespace,))}


def keys_of(db: Any, namespace: str, ids: Sequence[str]) -> dict[int, dict[str, int]]:
    """The keys of these faces' encodings: space -> id -> key."""
    sql = (
        "SELECT space, id, e.key FROM faces f JOIN encodings e ON face = f.key"
        f" WHERE namespace = ? AND id {GIVEN}"
    )
    keys: dict[int, dict[str, int]] = {}
    for place, i, key in db.execute(sql, (namespace, json.dumps(list(ids)))):
        keys.setdefault(place, {})[i] = key
    return keys


def upsert(db: Any, space: Space, rows: Sequence[Enrolment]) -> list[int]:
    """Write faces with their encodings, inside a transaction; the encodings' keys.

    Args:
        rows: No two of one id.
    """
    db.execute(
        "INSERT OR IGNORE INTO spaces (namespace, network, revision, size, distance)"
        " VALUES (?, ?, ?, ?, ?)",
        astuple(space),
    )
    db.executemany(
        "INSERT INTO faces (namespace, id, person, label, chip, picture, landmarks)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (namespace, id) DO UPDATE SET"
        " person = excluded.person, label = excluded.label, chip = excluded.chip,"
        " picture = excluded.picture, landmarks = excluded.landmarks",
        (
            (space.namespace, r.id, r.person, r.label, r.chip, r.picture, json.dumps(r.landmarks))
            for r in rows
        ),
    )
    place, _ = stamps(db, space.namespace)[space]
    ids = [row.id for row in rows]
    found = f"SELECT id, key FROM faces WHERE namespace = ? AND id {GIVEN}"
    faces = dict(db.execute(found, (space.namespace, json.dumps(ids))))
    db.executemany(
        "INSERT INTO encodings (space, face, encoding) VALUES (?, ?, ?)"
        " ON CONFLICT (face, space) DO UPDATE SET encoding = excluded.encoding",
        ((place, faces[row.id], np.asarray(row.encoding, FLOAT).tobytes()) for row in rows),
    )
    keys = keys_of(db, space.namespace, ids)[place]
    return [keys[i] for i in ids]


def rows_after(
    db: Any, space: Space, last: int, ids: Sequence[str] | None = None
) -> list[tuple[int, Enrolment]]:
    """Some faces of a space with their keys: the next ones after a key, in order of enrolment.

    Args:
        ids: Only these.
    """
    place, _ = stamps(db, space.namespace).get(space, (0, 0))
    chosen, values = "", [place, last]
    if ids is not None:
        chosen = f" AND namespace = ? AND id {GIVEN}"
        values += [space.namespace, json.dumps(list(ids))]
    sql = (
        "SELECT e.key, id, person, encoding, chip, label, picture, landmarks"
        " FROM encodings e JOIN faces f ON f.key = face"
        f" WHERE space = ? AND e.key > ?{chosen} ORDER BY e.key LIMIT ?"
    )
    found = db.execute(sql, (*values, BATCH)).fetchall()
    vectors = vectors_of([row[3] for row in found], space.size)
    return [
        (key, Enrolment(i, person, vector, chip, label, picture, points_of(points)))
        for (key, i, person, _, chip, label, picture, points), vector in zip(
            found, vectors, strict=True
        )
    ]


def vectors_of(pieces: Sequence[bytes], size: int) -> np.ndarray:
    """(N, D) float32 from what lies in the file."""
    if any(len(piece) != 4 * size for piece in pieces):
        what = "The gallery's file is damaged: an encoding has the wrong length"
        raise StoreError(what, todo=BACKUP)
    return np.frombuffer(b"".join(pieces), FLOAT).astype(np.float32).reshape(-1, size)


def points_of(text: str) -> Points:
    """Landmarks from how they lie in the file."""
    return tuple((float(x), float(y)) for x, y in json.loads(text))
