"""How good an encoder is at identities that it was never trained on."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from plugins.shared.classification.labelled import spread
from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.measured.measuring import REPLICATES, measure, pairs, roc
from plugins.shared.faces.measured.operating_curves import OperatingCurve, equal_error_rate
from plugins.shared.faces.measured.prediction import paired
from plugins.shared.faces.measured.stored_curves import StoredCurve
from plugins.triplet_finetuning.training.events import Evaluation

DRAWS = 20
MOST = 1000
"""Pictures whose pairs are compared: half a million pairs."""


def hits_at_1(table: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) whether the nearest other picture shows the same identity, from (N, N) distances."""
    table = table.copy()
    np.fill_diagonal(table, np.inf)
    return labels[table.argmin(axis=1)] == labels


def recall_at_1(table: np.ndarray, labels: np.ndarray) -> float:
    """Share of the pictures whose nearest other picture shows the same identity, from (N, N)
    distances.
    """
    return float(hits_at_1(table, labels).mean())


def one_shot_hits(
    table: np.ndarray, labels: np.ndarray, seed: int = 0, draws: int = DRAWS
) -> np.ndarray:
    """Identification with one picture of each identity enrolled; all others are probes.

    Args:
        draws: This many random choices of the enrolled pictures.

    Returns:
        (draws, N) 1 where a probe was recognised, 0 where not, NaN for what was enrolled.
    """
    rng = np.random.default_rng(seed)
    own = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    found = np.full((draws, len(labels)), np.nan)
    for draw in found:
        enrolled = np.array([rng.choice(one) for one in own])
        probes = np.setdiff1d(np.arange(len(labels)), enrolled)
        nearest = enrolled[table[np.ix_(probes, enrolled)].argmin(axis=1)]
        draw[probes] = labels[nearest] == labels[probes]
    return found


def one_shot(
    table: np.ndarray, labels: np.ndarray, seed: int = 0, draws: int = DRAWS
) -> tuple[float, float]:
    """Accuracy 0..1 of `one_shot_hits`: its mean over the draws and their standard deviation."""
    return _over_draws(one_shot_hits(table, labels, seed, draws))


def _over_draws(found: np.ndarray) -> tuple[float, float]:
    accuracy = np.nanmean(found, axis=1)
    return float(accuracy.mean()), float(accuracy.std())


def evaluate(encodings: np.ndarray, labels: np.ndarray, distance: str) -> Evaluation:
    """The figures of one moment of a run: quick, without intervals."""
    table = distances(encodings, encodings, distance)
    i, j, genuine = pairs(labels)
    fmr, hit = roc(table[i, j], genuine)
    eer = equal_error_rate(fmr, 1 - hit)
    return Evaluation(
        recall_at_1(table, labels), one_shot(table, labels, draws=5)[0], eer, encodings
    )


@dataclass(frozen=True)
class Figures:
    """One encoder on the held-out identities.

    Attributes:
        recall: recall@1, 0..1. `one_shot`: accuracy, mean and standard deviation over draws.
        curve: Of verification, on a grid.
        roc: (K,) FMR and (K,) 1 - FNMR, by ranks.
    """

    recall: float
    one_shot: tuple[float, float]
    curve: OperatingCurve = field(repr=False)
    roc: tuple[np.ndarray, np.ndarray] = field(repr=False)

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
    """An encoder before and after its training, on the same pictures.

    Attributes:
        changes: By measure: between which ends "after - before" lies for such identities (95 %),
            from a bootstrap over identities that draws the same ones for both; NaN where there are
            too few.
    """

    before: Figures
    after: Figures
    identities: int
    pictures: int
    changes: dict[str, tuple[float, float]] = field(default_factory=dict)

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
    tables = [distances(one[chosen], one[chosen], distance) for one in (before, after)]
    both = [_figures(table, labels, distance) for table in tables]
    figures, hits = zip(*both, strict=True)
    changes = _changes(hits, labels, [one.curve for one in figures])
    return Report(*figures, len(np.unique(labels)), len(labels), changes)


def _figures(
    table: np.ndarray, labels: np.ndarray, distance: str
) -> tuple[Figures, dict[str, np.ndarray]]:
    """The figures, and by measure the (N,) share of hits of each picture; NaN where it never was a
    probe.
    """
    curve = measure(table, list(labels), METRICS[distance].top)
    i, j, genuine = pairs(labels)
    nearest, shots = hits_at_1(table, labels), one_shot_hits(table, labels)
    by_rank = roc(table[i, j], genuine)
    figures = Figures(float(nearest.mean()), _over_draws(shots), curve, by_rank)
    return figures, {"recall": nearest.astype(float), "one_shot": np.nanmean(shots, axis=0)}


def _changes(
    hits: Sequence[dict[str, np.ndarray]], labels: np.ndarray, curves: Sequence[OperatingCurve]
) -> dict[str, tuple[float, float]]:
    """See `Report.changes`.

    Args:
        hits: Of `_figures`, before and after. curves: Of verification.
    """
    names, who = np.unique(labels, return_inverse=True)
    rng = np.random.default_rng(0)
    weights = np.array(
        [np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))[who]
         for _ in range(REPLICATES)]
    )  # fmt: skip
    changes = {}
    for name in hits[0]:
        apart = hits[1][name] - hits[0][name]
        known = ~np.isnan(apart)
        of_draws = weights[:, known] @ apart[known] / weights[:, known].sum(axis=1)
        changes[name] = paired(float(apart[known].mean()), of_draws, len(names))
    before, after = curves
    if before.eer_draws is not None and after.eer_draws is not None:
        apart = after.eer_draws - before.eer_draws
        changes["eer"] = paired(after.eer - before.eer, apart, len(names))
    return changes


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
