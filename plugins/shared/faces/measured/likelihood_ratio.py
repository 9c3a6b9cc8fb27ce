"""How much more likely a distance is where two pictures show one person than where they show two:
the calibrated likelihood ratio (LR) of a labelled set, as forensic science reports it.

Two Gaussians are laid over the genuine and the impostor distances; their quotient is made monotone,
and is trusted only as far as the number of people carries. It is no probability that two pictures
show one person: that also depends on how likely it was before. Cllr: Brümmer & du Preez 2006.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugins.shared.faces.measured.measuring import pairs
from plugins.shared.faces.measured.prediction import FEWEST

SCALE = (
    (2, "no support for either side"),
    (10, "weak support"),
    (100, "moderate support"),
    (1000, "moderately strong support"),
    (10_000, "strong support"),
    (1_000_000, "very strong support"),
    (float("inf"), "extremely strong support"),
)
"""Up to which LR each word goes (ENFSI guideline for evaluative reporting, 2015)."""
POINTS = 101
SMALLEST = 1e-6
"""Standard deviation of distances that are all alike."""


@dataclass(frozen=True)
class Reading:
    """log10 LR of one distance.

    Attributes:
        value, low, high: With its 95 % interval, within the cap.
        capped: Whether more was claimed than the people can show.
    """

    value: float
    low: float
    high: float
    capped: bool


@dataclass(frozen=True)
class LikelihoodRatio:
    """The LR of one set, one network and one distance.

    Attributes:
        people: P.
        fit: (4,): mean and standard deviation of the genuine distances, and of the impostor ones.
        fits: (P, 4): the same without one person.
        cllr: Cost of the log LR in bits, where each pair is judged by fits that have not seen one
            of its people: 0 is perfect, 1 tells nothing.
        cllr_min: What the best monotone calibration of the same distances would cost.
        points, tippett: (T,) values of log10 LR, and (2, T) the shares of the genuine and of the
            impostor pairs, so judged, that reach each of them.
    """

    people: int
    fit: np.ndarray
    fits: np.ndarray
    cllr: float
    cllr_min: float
    points: np.ndarray
    tippett: np.ndarray

    @property
    def cap(self) -> tuple[float, float]:
        """The least and the greatest log10 LR that so many people can show."""
        return cap(self.people)

    def read(self, distance: float) -> Reading:
        """The LR of a distance, in units of the metric."""
        from scipy.stats import t

        value = log_ratio(distance, self.fit)
        each = log_ratio(distance, self.fits)
        variance = (self.people - 1) / self.people * ((each - each.mean()) ** 2).sum()
        reach = float(t.ppf(0.975, self.people - 1) * np.sqrt(2 * variance))
        value, low, high = np.clip([value, value - reach, value + reach], *self.cap)
        return Reading(float(value), float(low), float(high), value in self.cap)


def fit_ratio(distance: np.ndarray, people: list[str]) -> LikelihoodRatio | None:
    """Fit a labelled set; None where it is not possible: fewer than `FEWEST` people have two
    pictures.

    Args:
        distance: (N, N) distances.
        people: N names.
    """
    i, j, genuine = pairs(people)
    names, who = np.unique(people, return_inverse=True)
    whose = np.stack([who[i], who[j]], axis=1)
    found = distance[i, j].astype(np.float64)
    if len(np.unique(whose[genuine, 0])) < FEWEST:
        return None
    count = len(names)
    moments = []
    for kind, both in ((genuine, False), (~genuine, True)):
        values = np.stack([np.ones(kind.sum()), found[kind], found[kind] ** 2])
        total = values.sum(axis=1)
        of_each = np.stack([np.bincount(whose[kind, 0], v, count) for v in values])
        if both:
            of_each += np.stack([np.bincount(whose[kind, 1], v, count) for v in values])
        moments.append((total, total[:, None] - of_each))
    whole = np.concatenate([_normal(total) for total, _ in moments])
    without = np.concatenate([_normal(left) for _, left in moments]).T
    held_out = np.mean([log_ratio(found, without[side]) for side in whose.T], axis=0)
    held_out = np.clip(held_out, *cap(count))
    points = np.linspace(*cap(count), POINTS)
    reached = [
        1 - np.searchsorted(np.sort(held_out[kind]), points) / kind.sum()
        for kind in (genuine, ~genuine)
    ]
    cost, least = cllr(held_out, genuine), cllr_min(found, genuine)
    return LikelihoodRatio(count, whole, without, cost, least, points, np.array(reached))


def cap(people: int) -> tuple[float, float]:
    """The least and the greatest log10 LR that so many people can show."""
    return -float(np.log10(1 + people)), float(np.log10(1 + people * (people - 1) / 2))


def _normal(sums: np.ndarray) -> np.ndarray:
    """Mean and standard deviation from (3, …): how many, their sum, the sum of their squares."""
    count, total, squares = sums
    mean = total / count
    variance = np.maximum(squares / count - mean**2, 0) * count / np.maximum(count - 1, 1)
    return np.stack([mean, np.maximum(np.sqrt(variance), SMALLEST)])


def log_ratio(distance: float | np.ndarray, fit: np.ndarray) -> np.ndarray:
    """log10 LR under two Gaussians, which never rises with the distance: flat beyond the vertex.

    Args:
        distance: A distance, or (N,) of them.
        fit: (..., 4) as in `LikelihoodRatio`.
    """
    mean_g, sd_g, mean_i, sd_i = np.moveaxis(np.asarray(fit), -1, 0)
    bend = sd_i**-2.0 - sd_g**-2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        vertex = (mean_i * sd_i**-2.0 - mean_g * sd_g**-2.0) / bend
    # Where impostors scatter more, the quotient falls on both sides of the vertex; else it rises.
    d = np.where(bend < 0, np.maximum(distance, vertex), np.minimum(distance, vertex))
    d = np.where(bend == 0, distance, d)
    log = ((d - mean_i) / sd_i) ** 2 / 2 - ((d - mean_g) / sd_g) ** 2 / 2 + np.log(sd_i / sd_g)
    return log / np.log(10)


def cllr(log10: np.ndarray, genuine: np.ndarray) -> float:
    """Cllr, in bits.

    Args:
        log10: (N,) log10 LR. genuine: (N,) bool.
    """
    natural = log10 * np.log(10)
    cost_g = np.logaddexp(0, -natural[genuine]).mean()
    cost_i = np.logaddexp(0, natural[~genuine]).mean()
    return float((cost_g + cost_i) / 2 / np.log(2))


def cllr_min(distance: np.ndarray, genuine: np.ndarray) -> float:
    """Cllr after the best monotone calibration (pool adjacent violators)."""
    from scipy.optimize import isotonic_regression

    values, place = np.unique(distance, return_inverse=True)
    weight = np.bincount(place)
    share = np.bincount(place, genuine) / weight
    best = isotonic_regression(share, weights=weight, increasing=False).x[place]
    prior = np.log(genuine.sum() / (~genuine).sum())
    with np.errstate(divide="ignore"):
        natural = np.log(best) - np.log1p(-best) - prior
    return cllr(natural / np.log(10), genuine)


def support(log10: float) -> str:
    """The word of the verbal scale for how strongly a log10 LR supports its side."""
    return next(word for most, word in SCALE if 10 ** abs(log10) < most)
