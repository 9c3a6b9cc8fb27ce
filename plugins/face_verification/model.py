"""Face verification: d(img1, img2) against a threshold (course week 4, "Face verification and
binary classification").

Knows nothing of the page. A `Session` holds what one visitor has brought, in memory.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from plugins.face_verification.laboratory import LabResult
from plugins.shared.faces.distances import distances, metric_named
from plugins.shared.faces.encode import EncodedFace, EncodingCache, Network, encode_faces
from plugins.shared.faces.measured.operating_curves import OperatingCurve, OperatingPoint
from plugins.shared.faces.measured.stored_curves import StoredCurve
from plugins.shared.faces.measured.trained import curves_of
from plugins.shared.faces.subject import Subject, plain_face
from plugins.shared.page.session import PageSession
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from weights import Card

OPENING = ("grace_hopper", "eileen_collins")
"""The bundled pictures of the comparison that the page opens with."""
MOST = 40
"""Faces of one picture that are compared with all of the other at once."""


class Session(PageSession):
    """What one visitor has brought. It dies with the visit.

    Attributes:
        subjects: The picture of each side.
        missed: The last picture of a side in which no face was found, and the former one stayed.
        model: The network that the comparison on screen was made with; "": there is none yet.
        lab: The visitor's own set, which who comes back finds again.
    """

    KEPT = ("lab",)

    def __init__(self) -> None:
        super().__init__()
        self.model = ""
        self.subjects: dict[str, Subject] = {}
        self.missed: dict[str, Subject] = {}
        self.cache = EncodingCache()
        self.lab: LabResult | None = None

    @property
    def surveyed(self) -> LabResult:
        """The visitor's own set.

        Raises:
            ParagoneError: There is none, or the connection was lost, which is taken for a goodbye.
        """
        if self.lab is None:
            raise ParagoneError("No surveyed set is kept", todo="Bring the zip or folder again.")
        return self.lab


@dataclass(frozen=True)
class Comparison:
    """Two faces compared by one network.

    Attributes:
        distance: In units of the metric; a float >= 0.
        encode_ms: Alignment and network together, for what was not known yet.
    """

    left: EncodedFace
    right: EncodedFace
    metric: str
    distance: float
    encode_ms: float

    @property
    def difference(self) -> np.ndarray:
        """|f(A) - f(B)|, (D,)."""
        return np.abs(self.left.encoding - self.right.encoding)

    def same(self, threshold: float) -> bool:
        """The verdict: one person when d <= tau."""
        return self.distance <= threshold


def compare(
    left: Subject, right: Subject, network: Network, metric: str, cache: EncodingCache
) -> Comparison:
    """Encode both chosen faces (each at most once a session) and measure their distance.

    Raises:
        FaceError: One picture has no usable face.
        ParagoneError: The metric or the network's alignment is unknown.
    """
    faces = [(subject.picture, subject.face) for subject in (left, right)]
    start = time.perf_counter()
    a, b = encode_faces(network, faces, cache)
    encode_ms = (time.perf_counter() - start) * 1000
    distance = float(distances(a.encoding, b.encoding, metric)[0, 0])
    return Comparison(a, b, metric, distance, encode_ms)


@dataclass(frozen=True)
class Matrix:
    """The usable faces of one picture against those of another, each in reading order.

    Attributes:
        rows, columns: Indices into the faces of the two pictures.
        distances: (R, C) in units of the metric.
        more: How many usable faces are beyond `MOST` and not in it.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    distances: np.ndarray
    more: int


def compare_all(
    left: Subject, right: Subject, network: Network, metric: str, cache: EncodingCache
) -> Matrix | None:
    """Compare every face with every other; None where there is one of each only."""
    sides = []
    for subject in (left, right):
        usable = [i for i, face in enumerate(subject.faces) if face.large]
        sides.append(sorted(usable, key=lambda i, faces=subject.faces: faces[i].number))
    if max(map(len, sides)) < 2:
        return None
    shown = [tuple(side[:MOST]) for side in sides]
    faces = [
        (subject.picture, subject.faces[i])
        for subject, side in zip((left, right), shown, strict=True)
        for i in side
    ]
    table = np.stack([face.encoding for face in encode_faces(network, faces, cache)])
    rows = len(shown[0])
    found = distances(table[:rows], table[rows:], metric)
    return Matrix(*shown, found, sum(map(len, sides)) - len(faces))


def curves_for(card: Card, lab: LabResult | None) -> dict[str, StoredCurve]:
    """The operating curves that hold for a network, by title: the visitor's own set first, then the
    stored ones, or that of the run which trained it.
    """
    own = {lab.curve.title: lab.curve} if lab and lab.model == card.name else {}
    return own | {curve.title: curve for curve in curves_of(card)}


def default_threshold(card: Card, metric: str, curve: OperatingCurve | None) -> tuple[float, str]:
    """Where the slider starts, and why.

    The network's published threshold counts for its own distance (squared: its square); otherwise
    the measured curve's best threshold; otherwise the middle of the range, which means nothing.
    """
    if card.threshold is not None and metric == card.distance:
        return card.threshold, say(card.threshold_source)
    if card.threshold is not None and (metric, card.distance) == ("squared", "euclidean"):
        source = say(card.threshold_source)
        square = say("the square of {tau:g}, for {source}", tau=card.threshold, source=source)
        return card.threshold**2, square
    if curve is not None:
        best = metric_named(metric).snap(curve.best_threshold)
        return best, say("the best balanced accuracy on the measured set")
    guess = metric_named(metric).snap(metric_named(metric).top / 3)
    return guess, say("a guess, since no curve was measured for this network")


def result(
    comparison: Comparison,
    subjects: tuple[Subject, Subject],
    threshold: float,
    network: Network,
    point: OperatingPoint | None,
    source: str,
) -> dict:
    """The typed answer of the endpoint: plain numbers, strings and lists.

    Boxes are [left, top, right, bottom] in pixels of the upright original picture. `chosen_a` is an
    index into `faces_a`, whose first is the largest; `face_a` is that face's number on the page.
    """
    left, right = subjects
    return {
        "distance": comparison.distance,
        "metric": comparison.metric,
        "threshold": threshold,
        "same_person": comparison.same(threshold),
        "verdict": "same person" if comparison.same(threshold) else "different people",
        "model": network.origin.name,
        "weights": network.origin.sentence,
        "encoding_size": len(comparison.left.encoding),
        "faces_a": [plain_face(left.picture, face) for face in left.faces],
        "faces_b": [plain_face(right.picture, face) for face in right.faces],
        "chosen_a": left.chosen,
        "chosen_b": right.chosen,
        "fmr": point and point.fmr.value,
        "fnmr": point and point.fnmr.value,
        "measured_on": source,
        "timings_ms": {
            "detect": round(left.detect_ms + right.detect_ms, 1),
            "encode": round(comparison.encode_ms, 1),
        },
        "face_a": left.face.number,
        "face_b": right.face.number,
    }
