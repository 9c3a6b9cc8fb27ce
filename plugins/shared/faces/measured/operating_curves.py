"""Operating curves of a verifier: what each threshold costs.

Genuine pairs show one person, impostor pairs two. A pair matches when d <= tau. Then FMR (false
match rate) = matched impostor pairs / impostor pairs, FNMR (false non-match rate) = unmatched
genuine pairs / genuine pairs (ISO/IEC 19795-1). Curves are kept as counts on a grid of thresholds,
so a curve that was measured once fits in a small file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from plugins.shared.faces.measured.prediction import Evidence, predicted

BINS = 1000


@dataclass(frozen=True)
class Rate:
    """A measured proportion, and between which ends it is expected for as many other people (95 %);
    NaN where the set has too few.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class OperatingPoint:
    """A verifier at one threshold."""

    threshold: float
    fmr: Rate
    fnmr: Rate
    accuracy: float


@dataclass(frozen=True)
class OperatingCurve:
    """Counts of distances on a grid, and the rates that follow from them.

    Attributes:
        top: The upper end of the grid, in units of the distance; a distance above it counts in the
            last bin.
        genuine: (BINS,) int64: genuine pairs with edge[i] < d <= edge[i + 1], edges equally spaced
            over [0, top].
        impostor: The same for impostor pairs.
        effective: How many independent genuine and impostor pairs the counts are worth. Pairs that
            share a person are not independent; a bootstrap over people tells how much less they
            say. None: not known.
        eer_interval: Where the EER of as many other people is expected (95 %); None where too few
            people have genuine pairs.
        evidence: What the people say of FNMR and FMR; None: not known.
        exact: EER and area under the ROC by the ranks of the distances; None: read off the grid.
        eer_draws: (R,) the EER in each draw of the bootstrap. Curves of the same people and seed
            were drawn alike, so that theirs can be compared one by one.
    """

    top: float
    genuine: np.ndarray
    impostor: np.ndarray
    effective: tuple[float, float] | None = None
    eer_interval: tuple[float, float] | None = None
    evidence: tuple[Evidence, Evidence] | None = None
    exact: tuple[float, float] | None = None
    eer_draws: np.ndarray | None = field(default=None, repr=False, compare=False)

    @property
    def thresholds(self) -> np.ndarray:
        """(BINS + 1,) the grid, from 0 to `top`."""
        return np.linspace(0, self.top, len(self.genuine) + 1)

    @property
    def fmr(self) -> np.ndarray:
        """(BINS + 1,) false match rate at each threshold."""
        return matched(self.impostor)

    @property
    def fnmr(self) -> np.ndarray:
        """(BINS + 1,) false non-match rate at each threshold."""
        return 1 - matched(self.genuine)

    @property
    def accuracy(self) -> np.ndarray:
        """(BINS + 1,) balanced accuracy, 1 - (FMR + FNMR) / 2: impostor pairs outnumber genuine
        ones a hundredfold.
        """
        return 1 - (self.fmr + self.fnmr) / 2

    @property
    def area(self) -> float:
        """Area under the ROC (FMR against 1 - FNMR): 1 is perfect, 0.5 is chance."""
        return self.exact[1] if self.exact else area_below(self.fmr, 1 - self.fnmr)

    @property
    def eer(self) -> float:
        """Equal error rate: where FMR and FNMR cross."""
        return self.exact[0] if self.exact else equal_error_rate(self.fmr, self.fnmr)

    @property
    def eer_threshold(self) -> float:
        """The grid's threshold nearest to the EER; NaN where a kind of pairs is missing."""
        gap = np.abs(self.fmr - self.fnmr)
        return float("nan") if np.isnan(gap).any() else float(self.thresholds[np.argmin(gap)])

    @property
    def best_threshold(self) -> float:
        """The threshold of the best balanced accuracy; the middle one where several are equally
        good; NaN where a kind of pairs is missing.
        """
        best = np.flatnonzero(self.accuracy >= self.accuracy.max() - 1e-12)
        return float(self.thresholds[best[len(best) // 2]]) if len(best) else float("nan")

    @property
    def reach(self) -> float:
        """The longest distance that was measured, rounded up to a twentieth of the grid."""
        last = np.flatnonzero(self.genuine + self.impostor)[-1] + 1
        return float(min(self.top, np.ceil(last / len(self.genuine) * 20) / 20 * self.top))

    def threshold_for_fmr(self, wanted: float) -> float:
        """The largest threshold whose measured FMR is at most `wanted` (0..1); NaN where no
        impostor pair was measured.
        """
        allowed = np.flatnonzero(self.fmr <= wanted)
        return float(self.thresholds[allowed[-1]]) if len(allowed) else float("nan")

    def fmr_interval(self, later: int | None = None) -> np.ndarray:
        """(2, BINS + 1) where the FMR of other people is expected at each threshold (95 %); NaN
        where it is not known.

        Args:
            later: How many others; None: as many as were measured.
        """
        return self._interval(1, later)

    def fnmr_interval(self, later: int | None = None) -> np.ndarray:
        """The same of the FNMR."""
        return self._interval(0, later)

    def _interval(self, kind: int, later: int | None) -> np.ndarray:
        return self._for_as_many[kind] if later is None else self._predicted(kind, later)

    @cached_property
    def _for_as_many(self) -> tuple[np.ndarray, np.ndarray]:
        """What every comparison reads, of the FNMR and of the FMR: computed once a curve."""
        return self._predicted(0, None), self._predicted(1, None)

    def _predicted(self, kind: int, later: int | None) -> np.ndarray:
        rate, counts = ((self.fnmr, self.genuine), (self.fmr, self.impostor))[kind]
        if self.effective is None or self.evidence is None:
            return predicted(rate, counts.sum(), 0.0, None, later)
        return predicted(rate, counts.sum(), self.effective[kind], self.evidence[kind], later)

    def at(self, threshold: float) -> OperatingPoint:
        """Read the curve at a threshold: the nearest one on the grid."""
        i = int(np.clip(np.rint(threshold / self.top * len(self.genuine)), 0, len(self.genuine)))
        fmr, fnmr = self.fmr_interval()[:, i], self.fnmr_interval()[:, i]
        return OperatingPoint(
            threshold=float(self.thresholds[i]),
            fmr=Rate(float(self.fmr[i]), *map(float, fmr)),
            fnmr=Rate(float(self.fnmr[i]), *map(float, fnmr)),
            accuracy=float(self.accuracy[i]),
        )


def matched(counts: np.ndarray) -> np.ndarray:
    """(B + 1,) share of the pairs at or below each edge, from (B,) counts; NaN where there is no
    pair.
    """
    total = counts.sum()
    share = np.concatenate([[0.0], np.cumsum(counts)])
    return share / total if total else np.full(len(share), np.nan)


def equal_error_rate(fmr: np.ndarray, fnmr: np.ndarray) -> float:
    """The crossing of a rising FMR and a falling FNMR, linearly between the two grid points around
    it.
    """
    gap = fmr - fnmr
    if np.isnan(gap).any():
        return float("nan")
    i = int(np.argmax(gap >= 0))
    if i == 0:
        return float((fmr[0] + fnmr[0]) / 2)
    part = -gap[i - 1] / (gap[i] - gap[i - 1])
    return float(fmr[i - 1] + part * (fmr[i] - fmr[i - 1]))


def area_below(fmr: np.ndarray, hit: np.ndarray) -> float:
    """Area under a ROC."""
    from scipy.integrate import trapezoid

    return float(trapezoid(hit, fmr))
