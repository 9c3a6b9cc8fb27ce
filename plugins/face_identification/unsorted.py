"""The faces of an unsorted folder: all that are large enough, those of nobody we know in groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np

from plugins.face_identification.grouping import MOST, groups
from plugins.shared.faces.detect import Face
from plugins.shared.faces.encode import EncodingCache, Network, encode_faces
from plugins.shared.faces.gallery.enrolment import enrolment
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores.contract import Enrolment
from plugins.shared.files.entries import Entry
from plugins.shared.files.image_folder import PICTURES, Skipped
from plugins.shared.files.limits import Limits
from plugins.shared.files.pictures import Picture, read_picture
from weights.errors import ParagoneError
from weights.messages import say


@dataclass(frozen=True)
class Unsorted:
    """What was found.

    Attributes:
        groups: Faces without a name, each group as if of one person; the largest first.
        known: Faces of people who are enrolled, by the person.
        skipped: Pictures that were left out, and why.
    """

    groups: tuple[tuple[Enrolment, ...], ...] = field(default=(), repr=False)
    known: Counter = field(default_factory=Counter)
    skipped: tuple[Skipped, ...] = ()


def read_unsorted(
    entries: Sequence[Entry],
    detector: Callable[[Picture], tuple[Face, ...]],
    network: Network,
    gallery: Gallery,
    limits: Limits,
    tau: float,
    apart: float,
    keep: bool,
) -> Iterator[tuple[int, int, int] | Unsorted]:
    """Read all pictures; yield after each how many are done, how many there are and how many faces
    were found, and at the end what they come to.

    Args:
        tau: Whoever is enrolled and as near is known.
        apart: The distance between two groups, as in `groups`.
        keep: Keep the pictures around the faces.

    Raises:
        ParagoneError: No picture, no face, or too many faces.
    """
    pictures = [one for one in entries if PurePosixPath(one.name).suffix.lower() in PICTURES]
    found: list[tuple[str, Enrolment]] = []
    skipped: list[Skipped] = []
    for done, entry in enumerate(pictures, 1):
        try:
            if entry.fault:
                raise ParagoneError(say("{name} {fault}", name=entry.name, fault=say(entry.fault)))
            picture = read_picture(entry.read(), entry.name, limits, keep_source=True)
            large = [(n, face) for n, face in enumerate(detector(picture)) if face.large]
            made = encode_faces(network, [(picture, face) for _, face in large], EncodingCache())
            for (n, face), one in zip(large, made, strict=True):
                found.append((picture.digest, enrolment(picture, face, n, "", one, keep)))
        except ParagoneError as error:
            skipped.append(Skipped(entry.name, error.what))
        if len(found) > MOST:
            what = say("The folder holds more than {most:,} faces", most=MOST)
            raise ParagoneError(what, todo="Bring a part of it.")
        yield done, len(pictures), len(found)
    if not found:
        what, todo = "No face was found in any picture", "Bring pictures that show faces."
        raise ParagoneError(what, todo=todo)
    once = {row.id: (digest, row) for digest, row in found}  # A picture may lie there twice.
    yield _sorted(list(once.values()), gallery, tau, apart, tuple(skipped))


def _sorted(
    found: Sequence[tuple[str, Enrolment]],
    gallery: Gallery,
    tau: float,
    apart: float,
    skipped: tuple[Skipped, ...],
) -> Unsorted:
    known: Counter[str] = Counter()
    owners = gallery.owners([row.id for _, row in found])
    nearest = gallery.identify(np.stack([row.encoding for _, row in found]), 1)
    unknown = []
    for (digest, row), candidates in zip(found, nearest, strict=True):
        if row.id in owners:
            known[owners[row.id]] += 1
        elif candidates and candidates[0].distance <= tau:
            known[candidates[0].person] += 1
        else:
            unknown.append((digest, row))
    if not unknown:
        return Unsorted((), known, skipped)
    table = np.stack([row.encoding for _, row in unknown])
    labels = groups(table, gallery.space.distance, apart, [digest for digest, _ in unknown])
    named = [
        tuple(row for (_, row), label in zip(unknown, labels, strict=True) if label == group)
        for group in range(labels.max() + 1)
    ]
    return Unsorted(tuple(named), known, skipped)
