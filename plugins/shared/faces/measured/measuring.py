"""How the operating curve of a labelled set is measured: its pairs are counted, and a bootstrap
over people tells how much they say.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from plugins.shared.faces.measured.operating_curves import (
    BINS,
    OperatingCurve,
    area_below,
    equal_error_rate,
)
from plugins.shared.faces.measured.prediction import FEW_CARRIERS, evidence, from_draws

REPLICATES = 200
COARSE = 0.002
"""An EER on the grid that far from the exact one tells that the grid is too coarse."""
PAIR_DRAWS = 2e8
"""At most this many weighted pairs are counted in all replicates together: about ten seconds."""


def roc(distance: np.ndarray, genuine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K,) FMR and (K,) 1 - FNMR by the ranks of the distances: no bins, ties taken together.

    Args:
        distance: (N,) of the pairs. genuine: (N,) bool; there are both kinds.
    """
    from sklearn.metrics import roc_curve

    fmr, hit, _ = roc_curve(genuine, -np.asarray(distance, np.float64))
    return fmr, hit


def pairs(people: list[str] | np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of N faces, each once.

    Returns:
        i, j (indices with i < j) and a bool array that is true where both show one person.
    """
    i, j = np.triu_indices(len(people), k=1)
    people = np.asarray(people)
    return i, j, people[i] == people[j]


def measure(distance: np.ndarray, people: list[str], top: float, seed: int = 0) -> OperatingCurve:
    """Build the curve of a labelled set, with the weight of its evidence from a bootstrap over
    people.

    Args:
        distance: (N, N) distances.
        people: N names.
        top: Upper end of the grid.
        seed: Of the resampling.
    """
    i, j, genuine = pairs(people)
    found = distance[i, j]
    cell = _cells(found, np.linspace(0, top, BINS + 1))
    names, who = np.unique(people, return_inverse=True)
    first, second = who[i], who[j]

    def counts(weight: np.ndarray, cell: np.ndarray = cell) -> tuple[np.ndarray, np.ndarray]:
        pair_weight = np.where(genuine, weight[first], weight[first] * weight[second])
        return (
            np.bincount(cell[genuine], pair_weight[genuine], BINS),
            np.bincount(cell[~genuine], pair_weight[~genuine], BINS),
        )

    curve = OperatingCurve(top, *(c.astype(np.int64) for c in counts(np.ones(len(names)))))
    if not curve.genuine.sum() or not curve.impostor.sum():
        return curve
    by_rank = roc(found, genuine)
    exact = equal_error_rate(by_rank[0], 1 - by_rank[1]), area_below(*by_rank)
    # Where encodings have shrunk, all distances lie in a few bins: then the bins go by rank.
    coarse = abs(curve.eer - exact[0]) > COARSE
    ranked = _cells(found, np.quantile(found, np.linspace(0, 1, BINS + 1))) if coarse else cell
    curve = replace(curve, exact=exact)
    random = np.random.default_rng(seed)
    draws, eers = [], []
    replicates = int(np.clip(PAIR_DRAWS / max(len(i), 1), 20, REPLICATES))
    for _ in range(replicates if len(names) > 2 else 0):
        weight = np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))
        replicate = OperatingCurve(top, *counts(weight))
        if replicate.genuine.sum() and replicate.impostor.sum():
            draws.append(replicate)
            by_rank = OperatingCurve(top, *counts(weight, ranked)) if coarse else replicate
            eers.append(by_rank.eer)
    if not draws:
        return curve
    effective = (
        effective_trials(curve.fnmr, np.array([d.fnmr for d in draws]), curve.genuine.sum()),
        effective_trials(curve.fmr, np.array([d.fmr for d in draws]), curve.impostor.sum()),
    )
    whose = np.stack([first, second], axis=1)
    known = (
        evidence(cell[genuine], whose[genuine], BINS, above=True),
        evidence(cell[~genuine], whose[~genuine], BINS),
    )
    low, high = from_draws(curve.eer, np.array(eers), known[0].people)
    at = int(np.argmin(np.abs(curve.fmr - curve.fnmr)))
    if min(one.carriers[at] for one in known) < FEW_CARRIERS:
        low = 0.0
    ends = None if np.isnan(high) else (low, high)
    return replace(
        curve, effective=effective, evidence=known, eer_interval=ends, eer_draws=np.array(eers)
    )


def _cells(found: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(N,) the bin of each distance, edge[i] < d <= edge[i + 1]; the last takes what is above."""
    return np.clip(np.searchsorted(edges, found, side="left") - 1, 0, len(edges) - 2)


def effective_trials(rate: np.ndarray, draws: np.ndarray, trials: int) -> float:
    """How many independent trials would scatter as the bootstrap draws do: p (1 - p) / variance, at
    most `trials`.

    Args:
        rate: (B,) the measured rates.
        draws: (R, B) the same in each replicate.
        trials: How many there really were.

    Returns:
        The median over the rates between 0.1 % and 50 %, where decisions are taken.
    """
    variance = draws.var(axis=0)
    asked = (rate > 0.001) & (rate < 0.5) & (variance > 0)
    if not asked.any():
        return float(trials)
    worth = rate[asked] * (1 - rate[asked]) / variance[asked]
    return float(min(np.median(worth), trials))
