"""How the errors of identification grow with K: random galleries of every size, drawn from a
labelled set and searched with all its faces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from plugins.face_identification.k_laboratory.open_set import (
    WANTED,
    KCurve,
    check_set,
    gallery_sizes,
)
from weights.errors import ParagoneError
from weights.messages import say

FINE = 1000
"""Steps between 0 and the largest distance, on which the tau for an FPIR of 1 % is looked for."""
LOOK_UPS = 5e8
CELLS = 1e7
"""At most this many distances are looked up, and this many rates kept, in all replicates together:
about ten seconds and 200 MB. A large set gets fewer replicates."""


@dataclass(frozen=True)
class Replicates:
    """How many orders of people have been searched."""

    done: int
    total: int


def k_curve(distance: np.ndarray, people: Sequence[str], **settings: object) -> KCurve:
    """`k_curve_steps` without its steps."""
    *_, curve = k_curve_steps(distance, people, **settings)
    return curve


def k_curve_steps(
    distance: np.ndarray,
    people: Sequence[str],
    ks: Sequence[int] | None = None,
    taus: Sequence[float] | None = None,
    replicates: int = 200,
    seed: int = 0,
) -> Iterator[Replicates | KCurve]:
    """Search random galleries of every size; yield `Replicates` after each order of people, and a
    `KCurve` at the end.

    In each replicate the people are put in random order with one random photo each; the first K are
    the gallery. All photos of the other people are strangers' searches; the other photos of the
    first K are theirs.

    Args:
        distance: (N, N) finite distances between the faces.
        people: N names.
        ks: Numbers of enrolled people; default: `gallery_sizes`.
        taus: Thresholds; default: a hundred up to the largest distance.
        replicates: At most this many orders of people, see `LOOK_UPS`.

    Raises:
        ParagoneError: The set has one person, or nobody has two photos; a K is none of 1..people;
            the thresholds do not rise; or no replicate is asked for.
    """
    who, count = check_set(distance, people)
    n = len(who)
    ks = np.asarray(gallery_sizes(count) if ks is None else ks)
    taus = np.linspace(0, distance.max(), 101) if taus is None else np.asarray(taus, np.float64)
    _check_axes(ks, taus, count)
    if replicates < 1:
        what = say("{replicates} galleries measure nothing", replicates=replicates)
        raise ParagoneError(what, where="replicates", todo="Ask for 1 or more.")
    grid = np.union1d(taus, np.linspace(0, distance.max(), FINE + 1))
    shown = np.searchsorted(grid, taus)
    affordable = min(LOOK_UPS / (n * ks[-1]), CELLS / (len(ks) * len(taus)))
    replicates = int(min(replicates, max(affordable, 20)))
    random = np.random.default_rng(seed)
    fpir, fnir = (np.empty((replicates, len(ks), len(taus)), np.float32) for _ in range(2))
    rank1, tau_at = (np.empty((replicates, len(ks))) for _ in range(2))
    total = np.zeros((len(ks), len(grid)))
    for r in range(replicates):
        enrolled, place = _gallery(who, random)
        false, right, closed = _searches(distance, enrolled, place, ks, grid)
        fpir[r], fnir[r], rank1[r] = false[:, shown], 1 - right[:, shown], closed
        tau_at[r] = _largest(grid, false)
        total += false
        yield Replicates(r + 1, replicates)
    holding = _band(tau_at)
    holding[:, 0] = _largest(grid, total / replicates)
    fmr = _impostor_matches(distance, who, taus)
    rates = {"fpir": _band(fpir), "fnir": _band(fnir), "rank1": _band(rank1), "tau_at": holding}
    yield KCurve(ks, taus, **rates, fmr=fmr, people=count, faces=n, replicates=replicates)


def _check_axes(ks: np.ndarray, taus: np.ndarray, people: int) -> None:
    if not len(ks) or ks[0] < 1 or ks[-1] > people or (np.diff(ks) <= 0).any():
        what = say("K must rise within 1 to {people}, the people of the set", people=people)
        raise ParagoneError(what, where="K", todo="Choose other sizes, or bring more people.")
    if not len(taus) or not np.isfinite(taus).all() or taus[0] < 0 or (np.diff(taus) <= 0).any():
        what = "Thresholds must rise from 0 on"
        raise ParagoneError(what, where="tau", todo="Sort them, and leave out repeated ones.")


def _gallery(who: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The enrolled faces in random order of people, (P,), and each face's person's place in it."""
    mixed = random.permutation(len(who))
    photo = mixed[np.unique(who[mixed], return_index=True)[1]]
    order = random.permutation(len(photo))
    return photo[order], np.argsort(order)[who]


