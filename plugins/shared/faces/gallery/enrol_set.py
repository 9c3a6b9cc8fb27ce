"""Enrol many people at once, from a labelled set with one folder a person.

It goes in batches, each durable when its `Step` comes, and passes over what is enrolled already. So
whatever stops it, running it again goes on where it stopped and doubles nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from plugins.shared.faces.detect import Cancelled, Face, FaceError
from plugins.shared.faces.encode import EncodingCache, Network
from plugins.shared.faces.gallery.enrolment import check_room, enrolment
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.names import face_id, person_name, same_name
from plugins.shared.faces.gallery.stores.contract import Enrolment, GalleryError, StoreError
from plugins.shared.faces.quality import judge
from plugins.shared.faces.read_faces import ReadFace, read_faces
from plugins.shared.files.image_folder import Labelled, LabelledSet, Skipped
from plugins.shared.files.limits import Limits
from plugins.shared.files.pictures import Picture
from weights.messages import say


@dataclass(frozen=True)
class Step:
    """How far an enrolment is; what it counts as new is durable.

    Attributes:
        done, total: Pictures read, and pictures in all.
        new: Faces enrolled so far.
        known: Pictures passed over, since their face is enrolled already.
        refused: Pictures that were left out so far.
        latest: The chips just enrolled, (S, S, 3) uint8 each.
    """

    done: int
    total: int
    new: int
    known: int
    refused: int
    latest: tuple[np.ndarray, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Report:
    """What an enrolment did.

    Attributes:
        new: Faces enrolled.
        known: Pictures passed over, since their face was enrolled already.
        refused: The pictures that were left out, and why.
        people: People whose faces are new or were known.
        seconds: From the first picture to the last.
        stopped: Whether it was asked to end early.
    """

    new: int
    known: int
    refused: tuple[Skipped, ...]
    people: int
    seconds: float
    stopped: bool = False

    @property
    def ms_per_face(self) -> float:
        """Milliseconds from file to gallery, for each new face; 0 where none is new."""
        return 1000 * self.seconds / self.new if self.new else 0.0


def enrol_set(
    labelled: LabelledSet,
    gallery: Gallery,
    detector: Callable[[Picture], tuple[Face, ...]],
    network: Network,
    limits: Limits,
    *,
    keep_pictures: bool = False,
    gate: bool = True,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Step | Report]:
    """Enrol the largest face of every picture; yield a `Step` after every batch and every few
    pictures, and a `Report` at the end.

    A picture that cannot be used is refused with its reason, and so is a face that is enrolled
    under another name. A face that is enrolled already is neither searched for nor encoded.

    Args:
        keep_pictures: Keep the picture around each face, so that another network can encode it.
        gate: Refuse faces of poor quality.
        stop: Asked before each picture and each look at it; True ends the enrolment with a report
            of what was done.

    Raises:
        GalleryError: The gallery is full, or its engine failed. What the steps counted as new is
            kept.
    """
    start = time.perf_counter()
    find = partial(detector, stop=stop)
    checks = _Checks(gallery, gate, stop)
    asked = (checks.wanted, checks.check)
    new, refused, stopped = 0, [], False
    try:
        for step in read_faces(labelled, find, network, EncodingCache(), limits, *asked):
            rows = [(_row(read, keep_pictures), read.item.name) for read in step.faces]
            check_room(gallery)
            written, clashes = write(gallery, rows)
            refused += [*step.skipped, *clashes]
            new += len(written)
            checks.people |= {face.person for face in written}
            yield Step(step.done, step.total, new, checks.known, len(refused), step.chips)
    except (_Stopped, Cancelled):
        stopped = True
    except _StoreFailed as failed:
        raise failed.error from failed.error.__cause__  # Its cause, rather than its carrier.
    people, seconds = len(checks.people), time.perf_counter() - start
    yield Report(new, checks.known, tuple(refused), people, seconds, stopped)


def write(
    gallery: Gallery, rows: Sequence[tuple[Enrolment, str]]
) -> tuple[list[Enrolment], list[Skipped]]:
    """Enrol a batch at once, or, when the gallery refuses it, face by face.

    Args:
        rows: Faces, each with the name by which a refusal shall call it.
    """
    try:
        gallery.enrol([face for face, _ in rows])
    except StoreError:
        raise
    except GalleryError as error:
        if len(rows) == 1:
            return [], [Skipped(rows[0][1], error.what)]
        parts = [write(gallery, [row]) for row in rows]
        return [f for part, _ in parts for f in part], [s for _, part in parts for s in part]
    return [face for face, _ in rows], []


class _Stopped(Exception):
    """The caller wants no more."""


class _StoreFailed(Exception):
    """Carries a store's error past the reader, which takes any other error for the picture's."""

    def __init__(self, error: StoreError):
        super().__init__()
        self.error = error


class _Checks:
    """What is asked of each picture before its face is searched for, and then of the face."""

    def __init__(self, gallery: Gallery, gate: bool, stop: Callable[[], bool]):
        self.gallery, self.gate, self.stop = gallery, gate, stop
        self.known = 0
        self.people: set[str] = set()
        self._person = ""
        self._taken: dict[str, str] = {}

    def wanted(self, item: Labelled, picture: Picture) -> bool:
        """Whether the picture's face is still to be enrolled."""
        if self.stop():
            raise _Stopped
        person, face = person_name(item.person), face_id(picture.digest, 0)
        try:
            owner = self._taken.get(face) or self.gallery.owners([face]).get(face, person)
            known = face in self._taken or not self.gallery.missing([face])
        except StoreError as error:
            raise _StoreFailed(error) from error
        if not same_name(owner, person):
            raise GalleryError(say("The same picture is enrolled already, as {name}", name=owner))
        if known:
            self.known += 1
            self.people.add(person)
        self._person = person
        return not known

    def check(self, picture: Picture, face: Face) -> None:
        """Refuse a face of poor quality, and remember whose the others are."""
        if self.gate and (found := judge(picture, face)):
            raise FaceError(found[0].what, where=picture.name, todo=found[0].todo)
        self._taken[face_id(picture.digest, 0)] = self._person


def _row(read: ReadFace, keep_picture: bool) -> Enrolment:
    person = person_name(read.item.person)
    return enrolment(read.picture, read.face, 0, person, read.encoded, keep_picture)
