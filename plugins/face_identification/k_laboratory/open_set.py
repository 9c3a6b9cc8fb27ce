"""Identification among K people when the probe may be nobody of them, and how errors grow with K.

A search asks for the nearest of K enrolled people and answers "unknown" when even that one is
farther than tau. FPIR (false positive identification rate) is the share of strangers' searches that
get a name. FNIR (false negative identification rate) is the share of enrolled people's searches
that do not return the right person at rank 1 with d <= tau; a tie with another person counts as an
error. Rank-1 rate: the same searches without tau (ISO/IEC 19795-1; course week 4, "Face
recognition").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from weights.errors import ParagoneError
from weights.messages import say

WANTED = 0.01
"""The FPIR that tau is set for."""


@dataclass(frozen=True)
class KCurve:
    """Error rates of random galleries of K people with one photo each.

    The last axis of size 3 holds the mean over the galleries and their 2.5 % and 97.5 %
    percentiles. All galleries are drawn from the same set, so the band shows how much one gallery
    differs from another, not how much another set of people would.

    Attributes:
        ks: (K,) numbers of enrolled people, rising.
        taus: (T,) thresholds, rising.
        fpir, fnir: (K, T, 3) rates, 0..1; FPIR is NaN where everybody is enrolled.
        rank1: (K, 3) rate, 0..1.
        tau_at: (K, 3) the threshold for an FPIR of 1 %: the largest one at which the mean FPIR is
            at most 1 %, and the percentiles of each gallery's own. A gallery that leaves fewer than
            100 photos of strangers holds 1 % only by naming none of them.
        fmr: (T,) share of all impostor pairs of the set with d <= tau.
        people, faces: Size of the set.
        replicates: How many galleries were drawn, fewer for a large set.
    """

    ks: np.ndarray
    taus: np.ndarray
    fpir: np.ndarray = field(repr=False)
    fnir: np.ndarray = field(repr=False)
    rank1: np.ndarray = field(repr=False)
    tau_at: np.ndarray = field(repr=False)
    fmr: np.ndarray = field(repr=False)
    people: int
    faces: int
    replicates: int

    def predicted(self) -> np.ndarray:
        """(K, T) the FPIR that independent comparisons would give, 1 - (1 - FMR)^K."""
        return error_probability(self.fmr, self.ks[:, None])

    @property
    def reach(self) -> int:
        """The largest K whose FPIR was measured: at least one person must stay a stranger."""
        return int(self.ks[~np.isnan(self.fpir[:, 0, 0])].max(initial=0))


@dataclass(frozen=True)
class Expected:
    """What a search of a gallery will get wrong.

    Attributes:
        fpir: One a threshold, 0..1.
        fnir: The same; None where it was not measured, which leaves the FNMR as its lower bound.
        measured: Whether random galleries of this size were searched; otherwise the FPIR is
            1 - (1 - FMR)^K.
    """

    fpir: np.ndarray
    fnir: np.ndarray | None
    measured: bool


def error_probability(rate: float | np.ndarray, k: float | np.ndarray) -> np.ndarray:
    """Probability of at least one error in `k` independent comparisons, 1 - (1 - rate)^k.

    The course's example: 99 % right, 100 people, 63 % (week 4; Daugman 2003 for the formula).

    Args:
        rate: 0..1.
        k: 1 or more.
    """
    with np.errstate(divide="ignore"):  # a rate of 1 is log(0), and rightly ends as 1
        return -np.expm1(np.asarray(k) * np.log1p(-np.asarray(rate, np.float64)))


def expected(
    curve: KCurve | None, taus: float | np.ndarray, fmr: float | np.ndarray, k: int
) -> Expected:
    """The error rates to expect of a gallery at each threshold.

    Args:
        curve: What was measured with this network; None where nothing was.
        taus, fmr: (T,) thresholds, and the false match rate at each, 0..1.
        k: The enrolled people, at least 1; where all photos of a person are kept, the photos, for
            each is one more comparison.
    """
    if k < 1:
        raise ParagoneError("Nobody is enrolled", where="gallery", todo="Enrol somebody first.")
    if curve is None or not curve.ks[0] <= k <= curve.reach:
        return Expected(error_probability(fmr, k), None, measured=False)
    after = int(np.searchsorted(curve.ks, k))
    before = after if curve.ks[after] == k else after - 1
    part = (k - curve.ks[before]) / max(curve.ks[after] - curve.ks[before], 1)

    def read(rates: np.ndarray) -> np.ndarray:
        row = (1 - part) * rates[before, :, 0] + part * rates[after, :, 0]
        return np.interp(taus, curve.taus, row)

    return Expected(read(curve.fpir), read(curve.fnir), measured=True)


def gallery_sizes(people: int, most: int = 40) -> np.ndarray:
    """The K to measure: every one of 1..people where that is at most `most`, else about this many
    in equal ratios, with the last one that leaves a stranger, and everybody.
    """
    if people <= most:
        return np.arange(1, people + 1)
    sizes = np.geomspace(1, people - 1, most - 1).round().astype(int)
    return np.unique([*sizes, people])


def check_set(distance: np.ndarray, people: Sequence[str]) -> tuple[np.ndarray, int]:
    """The (N,) number of each face's person, and how many people there are.

    Raises:
        ParagoneError: One person only, or nobody with two photos.
    """
    if distance.shape != (len(people), len(people)) or not np.isfinite(distance).all():
        what = say(
            "Distances of shape {shape} for {people} faces, or not all finite",
            shape=distance.shape,
            people=len(people),
        )
        raise ParagoneError(what, where="distances", todo="Encode the faces again.")
    names, who = np.unique(people, return_inverse=True)
    todo = "Bring at least two people, one of them with two clear pictures."
    if len(names) < 2:
        what = "The set shows one person, so nobody can be a stranger"
        raise ParagoneError(what, where="labelled set", todo=todo)
    if len(who) == len(names):
        what = "Everybody has one picture, so an enrolled person cannot be searched for"
        raise ParagoneError(what, where="labelled set", todo=todo)
    return who, len(names)
