"""What a worker of Ray Data does: read a batch of pictures, find and encode their faces."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from plugins.shared.faces.align import revision, whole_size
from plugins.shared.faces.detect import DETECTOR, detector, whole_picture
from plugins.shared.faces.encode import EncodingCache, Network
from plugins.shared.faces.gallery.enrolment import enrolment
from plugins.shared.faces.gallery.names import face_id, person_name
from plugins.shared.faces.gallery.stores.contract import Space
from plugins.shared.faces.read_faces import read_faces
from plugins.shared.files.image_folder import Labelled, LabelledSet
from plugins.shared.files.limits import Limits
from plugins.shared.files.pictures import Picture
from weights import Card, Weights
from weights.errors import ParagoneError
from weights.remote.cluster import load
from weights.remote.replicas import admit

NEW, KNOWN, SKIPPED, FAILED = "new", "known", "skipped", "failed"
"""What became of a picture; `failed`: of the whole batch."""


def read(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The bytes of each picture, or why they cannot be had."""
    columns: dict[str, list] = {"person": [], "name": [], "data": [], "fault": []}
    for item in batch["item"]:
        try:
            data, fault = item.read(), ""
        except ParagoneError as error:
            data, fault = b"", error.what
        for key, value in zip(columns, (item.person, item.name, data, fault), strict=True):
            columns[key].append(value)
    return {key: np.array(values, object) for key, values in columns.items()}


class Encoding:
    """One worker: finds and encodes the faces of a batch.

    Args:
        space: What the encodings must fit.
        known: Sorted ids of the faces that are in the gallery; they are passed over.
        environ: Variables that hold here as in the process that writes.
    """

    def __init__(
        self, card: Card, space: Space, known: Any, limits: Limits, environ: Mapping[str, str]
    ):
        os.environ.update(environ)
        known = known if isinstance(known, np.ndarray) else load().get(known)
        self._known, self._space, self._limits = known, space, limits
        self._fault: ParagoneError | None = None
        try:
            self._prepare(card)
        except ParagoneError as error:  # Said with the first batch: here Ray would try it again.
            self._fault = error

    def _prepare(self, card: Card) -> None:
        weights = Weights()
        admit(weights, card)
        origin = weights.file(card.name).origin
        if revision(origin.sha256, card.alignment) != self._space.revision:
            what = f"A worker has other weights than the gallery: {origin.sentence}"
            raise ParagoneError(what, where=card.name, todo="Give all machines the same.")
        self._network = Network(card, origin, lambda: weights.backbone(card.name))
        self._find = whole_picture
        if not whole_size(card.alignment):
            self._find = detector(weights.file(DETECTOR).path)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A row for each picture: what became of it and, where it is new, its face. An error that
        would meet every batch is the only row: Ray would not bring it back whole.
        """
        try:
            if self._fault is not None:
                raise self._fault
            rows = self._rows(batch)
        except ParagoneError as error:
            rows = [self._row(FAILED, error.where, why=error.what, label=error.todo)]
        objects = ("kind", "name", "person", "id", "label", "why", "chip")
        table = {key: np.array([row[key] for row in rows], object) for key in objects}
        table["encoding"] = np.stack([row["encoding"] for row in rows])
        return table | {"pid": np.full(len(rows), os.getpid())}

    def _rows(self, batch: dict[str, np.ndarray]) -> list[dict[str, Any]]:
        columns = (batch[key] for key in ("person", "name", "data", "fault"))
        items = tuple(
            Labelled(str(person), str(name), partial(_given, data, str(fault)))
            for person, name, data, fault in zip(*columns, strict=True)
        )
        rows: list[dict[str, Any]] = []

        def wanted(item: Labelled, picture: Picture) -> bool:
            face, person = face_id(picture.digest, 0), person_name(item.person)
            if not self._has(face):
                return True
            rows.append(self._row(KNOWN, item.name, person, id=face))
            return False

        people = tuple({item.person for item in items})
        labelled = LabelledSet(items, people, (), "")
        steps = read_faces(
            labelled, self._find, self._network, EncodingCache(), self._limits, wanted
        )
        for step in steps:
            rows += [self._row(SKIPPED, one.name, why=one.why) for one in step.skipped]
            for one in step.faces:
                person = person_name(one.item.person)
                face = enrolment(one.picture, one.face, 0, person, one.encoded, kept=False)
                values = {"id": face.id, "encoding": face.encoding, "chip": face.chip}
                rows.append(self._row(NEW, one.item.name, person, label=face.label, **values))
        return rows

    def _has(self, face: str) -> bool:
        at = np.searchsorted(self._known, face.encode())
        return at < len(self._known) and self._known[at] == face.encode()

    def _row(self, kind: str, name: str, person: str = "", **more: Any) -> dict[str, Any]:
        empty = {"id": "", "label": "", "why": "", "chip": b""}
        nothing = np.zeros(self._space.size, np.float32)
        return {"kind": kind, "name": name, "person": person, "encoding": nothing, **empty, **more}


def _given(data: bytes, fault: str) -> bytes:
    if fault:
        raise ParagoneError(fault)
    return data
