"""Encode a folder of pictures into a gallery with many processes or machines: Ray Data reads and
encodes, and this process alone writes, so that a file as gallery has one writer.

Ids are hashes of the pictures' content and every write is an upsert: what a lost worker did is done
again, and nobody is doubled.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from plugins.faces.align import whole_size
from plugins.faces.bulk import Report, Step, write
from plugins.faces.detect import detector, whole_picture
from plugins.faces.encode import EncodingCache, Network
from plugins.faces.enrolling import enrolment
from plugins.faces.gallery import Gallery
from plugins.faces.labelled import Labelled, LabelledSet, Skipped
from plugins.faces.names import face_id, person_name
from plugins.faces.pictures import Limits, Picture
from plugins.faces.stores.contract import Enrolment, Space
from plugins.faces.survey import BATCH, read_faces
from weights import Card, Weights
from weights.cluster import ClusterError, check_room, load, settings_of
from weights.errors import ParagoneError
from weights.replicas import admit

ACTOR_CPU, READER_CPU = 0.6, 0.3
"""Ray Data hangs without a word where its actors reserve every CPU and nothing is left to read."""
MOST_BLOCKS = 20_000
NEW, KNOWN, SKIPPED = "new", "known", "skipped"


def encode_with_ray(
    labelled: LabelledSet,
    gallery: Gallery,
    card: Card,
    limits: Limits,
    workers: int,
    *,
    device: str = "cpu",
    stop: Callable[[], bool] = lambda: False,
    worker_seen: Callable[[int], None] = lambda pid: None,
) -> Iterator[Step | Report]:
    """Enrol the largest face of every picture, or the whole picture, as `enrol_set` does without a
    gate; Ray is connected.

    Args:
        labelled: A folder's, which every worker's machine can read at the same path.
        card: Of the gallery's network.
        device: Of the workers.
        stop: Asked after each batch; True ends it with a report of what was done.
        worker_seen: Told the process id of the worker behind each batch.

    Raises:
        ClusterError: The cluster is too small, or lost too many workers.
        ParagoneError: The network cannot be had there, or the gallery failed.
    """
    start = time.perf_counter()
    desk, done, stopped = _Desk(gallery), 0, False
    desk.refused += labelled.skipped
    for batch in _encoded(labelled, gallery, card, limits, workers, device):
        done += len(batch["kind"])
        desk.take(batch)
        worker_seen(int(batch["pid"][0]))
        yield Step(done, len(labelled.items), desk.new, desk.known, len(desk.refused))
        if stopped := stop():
            break
    seconds = time.perf_counter() - start
    refused = tuple(desk.refused)
    yield Report(desk.new, desk.known, refused, len(desk.people), seconds, stopped)


def _encoded(
    labelled: LabelledSet, gallery: Gallery, card: Card, limits: Limits, workers: int, device: str
) -> Iterator[Mapping[str, np.ndarray]]:
    """Batches of rows as `Encoding` makes them, in any order."""
    ray, data = load(), load("ray.data")
    gpus = 1 if device == "cuda" else 0
    check_room(ray, workers * ACTOR_CPU + READER_CPU, workers * gpus)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    known = np.sort(np.array([row.id for row in gallery.rows()], "S32"))
    shared = ray.put(known)
    blocks = min(MOST_BLOCKS, max(workers, -(-len(labelled.items) // BATCH)))
    rows = data.from_items([{"item": item} for item in labelled.items], override_num_blocks=blocks)
    rows = rows.map_batches(_read, batch_size=BATCH, num_cpus=READER_CPU).map_batches(
        Encoding,
        fn_constructor_args=(card, gallery.space, shared, limits, settings_of(os.environ)),
        batch_size=BATCH,
        compute=data.ActorPoolStrategy(size=workers),
        num_cpus=ACTOR_CPU,
        num_gpus=gpus,
    )
    batches = iter(rows.iter_batches(batch_size=None, batch_format="numpy"))
    while True:
        try:
            batch = next(batches, None)
        except Exception as error:
            raise _for_people(error) from error
        if batch is None:
            return
        yield batch


def _read(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The bytes of each picture, or why they cannot be had."""
    read: dict[str, list] = {"person": [], "name": [], "data": [], "fault": []}
    for item in batch["item"]:
        try:
            data, fault = item.read(), ""
        except ParagoneError as error:
            data, fault = b"", error.what
        for key, value in zip(read, (item.person, item.name, data, fault), strict=True):
            read[key].append(value)
    return {key: np.array(values, object) for key, values in read.items()}


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
        weights = Weights()
        admit(weights, card)
        origin = weights.file(card.name).origin
        if origin.sha256 != space.revision:
            what = f"A worker has other weights than the gallery: {origin.sentence}"
            raise ParagoneError(what, where=card.name, todo="Give all machines the same.")
        self._network = Network(card, origin, lambda: weights.backbone(card.name))
        self._find = whole_picture
        if not whole_size(card.alignment):
            self._find = detector(weights.file("dlib_landmarks.5").path)
        known = known if isinstance(known, np.ndarray) else load().get(known)
        self._known, self._space, self._limits = known, space, limits

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A row for each picture: what became of it and, where it is new, its face."""
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
            for read in step.faces:
                person = person_name(read.item.person)
                face = enrolment(read.picture, read.face, 0, person, read.encoded, kept=False)
                values = {"id": face.id, "encoding": face.encoding, "chip": face.chip}
                rows.append(self._row(NEW, read.item.name, person, label=face.label, **values))
        objects = ("kind", "name", "person", "id", "label", "why", "chip")
        table = {key: np.array([row[key] for row in rows], object) for key in objects}
        table["encoding"] = np.stack([row["encoding"] for row in rows])
        return table | {"pid": np.full(len(rows), os.getpid())}

    def _has(self, face: str) -> bool:
        at = np.searchsorted(self._known, face.encode())
        return at < len(self._known) and self._known[at] == face.encode()

    def _row(self, kind: str, name: str, person: str = "", **more: Any) -> dict[str, Any]:
        empty = {"id": "", "label": "", "why": "", "chip": b""}
        nothing = np.zeros(self._space.size, np.float32)
        return {"kind": kind, "name": name, "person": person, "encoding": nothing, **empty, **more}


class _Desk:
    """Writes what is new, and counts."""

    def __init__(self, gallery: Gallery):
        self._gallery, self._taken = gallery, set()
        self.new, self.known = 0, 0
        self.refused: list[Skipped] = []
        self.people: set[str] = set()

    def take(self, batch: Mapping[str, np.ndarray]) -> None:
        """Take in one batch of rows; durable when it returns."""
        rows = [
            dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)
        ]
        owners = self._gallery.owners([row["id"] for row in rows if row["kind"] == KNOWN])
        fresh = []
        for row in rows:
            if row["kind"] == SKIPPED:
                self.refused.append(Skipped(row["name"], row["why"]))
            elif row["kind"] == KNOWN and owners.get(row["id"], row["person"]) != row["person"]:
                why = f"The same picture is enrolled already, as {owners[row['id']]}"
                self.refused.append(Skipped(row["name"], why))
            elif row["kind"] == KNOWN or (row["id"], row["person"]) in self._taken:
                self.known += 1
                self.people.add(row["person"])
            else:
                self._taken.add((row["id"], row["person"]))
                face = [row[key] for key in ("id", "person", "encoding", "chip", "label")]
                fresh.append((Enrolment(*face), row["name"]))
        written, clashes = write(self._gallery, fresh)
        self.refused += clashes
        self.new += len(written)
        self.people |= {face.person for face in written}


def _given(data: bytes, fault: str) -> bytes:
    if fault:
        raise ParagoneError(fault)
    return data


def _for_people(error: Exception) -> ParagoneError:
    """Our own error that Ray wrapped, or one that says what Ray says."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(inner := getattr(cause, "cause", None) or cause, ParagoneError):
            return inner
        cause = cause.__cause__
    first = " ".join(str(error).split())[:300]
    todo = "What was written is kept; run it again to go on."
    return ClusterError(f"The workers could not go on: {first}", where="workers", todo=todo)
