"""Read a labelled set face by face: open each picture, find its largest face, align, encode."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from plugins.shared.faces.align import whole_size
from plugins.shared.faces.detect import Face, usable
from plugins.shared.faces.encode import EncodedFace, EncodingCache, Network, encode_faces
from plugins.shared.files.image_folder import Labelled, LabelledSet, Skipped
from plugins.shared.files.limits import Limits
from plugins.shared.files.pictures import Picture, read_picture
from weights.errors import ParagoneError

BATCH = 32
REPORT_EVERY = 8
"""After this many pictures the reader reports how far it is, whether or not a batch is full."""


@dataclass(frozen=True)
class ReadFace:
    """One encoded face of a set, and where it came from."""

    item: Labelled
    picture: Picture = field(repr=False)
    face: Face
    encoded: EncodedFace = field(repr=False)


@dataclass(frozen=True)
class Step:
    """How far the reader is.

    Attributes:
        done, total: Pictures read, and pictures in the set.
        found: Faces found so far, those that wait for their batch included.
        faces: What was encoded since the last step; empty in most steps.
        skipped: What was left out since the last step, and why.
        whole: Whether whole pictures are read, and no face is searched.
        seconds: Since the reading began.
    """

    done: int
    total: int
    found: int
    faces: tuple[ReadFace, ...] = field(default=(), repr=False)
    skipped: tuple[Skipped, ...] = ()
    whole: bool = False
    seconds: float = 0.0

    def left(self, share: float = 1.0) -> float:
        """Seconds that the rest will take at this pace; NaN before anything was read.

        Args:
            share: Of the whole work that the reading is.
        """
        whole = self.seconds * self.total / self.done / share if self.done else math.nan
        return whole - self.seconds

    @property
    def chips(self) -> tuple[np.ndarray, ...]:
        """The chips of what was just encoded, (S, S, 3) uint8 each."""
        return tuple(read.encoded.chip for read in self.faces)


def read_faces(
    labelled: LabelledSet,
    detector: Callable[[Picture], tuple[Face, ...]],
    network: Network,
    cache: EncodingCache,
    limits: Limits,
    wanted: Callable[[Labelled, Picture], bool] = lambda item, picture: True,
    check: Callable[[Picture, Face], None] = lambda picture, face: None,
) -> Iterator[Step]:
    """Read and encode the largest face of every picture, or all of it where `detector` and the
    network go by whole pictures, in batches.

    A picture that cannot be used is skipped with its reason.

    Args:
        wanted: Asked before the face is searched for; a picture that is not wanted is passed over
            and not counted as skipped.
        check: Raises ParagoneError for a face that shall be skipped.
    """
    total, found, whole = len(labelled.items), 0, bool(whole_size(network.card.alignment))
    skipped, batch, begun = list(labelled.skipped), [], time.monotonic()
    for done, item in enumerate(labelled.items, 1):
        try:
            picture = read_picture(item.read(), item.name, limits, keep_source=True)
            if wanted(item, picture):
                face = usable(picture, detector(picture))
                picture = replace(picture, source=b"")  # A batch of files would be large.
                check(picture, face)
                batch.append((item, picture, face))
                found += 1
        except ParagoneError as error:
            skipped.append(Skipped(item.name, error.what))
        faces = ()
        if batch and (len(batch) == BATCH or done == total):
            made = encode_faces(network, [(picture, face) for _, picture, face in batch], cache)
            faces = tuple(ReadFace(*one, face) for one, face in zip(batch, made, strict=True))
            batch = []
        if faces or done % REPORT_EVERY == 0 or done == total:
            seconds = time.monotonic() - begun
            yield Step(done, total, found, faces, tuple(skipped), whole, seconds)
            skipped = []
