"""The K laboratory: random galleries of every size, drawn from a labelled set that is brought."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

import numpy as np

from plugins.face_identification.k_laboratory.k_curve import Replicates, k_curve_steps
from plugins.face_identification.k_laboratory.open_set import KCurve
from plugins.face_identification.k_laboratory.stored import StoredKCurve
from plugins.shared.faces.detect import Face, FaceError
from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.encode import EncodingCache, Network
from plugins.shared.faces.measured.measuring import measure
from plugins.shared.faces.measured.stored_curves import StoredCurve
from plugins.shared.faces.read_faces import Step, read_faces
from plugins.shared.files.image_folder import LabelledSet, Skipped, check_for_pairs
from plugins.shared.files.limits import Limits
from plugins.shared.files.pictures import Picture


class KSurvey:
    """A surveyed set: its K curve, the curve of its pairs, the network that made them, and what
    was left out.
    """

    def __init__(
        self,
        model: str,
        stored: StoredKCurve,
        pairs: StoredCurve,
        skipped: tuple[Skipped, ...],
    ):
        self.model, self.stored, self.pairs, self.skipped = model, stored, pairs, skipped


def survey(
    labelled: LabelledSet,
    detector: Callable[[Picture], tuple[Face, ...]],
    network: Network,
    cache: EncodingCache,
    limits: Limits,
) -> Iterator[Step | Replicates | KSurvey]:
    """Read and encode a labelled set, search random galleries of it; a `KSurvey` comes last.

    Raises:
        LabelledError: The set has no genuine or no impostor pairs.
        ParagoneError: Too few faces were found.
    """
    check_for_pairs(labelled)
    people, encodings, skipped = [], [], []
    for step in read_faces(labelled, detector, network, cache, limits):
        people += [read.item.person for read in step.faces]
        encodings += [read.encoded.encoding for read in step.faces]
        skipped += step.skipped
        yield step
    if not people:
        todo = "Bring clear pictures of faces, two or more a person."
        raise FaceError("No face was found in any picture", where=labelled.title, todo=todo)
    metric = network.card.distance or "euclidean"
    table = distances(np.stack(encodings), np.stack(encodings), metric)
    for step in k_curve_steps(table, people, taus=thresholds(metric, float(table.max()))):
        if isinstance(step, KCurve):
            about = {
                "title": labelled.title,
                "source": "your own pictures",
                "pictures": len(labelled.items),
                "date": datetime.date.today().isoformat(),
                "command": "the K laboratory",
            }
            stored = StoredKCurve(**about, metric=metric, curve=step)
            by_pairs = {metric: measure(table, people, METRICS[metric].top)}
            counts = {"people": step.people, "faces": step.faces}
            pairs = StoredCurve(**about, **counts, by_metric=by_pairs)
            yield KSurvey(network.origin.name, stored, pairs, tuple(skipped))
        else:
            yield step


def thresholds(metric: str, longest: float) -> np.ndarray:
    """The slider's own grid, up to the longest distance."""
    step = METRICS[metric].step
    while longest / step > 200:  # fine enough for the eye, and a small page
        step *= 2
    return np.arange(0, int(np.ceil(longest / step)) + 1) * step
