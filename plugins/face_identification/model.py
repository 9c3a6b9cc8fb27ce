"""Face recognition: 1:K identification in an open set, and one-shot enrolment (course week 4, "Face
recognition", "One-shot learning"). Knows nothing of the page.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plugins.face_identification.naming import Naming
from plugins.shared.faces.detect import Face
from plugins.shared.faces.encode import EncodedFace, EncodingCache, Network, encode_faces
from plugins.shared.faces.gallery.enrolment import check_room, enrolment
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.names import person_name
from plugins.shared.faces.gallery.stores.contract import (
    Candidate,
    Counts,
    GalleryError,
    Template,
)
from plugins.shared.faces.quality import Fault, judge
from plugins.shared.faces.subject import Subject, plain_face
from weights.messages import say

TOP = 5
INSIST = "Or tick “Enrol it even if the quality is poor”."


class QualityError(GalleryError):
    """The gate refuses a face as a reference; the visitor may insist.

    Attributes:
        faults: Everything that was found.
    """

    def __init__(self, faults: Sequence[Fault], where: str):
        what, *others = (fault.what for fault in faults)
        for other in others:
            what = say("{what}; {other}", what=what, other=other)
        todo = " ".join([*(say(fault.todo) for fault in faults), say(INSIST)])
        super().__init__(what, where=where, todo=todo)
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Found:
    """One face of a probe and who it may be.

    Attributes:
        encoded: None where the face is too small to be searched for.
        candidates: The nearest people, at most `TOP`; empty where nobody is enrolled.
        others: Those after them, so many that each face of the picture can be somebody else.
    """

    face: Face
    encoded: EncodedFace | None
    candidates: tuple[Candidate, ...]
    others: tuple[Candidate, ...] = ()

    @property
    def margin(self) -> float | None:
        """How much nearer the first is than the second; None where there is no second."""
        if len(self.candidates) < 2:
            return None
        return self.candidates[1].distance - self.candidates[0].distance


@dataclass(frozen=True)
class Identification:
    """All faces of a probe, searched for.

    Attributes:
        k: People in the gallery.
        comparisons: Templates that each search is held against; each may be a false match.
        encode_ms: Alignment and network, for what was not known yet. `search_ms`: the gallery.
    """

    faces: tuple[Found, ...]
    k: int
    comparisons: int
    encode_ms: float
    search_ms: float

    def naming(self, once: bool = True) -> Naming:
        """Who the faces are at any threshold.

        Args:
            once: Each person is at most one of them.
        """
        return Naming([(*one.candidates, *one.others) for one in self.faces], once)

    @property
    def fresh(self) -> bool:
        """Whether the network ran just now."""
        return any(found.encoded and found.encoded.fresh for found in self.faces)


@dataclass(frozen=True)
class Enrolled:
    """What an enrolment did.

    Attributes:
        new: False where this very face was enrolled already.
        near: The nearest other person, where they are within tau: perhaps one person, two names.
        ms: Encoding and writing.
    """

    person: str
    new: bool
    faults: tuple[Fault, ...]
    near: Candidate | None
    ms: float


def comparisons(counts: Counts, template: Template) -> int:
    """With how many templates a search compares: one of each photo, or one of each person."""
    return counts.index_rows if template == "all" else counts.people


def identify(
    subject: Subject,
    network: Network,
    gallery: Gallery,
    cache: EncodingCache,
    template: Template = "all",
    top: int = TOP,
) -> Identification:
    """Search the gallery for every face of a picture that is large enough.

    Raises:
        GalleryError: The store failed.
    """
    large = [face for face in subject.faces if face.large]
    begun = time.perf_counter()
    encoded = encode_faces(network, [(subject.picture, face) for face in large], cache)
    between = time.perf_counter()
    counts = gallery.count()
    answers: list[list[Candidate]] = [[] for _ in large]
    if large and counts.people:
        table = np.stack([one.encoding for one in encoded])
        answers = gallery.identify(table, max(top, len(large)), template)
    ended = time.perf_counter()
    by_face = {
        id(face): (one, tuple(answer[:top]), tuple(answer[top:]))
        for face, one, answer in zip(large, encoded, answers, strict=True)
    }
    return Identification(
        faces=tuple(Found(face, *by_face.get(id(face), (None, ()))) for face in subject.faces),
        k=counts.people,
        comparisons=comparisons(counts, template),
        encode_ms=(between - begun) * 1000,
        search_ms=(ended - between) * 1000,
    )


def enrol(
    subject: Subject,
    name: str,
    network: Network,
    gallery: Gallery,
    cache: EncodingCache,
    threshold: float,
    *,
    keep_picture: bool = False,
    insist: bool = False,
) -> Enrolled:
    """Enrol the chosen face of a picture under a name: encode it, write the encoding down.

    Args:
        threshold: tau, to say who else is that near.
        keep_picture: Whether the picture around the face is kept for other networks.
        insist: Enrol although the quality gate refuses.

    Raises:
        FaceError: The picture has no usable face.
        QualityError: The gate refuses it.
        GalleryError: The name cannot be kept, the face has another name, or the store failed.
    """
    person, face, picture = person_name(name), subject.face, subject.picture
    found = judge(picture, face)
    if found and not insist:
        raise QualityError(found, picture.name)
    check_room(gallery)
    begun = time.perf_counter()
    (encoded,) = encode_faces(network, [(picture, face)], cache)
    person = gallery.known([person]).get(person, person)
    others = [
        candidate
        for candidate in gallery.identify(encoded.encoding, 2)[0]
        if candidate.person != person and candidate.distance <= threshold
    ]
    place = subject.chosen
    if face.by_hand:  # Its number among the faces depends on what else was placed.
        place = 10**6 + 10**5 * face.box[0] + face.box[1]
    row = enrolment(picture, face, place, person, encoded, keep_picture)
    written = gallery.enrol([row])
    ms = (time.perf_counter() - begun) * 1000
    return Enrolled(person, bool(written.new), found, others[0] if others else None, ms)


def result(
    found: Identification,
    subject: Subject,
    network: Network,
    threshold: float,
    template: Template,
    once: bool = True,
    maybe: float | None = None,
) -> dict:
    """The typed answer of the endpoint: plain numbers, strings and lists.

    Args:
        maybe: Up to this threshold the nearest person is a maybe; None: there is no such bound.

    Boxes are [left, top, right, bottom] in pixels of the upright original picture.
    """
    faces, naming = [], found.naming(once)
    doubtful = naming.at(max(threshold, maybe or 0))
    for one, name, later in zip(found.faces, naming.at(threshold), doubtful, strict=True):
        person, rival = name.person, name.rival
        number = found.faces[rival.face].face.number if rival else 0
        faces.append(
            {
                **plain_face(subject.picture, one.face),
                "person": person,
                "maybe": None if person else later.person,
                "verdict": person or ("unknown" if one.encoded else "too small to tell"),
                "candidates": [
                    {"person": c.person, "distance": c.distance} for c in one.candidates
                ],
                "margin": one.margin,
                "rival": rival
                and {"person": rival.person, "number": number, "nearer": rival.nearer},
            }
        )
    return {
        "faces": faces,
        "threshold": threshold,
        "maybe_up_to": maybe,
        "metric": network.card.distance or "euclidean",
        "template": template,
        "people": found.k,
        "model": network.origin.name,
        "weights": network.origin.sentence,
        "timings_ms": {
            "detect": round(subject.detect_ms, 1),
            "encode": round(found.encode_ms, 1),
            "search": round(found.search_ms, 2),
        },
        "once": once,
    }
