"""Encode a folder of pictures into a gallery with many processes or machines: Ray Data reads and
encodes, and this process alone writes, so that a file as gallery has one writer.

Ids are hashes of the pictures' content and every write is an upsert: what a lost worker did is done
again, and nobody is doubled.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from plugins.face_identification.ray.encode_worker import FAILED, KNOWN, SKIPPED, Encoding, read
from plugins.shared.faces.gallery.enrol_set import Report, Step, write
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.names import same_name
from plugins.shared.faces.gallery.stores.contract import Enrolment
from plugins.shared.faces.read_faces import BATCH
from plugins.shared.files.image_folder import LabelledSet, Skipped
from plugins.shared.files.limits import Limits
from weights import Card
from weights.errors import ParagoneError
from weights.remote.cluster import ClusterError, check_room, load, settings_of

ACTOR_CPU, READER_CPU = 0.6, 0.3
"""Ray Data hangs without a word where its actors reserve every CPU and nothing is left to read."""
MOST_BLOCKS = 20_000


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
        worker_seen: Called with the process id of the worker behind each batch.

    Raises:
        ClusterError: The cluster is too small, or lost too many workers.
        ParagoneError: The network cannot be had there, or the gallery failed.
    """
    start = time.perf_counter()
    writer, done, stopped = _Writer(gallery), 0, False
    writer.refused += labelled.skipped
    for batch in _encoded(labelled, gallery, card, limits, workers, device):
        done += len(batch["kind"])
        writer.take(batch)
        worker_seen(int(batch["pid"][0]))
        yield Step(done, len(labelled.items), writer.new, writer.known, len(writer.refused))
        if stopped := stop():
            break
    seconds = time.perf_counter() - start
    refused = tuple(writer.refused)
    yield Report(writer.new, writer.known, refused, len(writer.people), seconds, stopped)


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
    many = len(labelled.items)
    size = min(BATCH, math.ceil(many / workers))
    blocks = min(MOST_BLOCKS, math.ceil(many / size))
    rows = data.from_items([{"item": item} for item in labelled.items], override_num_blocks=blocks)
    rows = rows.map_batches(read, batch_size=size, num_cpus=READER_CPU).map_batches(
        Encoding,
        fn_constructor_args=(card, gallery.space, shared, limits, settings_of(os.environ)),
        batch_size=size,
        compute=data.ActorPoolStrategy(size=workers),
        num_cpus=ACTOR_CPU,
        num_gpus=gpus,
    )
    batches = iter(rows.iter_batches(batch_size=None, batch_format="numpy"))
    while True:
        try:
            batch = next(batches, None)
        except Exception as error:
            first = " ".join(str(error).split())[:300]
            todo = "What was written is kept; run it again to go on."
            what = f"The workers could not go on: {first}"
            raise ClusterError(what, where="workers", todo=todo) from error
        if batch is None:
            return
        if FAILED in batch["kind"]:
            failed = list(batch["kind"]).index(FAILED)
            what, where, todo = (str(batch[key][failed]) for key in ("why", "name", "label"))
            raise ParagoneError(what, where=where, todo=todo)
        yield batch


class _Writer:
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
            name = row["person"]
            if row["kind"] == SKIPPED:
                self.refused.append(Skipped(row["name"], row["why"]))
            elif row["kind"] == KNOWN and not same_name(owners.get(row["id"], name), name):
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
