"""How good an encoder is at identities that it was never trained on."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import numpy as np

from plugins.shared.classification.labelled import spread
from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.measured.operating_curves import (
    OperatingCurve,
    equal_error_rate,
    matched,
    measure,
    pairs,
)
from plugins.shared.faces.measured.stored_curves import StoredCurve
from plugins.triplet_finetuning.training.events import Evaluation

DRAWS = 20
MOST = 1000
"""Pictures whose pairs are compared: half a million pairs."""
COARSE = 400


def recall_at_1(table: np.ndarray, labels: np.ndarray) -> float:
    """Share of the pictures whose nearest other picture shows the same identity, from (N, N)
    distances.
    """
    table = table.copy()
    np.fill_diagonal(table, np.inf)
    return float((labels[table.argmin(axis=1)] == labels).mean())


def one_shot(
    table: np.ndarray, labels: np.ndarray, seed: int = 0, draws: int = DRAWS
) -> tuple[float, float]:
    """Identification with one picture of each identity enrolled; all others are probes.

    Args:
        draws: This many random choices of the enrolled pictures.

    Returns:
        Accuracy 0..1: its mean over the draws and their standard deviation.
    """
    rng = np.random.default_rng(seed)
    own = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    found = []
    for _ in range(draws):
        enrolled = np.array([rng.choice(one) for one in own])
        probes = np.setdiff1d(np.arange(len(labels)), enrolled)
        nearest = enrolled[table[np.ix_(probes, enrolled)].argmin(axis=1)]
        found.append((labels[nearest] == labels[probes]).mean())
    return float(np.mean(found)), float(np.std(found))


def evaluate(encodings: np.ndarray, labels: np.ndarray, distance: str) -> Evaluation:
    """The figures of one moment of a run: quick, without intervals."""
    table = distances(encodings, encodings, distance)
    i, j, genuine = pairs(labels)
    cells = np.minimum((table[i, j] / METRICS[distance].top * COARSE).astype(int), COARSE - 1)
    counts = [np.bincount(cells[kind], minlength=COARSE) for kind in (genuine, ~genuine)]
    eer = equal_error_rate(matched(counts[1]), 1 - matched(counts[0]))
    return Evaluation(
        recall_at_1(table, labels), one_shot(table, labels, draws=5)[0], eer, encodings
    )


@dataclass(frozen=True)
class Figures:
    """One encoder on the held-out identities.

    Attributes:
        recall: recall@1, 0..1. `one_shot`: accuracy, mean and standard deviation over draws.
        curve: Of verification.
    """

    recall: float
    one_shot: tuple[float, float]
    curve: OperatingCurve = field(repr=False)

    @property
    def plain(self) -> dict:
        """Each figure as a number or as [value, low, high]; one-shot within 2 sd of the draws, and
        the EER where it is expected for as many other identities, if there are enough.
        """
        mean, sd = self.one_shot
        eer = self.curve.eer
        return {
            "recall": self.recall,
            "one_shot": [mean, max(mean - 2 * sd, 0.0), min(mean + 2 * sd, 1.0)],
            "eer": [eer, *self.curve.eer_interval] if self.curve.eer_interval else eer,
        }


@dataclass(frozen=True)
class Report:
    """An encoder before and after its training, on the same pictures."""

    before: Figures
    after: Figures
    identities: int
    pictures: int

    def figures(self) -> dict:
        """As numbers, for files and the page."""
        sizes = {"identities": self.identities, "pictures": self.pictures}
        return {"before": self.before.plain, "after": self.after.plain, **sizes}


def report(before: np.ndarray, after: np.ndarray, labels: np.ndarray, distance: str) -> Report:
    """Compare (N, 128) encodings of the same held-out pictures before and after.

    Of more than a thousand pictures a thousand are taken, evenly over the identities.
    """
    chosen = spread(labels, MOST)
    labels = labels[chosen]
    both = [_figures(table[chosen], labels, distance) for table in (before, after)]
    return Report(*both, len(np.unique(labels)), len(labels))


def _figures(encodings: np.ndarray, labels: np.ndarray, distance: str) -> Figures:
    table = distances(encodings, encodings, distance)
    curve = measure(table, list(labels), METRICS[distance].top)
    return Figures(recall_at_1(table, labels), one_shot(table, labels), curve)


def stored_curve(
    encodings: np.ndarray, labels: np.ndarray, title: str, source: str, whole: bool = True
) -> StoredCurve:
    """The operating curves of held-out pictures in every distance, for the verification page.

    Args:
        whole: Whether whole pictures were encoded, and not faces.
    """
    chosen = spread(labels, MOST)
    encodings, labels = encodings[chosen], labels[chosen]
    curves = {
        name: measure(distances(encodings, encodings, name), list(labels), metric.top)
        for name, metric in METRICS.items()
    }
    return StoredCurve(
        title=title,
        source=source,
        people=len(np.unique(labels)),
        pictures=len(labels),
        faces=len(labels),
        date=datetime.date.today().isoformat(),
        command="the triplet page",
        by_metric=curves,
        whole=whole,
    )