def _searches(
    distance: np.ndarray, enrolled: np.ndarray, place: np.ndarray, ks: np.ndarray, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Search with every face in the first K of a gallery.

    Returns:
        (K, G) share of strangers named, (K, G) share of the enrolled named rightly, (K,) the same
        without a threshold; NaN where there was no such search.
    """
    own = distance[np.arange(len(place)), enrolled[place]]
    others = distance[:, enrolled[: ks[-1]]]
    inside = np.flatnonzero(place < ks[-1])
    others[inside, place[inside]] = np.inf
    starts = np.concatenate([[0], ks[:-1]])
    nearest = np.minimum.accumulate(np.minimum.reduceat(others, starts, axis=1), axis=1)
    stranger = place[:, None] >= ks
    is_probe = np.ones(len(place), bool)
    is_probe[enrolled] = False
    mated = ~stranger & is_probe[:, None]
    right = np.where(own[:, None] < nearest, np.searchsorted(grid, own)[:, None], len(grid))
    named = _shares(np.searchsorted(grid, nearest), stranger, len(grid))
    found = _shares(right, mated, len(grid))
    with np.errstate(invalid="ignore"):
        closed = ((right < len(grid)) & mated).sum(axis=0) / mated.sum(axis=0)
    return named, found, closed


def _shares(cell: np.ndarray, asked: np.ndarray, size: int) -> np.ndarray:
    """(K, size) share of the asked searches whose (N, K) cell is at or below each grid point."""
    k = cell.shape[1]
    flat = (cell + np.arange(k) * (size + 1))[asked]
    counts = np.bincount(flat, minlength=k * (size + 1)).reshape(k, size + 1)
    with np.errstate(invalid="ignore"):
        return np.cumsum(counts[:, :size], axis=1) / asked.sum(axis=0)[:, None]


def _largest(grid: np.ndarray, fpir: np.ndarray) -> np.ndarray:
    """(K,) the largest grid point with FPIR <= WANTED; NaN where there is none."""
    allowed = (fpir <= WANTED + 1e-12).sum(axis=1)
    return np.where(allowed > 0, grid[allowed - 1], np.nan)


def _band(draws: np.ndarray) -> np.ndarray:
    """(K, …, 3) mean and percentiles of (R, K, …); a gallery without such searches is left out."""
    band = np.full((*draws.shape[1:], 3), np.nan)
    for k in range(draws.shape[1]):
        row = draws[:, k]
        row = row[~np.isnan(row.reshape(len(row), -1)[:, 0])]
        if len(row):
            low, high = np.percentile(row, [2.5, 97.5], axis=0)
            band[k] = np.stack([row.mean(axis=0, dtype=np.float64), low, high], axis=-1)
    return band


def _impostor_matches(distance: np.ndarray, who: np.ndarray, taus: np.ndarray) -> np.ndarray:
    """(T,) share of the impostor pairs at or below each threshold, row by row to spare memory."""
    counts = np.zeros(len(taus) + 1, np.int64)
    for i in range(len(who) - 1):
        found = distance[i, i + 1 :][who[i + 1 :] != who[i]]
        counts += np.bincount(np.searchsorted(taus, found), minlength=len(taus) + 1)
    return np.cumsum(counts)[:-1] / counts.sum()
