"""What a measured error rate says of other people: prediction intervals.

A later sample of people scatters by itself, and so does the set that was measured; the interval
holds both. Pairs that share a person are not independent, so the weight of a rate comes from what
it does when one person is left out (the jackknife over people), and not from the number of pairs.
How such intervals cover on real encodings: `tests/benchmarks/bench_intervals.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST = 5
"""People: fewer carry no interval."""
FEW_CARRIERS = 6
"""Where fewer people, or pairs of people, carry all errors, the next set may have none."""
LEVEL = 0.95


@dataclass(frozen=True)
class Evidence:
    """What the people of a set say of a rate, at each of T thresholds.

    Attributes:
        people: P: how many took part.
        variance: (T,) of the rate: the jackknife over people.
        carriers: (T,) int: how many people, or pairs of two people, have an error.
        paired: Whether two people take part in an error (FMR), or one (FNMR).
    """

    people: int
    variance: np.ndarray
    carriers: np.ndarray
    paired: bool

    @property
    def units(self) -> float:
        """How many people, or pairs of people, could have an error."""
        return self.people * (self.people - 1) / 2 if self.paired else self.people


def evidence(cell: np.ndarray, who: np.ndarray, bins: int, above: bool = False) -> Evidence:
    """Leave one person out after the other.

    Args:
        cell: (N,) the bin of each pair's distance, 0..bins-1.
        who: (N, 2) whose pair it is, as numbers; the same one twice for a genuine pair.
        bins: How many; thresholds are the bins + 1 edges.
        above: Whether the pairs above a threshold are the errors (FNMR), or those below it (FMR).
    """
    names, index = np.unique(who, return_inverse=True)
    index, people = index.reshape(-1, 2), len(names)
    counts = np.bincount(index[:, 0] * bins + cell, minlength=people * bins)
    paired = bool((index[:, 0] != index[:, 1]).any())
    if paired:
        counts += np.bincount(index[:, 1] * bins + cell, minlength=people * bins)
    counts = counts.reshape(people, bins)
    below = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=bins))])
    of_each = np.concatenate([np.zeros((people, 1)), np.cumsum(counts, axis=1)], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        without = (below - of_each) / (len(cell) - of_each[:, -1:])
    apart = without - without.mean(axis=0)
    variance = (people - 1) / people * (apart**2).sum(axis=0)
    unit = index.min(axis=1) * people + index.max(axis=1)
    order = np.lexsort((-cell if above else cell, unit))
    first = np.concatenate([[True], np.diff(unit[order]) != 0])
    extreme = np.bincount(cell[order][first], minlength=bins)
    reached = np.concatenate([[0], np.cumsum(extreme)])
    carriers = extreme.sum() - reached if above else reached
    return Evidence(people, np.nan_to_num(variance, nan=np.inf), carriers, paired)


def predicted(
    rate: np.ndarray, trials: float, pool: float, known: Evidence | None, later: int | None = None
) -> np.ndarray:
    """95 % intervals for the rate of other people, as (2, T): the lower and the upper ends; NaN
    where fewer than `FEWEST` people took part.

    Args:
        rate: (T,) measured, 0..1.
        trials: How many pairs there are.
        pool: How many independent ones they are worth over all thresholds.
        later: How many other people; None: as many.
    """
    if known is None or known.people < FEWEST or np.isnan(rate).any():
        return np.full((2, len(rate)), np.nan)
    times = (later or known.people) / known.people
    shrink = width(known.people, times)
    with np.errstate(invalid="ignore", divide="ignore"):
        local = np.nan_to_num(rate * (1 - rate) / known.variance, nan=trials, posinf=trials)
    low, high = interval(rate, np.sqrt(np.clip(local, 1, trials) * pool) * shrink)
    expected = known.carriers * times ** (2 if known.paired else 1)
    low = np.where(np.minimum(known.carriers, expected) < FEW_CARRIERS, 0.0, low)
    none = interval(np.zeros(1), known.units * shrink)[1, 0]
    high = np.where(known.carriers == 0, none, high)
    # An FMR only rises with the threshold and an FNMR only falls: what bounds it there, bounds it
    # here.
    way = slice(None, None, 1 if known.paired else -1)
    low = np.maximum.accumulate(low[way])[way]
    return np.stack([low, np.minimum.accumulate(high[way][::-1])[::-1][way]])


def from_draws(value: float, draws: np.ndarray, people: int) -> tuple[float, float]:
    """95 % interval for as many other people, of a proportion whose scatter a bootstrap over people
    told; NaN where there are fewer than `FEWEST`.

    Args:
        value: Measured, 0..1. draws: (R,) of the bootstrap.
    """
    if people < FEWEST or np.isnan(value):
        return np.nan, np.nan
    variance = float(np.var(draws))
    scatter = value * (1 - value)
    worth = scatter / variance if scatter > 0 and variance > 0 else people
    low, high = interval(np.array([value]), worth * width(people))[:, 0]
    return float(low), float(high)


def paired(change: float, draws: np.ndarray, people: int) -> tuple[float, float]:
    """95 % interval of a difference that was measured on the same people; NaN where there are fewer
    than `FEWEST`. It excludes 0 where one side is better on people like these.

    Args:
        change: Measured. draws: (R,) of a bootstrap that drew the same people for both sides.
    """
    from scipy.stats import t

    if people < FEWEST:
        return np.nan, np.nan
    reach = float(t.ppf((1 + LEVEL) / 2, people - 1) * np.std(draws))
    return change - reach, change + reach


def width(people: int, times: float = 1.0) -> float:
    """By what the weight of a rate shrinks: few people tell their own scatter poorly (Student's t),
    and `times` as many others scatter themselves.
    """
    from scipy.stats import norm, t

    tail = (1 + LEVEL) / 2
    return float((norm.ppf(tail) / t.ppf(tail, people - 1)) ** 2 / (1 + 1 / times))


def resolved(people: int, each: float) -> float:
    """The smallest FMR that may be claimed where no pair matched.

    Args:
        people: P.
        each: Pictures of each, in the mean.
    """
    return min(1.0, 8 / (people * (people - 1) * min(each, 5))) if people > 1 else 1.0


def people_for(rate: float, each: float) -> int:
    """How many people it takes to claim an FMR as small as `rate`."""
    return int(np.ceil(0.5 + np.sqrt(0.25 + 8 / (rate * min(each, 5)))))


def interval(rate: np.ndarray, trials: float | np.ndarray) -> np.ndarray:
    """95 % intervals of proportions (Clopper & Pearson 1934), as (2, N): the lower and the upper
    ends.

    Args:
        rate: (N,) proportions, 0..1.
        trials: How many independent trials they rest on; need not be whole.
    """
    from scipy.stats import beta

    hits = np.asarray(rate) * trials
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, beta.ppf(0.025, hits, trials - hits + 1), 0.0)
        high = np.where(hits < trials, beta.ppf(0.975, hits + 1, trials - hits), 1.0)
    return np.stack([np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=1.0)])
