"""The threshold laboratory: all genuine and impostor pairs of a labelled set, and what every
threshold costs on them.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from plugins.shared.faces.align import whole_size
from plugins.shared.faces.detect import Face, FaceError, Faces, whole_picture
from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.encode import EncodingCache, Network
from plugins.shared.faces.gallery.crops import KEPT_SIDE, chip_jpeg, keep, restore
from plugins.shared.faces.gallery.stores.contract import Points
from plugins.shared.faces.measured.likelihood_ratio import LikelihoodRatio, fit_ratio
from plugins.shared.faces.measured.measuring import measure, pairs
from plugins.shared.faces.measured.stored_curves import StoredCurve
from plugins.shared.faces.read_faces import ReadFace, Step, read_faces
from plugins.shared.faces.subject import Subject
from plugins.shared.files.csv_files import write_csv
from plugins.shared.files.image_folder import LabelledSet, Skipped, check_for_pairs
from plugins.shared.files.pictures import Picture, read_picture
from weights.messages import say

THUMBNAIL = 96
PACKED = 24_000
"""At most so many bytes are kept of a face and what surrounds it."""


@dataclass(frozen=True)
class LabResult:
    """A surveyed set.

    Attributes:
        model: The network that made the encodings.
        people, names, thumbnails: One entry a face: whose, which picture, and a small JPEG of the
            chip.
        encodings: (N, D) float32.
        skipped: The pictures that were left out, and why.
        curve: The operating curves, one a distance.
        ratios: The likelihood ratios, one a distance; None where too few people have two pictures.
        originals: Give the faces of the pairs that are shown, by index, to be compared once more.
        example: Nobody's set: the curve is of one, the faces are of another (`example.py`).
    """

    model: str
    people: list[str] = field(repr=False)
    names: list[str] = field(repr=False)
    thumbnails: list[bytes] = field(repr=False)
    encodings: np.ndarray = field(repr=False)
    skipped: tuple[Skipped, ...]
    curve: StoredCurve
    ratios: dict[str, LikelihoodRatio | None] = field(default_factory=dict, repr=False)
    originals: dict[int, Callable[[], Subject]] = field(default_factory=dict, repr=False)
    example: bool = False

    @property
    def detection_rate(self) -> float:
        """Share of the pictures in which a usable face was found."""
        return self.curve.faces / self.curve.pictures


@dataclass(frozen=True)
class Pair:
    """Two faces of a surveyed set, by index, and their distance."""

    first: int
    second: int
    genuine: bool
    distance: float


def survey(
    labelled: LabelledSet,
    detector: Callable[[Picture], tuple[Face, ...]],
    network: Network,
    cache: EncodingCache,
    limits: object,
    command: str = "the threshold laboratory",
) -> Iterator[Step | LabResult]:
    """Read, detect, align and encode a labelled set; yield a `Step` now and then and a
    `LabResult` at the end.

    In a picture with several faces the largest is taken. A picture that cannot be used is skipped
    with its reason.

    Raises:
        LabelledError: The set has no genuine or no impostor pairs, before or after the pictures
            were read.
    """
    check_for_pairs(labelled)
    people, names, thumbnails, encodings, skipped, packed = [], [], [], [], [], []
    for step in read_faces(labelled, detector, network, cache, limits):
        people += [read.item.person for read in step.faces]
        names += [read.item.name for read in step.faces]
        thumbnails += [chip_jpeg(read.encoded.chip, THUMBNAIL) for read in step.faces]
        packed += [_packed(read) for read in step.faces]
        encodings += [read.encoded.encoding for read in step.faces]
        skipped += step.skipped
        yield step
    _check_faces(people, labelled.title)
    table = np.stack(encodings)
    found = {name: distances(table, table, name) for name in METRICS}
    curve = StoredCurve(
        title=labelled.title,
        source="your own pictures",
        people=len(set(people)),
        pictures=len(labelled.items),
        faces=len(people),
        date=datetime.date.today().isoformat(),
        command=command,
        by_metric={
            name: measure(found[name], people, metric.top) for name, metric in METRICS.items()
        },
        whole=bool(whole_size(network.card.alignment)),
    )
    name = network.origin.name
    ratios = {metric: fit_ratio(one, people) for metric, one in found.items()}
    made = LabResult(name, people, names, thumbnails, table, tuple(skipped), curve, ratios)
    yield replace(made, originals={index: packed[index] for index in _shown(made)})


def worst(result: LabResult, metric: str, count: int = 8) -> tuple[list[Pair], list[Pair]]:
    """The nearest impostor pairs and the farthest genuine pairs: the first errors that a threshold
    makes.
    """
    if not result.people:
        return [], []
    i, j, genuine = pairs(result.people)
    found = distances(result.encodings, result.encodings, metric)[i, j]
    impostors, genuines = np.flatnonzero(~genuine), np.flatnonzero(genuine)
    nearest = impostors[np.argsort(found[impostors], kind="stable")[:count]]
    farthest = genuines[np.argsort(-found[genuines], kind="stable")[:count]]

    def listed(rows: np.ndarray) -> list[Pair]:
        return [Pair(int(i[k]), int(j[k]), bool(genuine[k]), float(found[k])) for k in rows]

    return listed(nearest), listed(farthest)


def _packed(read: ReadFace) -> Callable[[], Subject]:
    """A face with what surrounds it, packed small, for it outlives the set."""
    name = read.item.name
    name = name.replace("/", " / ")  # With the folder, which is the person.
    if read.face.whole:
        return partial(_whole, chip_jpeg(read.picture.pixels, KEPT_SIDE), name)
    return partial(_cut_out, *keep(read.picture, read.face, PACKED), name, read.face.size)


def _whole(jpeg: bytes, name: str) -> Subject:
    picture = replace(read_picture(jpeg, name), name=name)
    return Subject(picture, whole_picture(picture))


def _cut_out(jpeg: bytes, landmarks: Points, name: str, size: int) -> Subject:
    picture, face = restore(jpeg, landmarks, name)
    return Subject(replace(picture, name=name), Faces([replace(face, size=size)]))


def _shown(result: LabResult) -> set[int]:
    """The faces of the worst pairs of every distance."""
    rows = [pair for metric in METRICS for pairs in worst(result, metric) for pair in pairs]
    return {index for pair in rows for index in (pair.first, pair.second)}


def pairs_csv(result: LabResult, metric: str) -> str:
    """Every pair as CSV: person and picture of both faces, `genuine` (1 or 0), the distance."""
    i, j, genuine = pairs(result.people)
    found = distances(result.encodings, result.encodings, metric)[i, j]
    text = io.StringIO()
    head = ["person_a", "picture_a", "person_b", "picture_b", "genuine", metric]

    def row(a: int, b: int, same: bool, distance: float) -> list:
        names = [result.people[a], result.names[a], result.people[b], result.names[b]]
        return [*names, int(same), f"{distance:.6f}"]

    write_csv(text, [head, *map(row, i, j, genuine, found)])
    return text.getvalue()


def curve_csv(result: LabResult, metric: str) -> str:
    """The operating curve as CSV: threshold, FMR, FNMR, balanced accuracy, one row a threshold."""
    curve = result.curve.by_metric[metric]
    columns = np.stack([curve.thresholds, curve.fmr, curve.fnmr, curve.accuracy], axis=1)
    text = io.StringIO()
    text.write("threshold,fmr,fnmr,balanced_accuracy\n")
    np.savetxt(text, columns, fmt="%.6g", delimiter=",")
    return text.getvalue()


def _check_faces(people: list[str], title: str) -> None:
    """Refuse a set that lost its pairs because too few faces were found."""
    genuine = pairs(people)[2] if people else np.zeros(0, bool)
    if not genuine.any() or genuine.all():
        few = (
            "Faces were found in {pictures} pictures of {people} people, "
            "which leaves no genuine or no impostor pairs"
        )
        raise FaceError(
            say(few, pictures=len(people), people=len(set(people))),
            where=title,
            todo="Bring at least two people with two clear pictures each.",
        )
