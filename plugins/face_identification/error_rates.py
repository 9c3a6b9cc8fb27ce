"""What to expect of a gallery of K people: which tau holds the false positives, what the errors are
there, and up to which distance a person is still a maybe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from plugins.face_identification.k_laboratory.open_set import (
    WANTED,
    error_probability,
    expected,
)
from plugins.face_identification.k_laboratory.stored import StoredKCurve, stored_k_curves
from plugins.shared.faces.align import revision_of
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.measured.operating_curves import OperatingCurve
from plugins.shared.faces.measured.stored_curves import StoredCurve
from plugins.shared.faces.measured.trained import curves_of
from weights import Card
from weights.messages import say

if TYPE_CHECKING:
    from plugins.face_identification.k_laboratory.laboratory import KSurvey

DOUBTFUL = 0.1
"""Up to the tau of this FPIR the nearest person is a maybe: one stranger in ten would be named."""


@dataclass(frozen=True)
class Basis:
    """What was measured with a network in its own distance.

    Attributes:
        curve: Of pairs, on the set with the most people; None where nothing was measured.
        growth: Of random galleries; None where nothing was measured.
    """

    card: Card
    metric: str
    curve: StoredCurve | None
    growth: StoredKCurve | None

    @property
    def pairs(self) -> OperatingCurve | None:
        """The operating curve in the network's own distance."""
        return self.curve.by_metric[self.metric] if self.curve else None


@dataclass(frozen=True)
class Outlook:
    """The errors to expect at each threshold of the slider.

    Attributes:
        thresholds: (T,) from 0 to `reach`.
        fpir: (T,) share of strangers who would get a name; None where nothing was measured.
        fnir: (T,) share of enrolled people who would not get theirs, at least.
        ranges: (2, T) each, where the FPIR and the FNIR of other people are expected (95 %), for
            as many as were measured; NaN where they are too few. None where nothing was measured.
        why: Where the figures come from, one sentence.
        measured: Whether galleries of this size were searched, rather than predicted.
    """

    thresholds: np.ndarray
    fpir: np.ndarray | None
    fnir: np.ndarray | None
    why: str
    measured: bool = False
    ranges: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def maybe(self) -> float | None:
        """The largest threshold whose expected FPIR is at most `DOUBTFUL`; None where nothing was
        measured.
        """
        if self.fpir is None:
            return None
        allowed = np.flatnonzero(self.fpir <= DOUBTFUL)
        return float(self.thresholds[allowed[-1]]) if len(allowed) else None


def basis(card: Card, own: KSurvey | None = None) -> Basis:
    """Find what was measured with exactly these weights.

    Args:
        own: The visitor's own set: it comes before the stored ones, if this network surveyed it.
    """
    metric = card.distance or "euclidean"
    if own and own.model == card.name:
        return Basis(card, metric, own.pairs, own.stored)
    curves = curves_of(card)
    most = max(curves, key=lambda curve: curve.people, default=None)
    grown = stored_k_curves(card.name, revision_of(card))
    largest = max(grown, key=lambda known: known.curve.people, default=None)
    return Basis(card, metric, most, largest)


def threshold_for(known: Basis, comparisons: int) -> tuple[float, str]:
    """The tau that keeps the expected FPIR at 1 % for this many enrolled templates, and why.

    The larger the gallery, the smaller it is. Without any measurement the network's own threshold,
    or a guess.
    """
    metric, k = METRICS[known.metric], max(1, comparisons)
    if known.growth and k <= known.growth.curve.reach:
        curve = known.growth.curve
        # Few strangers are left at a large K, so its own tau may rise again by chance.
        holding = np.minimum.accumulate(curve.tau_at[:, 0])
        tau = float(np.interp(k, curve.ks, holding))
        if not np.isnan(tau):  # Some strangers are the very same picture as somebody enrolled.
            return metric.snap(tau, down=True), say(
                "FPIR ≤ 1 % with {n:,} comparisons a search, measured on {title}",
                "FPIR ≤ 1 % with {n} comparison a search, measured on {title}",
                n=k,
                title=known.growth.title,
            )
    if known.pairs:
        fmr = -np.expm1(np.log1p(-WANTED) / k)  # solves 1 - (1 - FMR)^K = 1 %
        tau = metric.snap(known.pairs.threshold_for_fmr(fmr), down=True)
        if fmr * known.pairs.impostor.sum() < 1:  # So small a rate would not have been seen.
            return tau, say(
                "no two people measured are that near; too few to tell the FPIR with {n:,} "
                "comparisons a search",
                "no two people measured are that near; too few to tell the FPIR with {n} "
                "comparison a search",
                n=k,
            )
        return tau, say(
            "FPIR ≤ 1 % with {n:,} comparisons a search, predicted from {title}",
            "FPIR ≤ 1 % with {n} comparison a search, predicted from {title}",
            n=k,
            title=known.curve.title,
        )
    if (card := known.card).threshold is not None:
        source = say(card.threshold_source)
        return card.threshold, say("{source}; nothing was measured here", source=source)
    guess = metric.snap(metric.top / 3)
    return guess, "a guess, since nothing was measured with this network"


def outlook(known: Basis, comparisons: int, reach: float) -> Outlook:
    """The errors to expect of a gallery with this many templates, on the slider's own grid."""
    step = METRICS[known.metric].step
    grid = np.arange(0, round(reach / step) + 1) * step
    if known.pairs is None:
        why = "Nothing was measured with these weights, so what τ costs is not known."
        return Outlook(grid, None, None, why)
    curve = known.pairs
    if comparisons < 1:
        return Outlook(grid, None, None, "Nobody is enrolled: nobody is named.")
    cells = np.rint(grid / curve.top * len(curve.genuine)).astype(int).clip(0, len(curve.genuine))
    fmr, fnmr = curve.fmr[cells], curve.fnmr[cells]
    # What independent comparisons make of the range of the FMR: it covered the FPIR of one gallery
    # of other people in 96 % of the trials or more (tests/benchmarks/bench_intervals.py).
    ends = error_probability(curve.fmr_interval()[:, cells], comparisons)
    found = expected(known.growth and known.growth.curve, grid, fmr, comparisons)
    if found.measured:
        title = known.growth.title
        why = say("FPIR and FNIR as measured with random galleries of {title}.", title=title)
        ranges = _around(ends, found.fpir), _around(curve.fnmr_interval()[:, cells], found.fnir)
        return Outlook(grid, found.fpir, found.fnir, why, measured=True, ranges=ranges)
    why = say(
        "FPIR = 1 − (1 − FMR)^{n}, and FNIR is at least the FNMR; both rates from {title}.",
        n=comparisons,
        title=known.curve.title,
    )
    ranges = _around(ends, found.fpir), _around(curve.fnmr_interval()[:, cells], fnmr)
    return Outlook(grid, found.fpir, fnmr, why, ranges=ranges)


def _around(ends: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """(2, T) ends that hold the (T,) rate itself, which searches of galleries measured."""
    return np.stack([np.minimum(ends[0], rate), np.maximum(ends[1], rate)])


def at(grid: Sequence[float], rates: np.ndarray | None, threshold: float) -> float | None:
    """Read a rate at a threshold."""
    return None if rates is None else float(np.interp(threshold, grid, rates))
