"""Prediction intervals against brute force, the note's table and other people."""

from __future__ import annotations

import numpy as np
import pytest
from made_people import TOP, random_set

from plugins.shared.faces.measured.measuring import measure, pairs
from plugins.shared.faces.measured.operating_curves import BINS
from plugins.shared.faces.measured.prediction import (
    Evidence,
    interval,
    people_for,
    predicted,
    resolved,
    width,
)


@pytest.mark.parametrize("seed", range(3))
def test_leaving_one_person_out_by_doing_so(seed):
    distance, names = random_set(seed, people=7, each=3 + seed)
    curve, people = measure(distance, names, TOP), np.array(names)
    without = []
    for name in np.unique(people):
        kept = np.flatnonzero(people != name)
        without.append(measure(distance[np.ix_(kept, kept)], list(people[kept]), TOP))
    for kind, known in zip(("fnmr", "fmr"), curve.evidence, strict=True):
        rates = np.array([getattr(one, kind) for one in without])
        assert known.people == 7
        assert known.variance == pytest.approx(6 / 7 * ((rates - rates.mean(0)) ** 2).sum(0))


@pytest.mark.parametrize("seed", range(3))
def test_who_carries_the_errors_by_counting(seed):
    distance, names = random_set(seed, people=6)
    curve, people = measure(distance, names, TOP), np.array(names)
    i, j, genuine = pairs(names)
    for at in (0, 100, 250, 400, BINS):
        match = distance[i, j] <= curve.thresholds[at]
        alone = {people[a] for a in i[genuine & ~match]}
        both = {
            frozenset((people[a], people[b]))
            for a, b in zip(i[~genuine & match], j[~genuine & match], strict=True)
        }
        assert curve.evidence[0].carriers[at] == len(alone)
        assert curve.evidence[1].carriers[at] == len(both)


def test_errors_of_few_people_may_be_missing_among_others():
    known = Evidence(20, np.array([1e-4, 1e-4]), np.array([5, 6]), paired=True)
    low, high = predicted(np.array([0.02, 0.02]), 19_000, 100, known)
    assert low[0] == 0 < low[1] < 0.02 < high[1] == high[0]


@pytest.mark.parametrize("seed", range(3))
def test_the_ends_rise_or_fall_as_their_rates_do(seed):
    curve = measure(*random_set(seed, people=9), TOP)
    assert (np.diff(curve.fmr_interval(), axis=1) >= 0).all()
    assert (np.diff(curve.fnmr_interval(), axis=1) <= 0).all()
    for rate, (low, high) in (
        (curve.fmr, curve.fmr_interval()),
        (curve.fnmr, curve.fnmr_interval()),
    ):
        assert (low <= rate).all() and (rate <= high).all()


def test_no_error_is_bounded_by_the_people():
    known = Evidence(20, np.zeros(1), np.zeros(1, int), paired=True)
    low, high = predicted(np.zeros(1), 19_000, 19_000, known)
    assert low == 0 and high == pytest.approx(interval(np.zeros(1), 190 * width(20))[1])
    assert 0.02 < high[0] < 0.06


def test_more_other_people_scatter_less():
    curve = measure(*random_set(2, people=30), TOP)
    at = int(np.flatnonzero(curve.fmr <= 0.05)[-1])
    ends = [curve.fmr_interval(later)[:, at] for later in (10, 30, 1000)]
    assert [np.ptp(one) for one in ends] == sorted((np.ptp(one) for one in ends), reverse=True)


def test_fewer_than_five_people_tell_nothing_of_others():
    known = Evidence(4, np.full(3, 1e-3), np.full(3, 9), paired=True)
    assert np.isnan(predicted(np.full(3, 0.1), 100, 50, known)).all()
    assert np.isnan(predicted(np.full(3, 0.1), 100, 50, None)).all()


@pytest.mark.parametrize(
    ("people", "rate"), [(5, 0.08), (10, 0.0178), (20, 0.0042), (40, 0.00103), (100, 0.00016)]
)
def test_what_so_many_people_can_show(people, rate):
    assert resolved(people, each=5) == pytest.approx(rate, rel=0.02) == resolved(people, each=9)
    assert resolved(people, each=1) == pytest.approx(5 * rate, rel=0.02)
    needed = people_for(rate, each=10)
    assert resolved(needed, 10) <= rate < resolved(needed - 1, 10)


def test_the_intervals_hold_what_other_people_have():
    """30 sets of 15 people, and 15 others of the same kind."""
    held = []
    for seed in range(30):
        ours = measure(*random_set(seed, people=15, each=4), TOP)
        theirs = measure(*random_set(1000 + seed, people=15, each=4), TOP)
        for kind, ends in (("fmr", ours.fmr_interval()), ("fnmr", ours.fnmr_interval())):
            at = int(np.argmin(np.abs(getattr(ours, kind) - 0.05)))
            held.append(ends[0, at] <= getattr(theirs, kind)[at] <= ends[1, at])
        low, high = ours.eer_interval
        held.append(low <= theirs.eer <= high)
    assert np.mean(held) > 0.9, f"{np.mean(held):.3f}"
