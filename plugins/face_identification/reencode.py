"""Encode a gallery's kept pictures once more, for a network that does not know its faces yet."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np

from plugins.shared.faces.align import whole_size
from plugins.shared.faces.detect import Face, FaceError
from plugins.shared.faces.encode import EncodingCache, Network, encode_faces
from plugins.shared.faces.gallery.crops import restore
from plugins.shared.faces.gallery.enrol_set import Report, Step, write
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores.contract import EnrolledFace, Enrolment
from plugins.shared.faces.read_faces import BATCH
from plugins.shared.faces.subject import Detector
from plugins.shared.files.image_folder import Skipped
from plugins.shared.files.pictures import Picture
from weights.errors import ParagoneError


def encode_again(
    gallery: Gallery,
    network: Network,
    stop: Callable[[], bool] = lambda: False,
    find: Detector | None = None,
) -> Iterator[Step | Report]:
    """Encode for this gallery's network the faces that only other networks have encoded.

    It needs the pictures that were kept. A face without one is refused: this network cannot know it
    until it is enrolled again.

    Args:
        find: Finds a face again that was enrolled with an earlier detector; without it such faces
            are refused.

    Raises:
        StoreError: The gallery's engine failed. What the steps counted as new is kept.
    """
    start = time.perf_counter()
    everybody = gallery.people()
    faces = (f for p in everybody for f in gallery.store.faces(gallery.space.namespace, p))
    new, known, refused, people = 0, 0, [], set()
    done, total = 0, sum(everybody.values())
    while not (stopped := stop()) and (batch := list(itertools.islice(faces, BATCH))):
        missing = gallery.missing([face.id for face in batch])
        found: list[tuple[EnrolledFace, Picture, Face]] = []
        for face in batch:
            try:
                if face.id in missing:
                    found.append((face, *_restored(face, network, find)))
            except ParagoneError as error:
                refused.append(Skipped(f"{face.person}: {face.label}", error.what))
        made = encode_faces(network, [one[1:] for one in found], EncodingCache()) if found else []
        # Anyone who was deleted in the meantime must not come back.
        there = gallery.owners([face.id for face, _, _ in found])
        rows = [
            (_again(face, found_again, one.encoding), f"{face.person}: {face.label}")
            for (face, _, found_again), one in zip(found, made, strict=True)
            if face.id in there
        ]
        written, clashes = write(gallery, rows)
        refused += clashes
        new += len(written)
        known += len(batch) - len(missing)
        people |= {face.person for face in batch if face.id not in missing}
        people |= {face.person for face in written}
        done += len(batch)
        chips = tuple(one.chip for one in made)
        yield Step(done, total, new, known, len(refused), chips)
    seconds = time.perf_counter() - start
    yield Report(new, known, tuple(refused), len(people), seconds, stopped)


def _restored(face: EnrolledFace, network: Network, find: Detector | None) -> tuple[Picture, Face]:
    if whole_size(network.card.alignment):
        raise FaceError("Only the part around the face is kept, and this network reads the whole")
    if not face.picture:
        raise FaceError("Its picture was not kept, so no other network can encode it")
    return restore(face.picture, face.landmarks, face.label, find)


def _again(face: EnrolledFace, found: Face, encoding: np.ndarray) -> Enrolment:
    """The row with its new encoding, and with the landmarks that made it."""
    return Enrolment(
        face.id, face.person, encoding, face.chip, face.label, face.picture, found.landmarks
    )
