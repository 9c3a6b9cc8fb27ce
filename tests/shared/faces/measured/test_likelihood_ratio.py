"""Likelihood ratios against scipy's Gaussians, refits and the definitions."""

from __future__ import annotations

import numpy as np
import pytest
from made_people import random_set

from plugins.shared.faces.measured.likelihood_ratio import (
    cap,
    cllr,
    cllr_min,
    fit_ratio,
    log_ratio,
    support,
)
from plugins.shared.faces.measured.measuring import pairs


def of_set(seed: int, people: int = 12, each: int = 4, spread: float = 0.45):
    distance, names = random_set(seed, people, each, spread)
    return fit_ratio(distance, names), distance, names


@pytest.mark.parametrize("seed", range(3))
def test_two_gaussians(seed):
    from scipy.stats import norm

    ratio, distance, names = of_set(seed)
    i, j, genuine = pairs(names)
    found = distance[i, j]
    want = [found[genuine].mean(), found[genuine].std(ddof=1)]
    want += [found[~genuine].mean(), found[~genuine].std(ddof=1)]
    assert ratio.fit == pytest.approx(want)
    at = (ratio.fit[0] + ratio.fit[2]) / 2
    quotient = norm.logpdf(at, *ratio.fit[:2]) - norm.logpdf(at, *ratio.fit[2:])
    assert log_ratio(at, ratio.fit) == pytest.approx(quotient / np.log(10))


def test_leaving_one_person_out_by_doing_so():
    ratio, distance, names = of_set(1)
    people = np.array(names)
    for name, fit in zip(np.unique(people), ratio.fits, strict=True):
        kept = np.flatnonzero(people != name)
        again = fit_ratio(distance[np.ix_(kept, kept)], list(people[kept]))
        assert fit == pytest.approx(again.fit)


@pytest.mark.parametrize("fit", [(0.4, 0.1, 1.0, 0.2), (0.4, 0.2, 1.0, 0.1), (0.4, 0.1, 1.0, 0.1)])
def test_it_never_rises_with_the_distance(fit):
    values = log_ratio(np.linspace(0, 3, 400), np.array(fit))
    assert np.isfinite(values).all() and (np.diff(values) <= 1e-12).all() and np.ptp(values) > 1


def test_it_says_no_more_than_the_people_can_show():
    ratio, *_ = of_set(0, people=20, spread=0.02)
    near, far = ratio.read(0.0), ratio.read(5.0)
    assert (far.value, near.value) == pytest.approx((-np.log10(21), np.log10(191)))
    assert near.capped and far.capped and near.high == near.value
    assert cap(40) == pytest.approx((-1.6, 2.9), abs=0.05)
    assert cap(100) == pytest.approx((-2.0, 3.7), abs=0.05)


def test_the_interval_holds_the_value_and_narrows_with_people():
    reaches = []
    for people in (6, 20, 80):
        ratio, *_ = of_set(3, people=people)
        at = ratio.read((ratio.fit[0] + ratio.fit[2]) / 2)
        assert at.low <= at.value <= at.high
        reaches.append(at.high - at.low)
    assert reaches[0] > reaches[1] > reaches[2] > 0


def test_fewer_than_five_people_carry_none():
    distance, names = random_set(0, people=4)
    assert fit_ratio(distance, names) is None
    single = [f"{name}{i}" if i > 20 else name for i, name in enumerate(random_set(0, 8)[1])]
    assert len(set(single)) > 8 and fit_ratio(random_set(0, 8)[0], single) is None


def test_cllr_by_its_definition():
    log10, genuine = np.array([2.0, -1.0, 0.5, -3.0]), np.array([True, True, False, False])
    ratios = 10.0**log10
    want = np.mean(np.log2(1 + 1 / ratios[:2])) / 2 + np.mean(np.log2(1 + ratios[2:])) / 2
    assert cllr(log10, genuine) == pytest.approx(want)
    assert cllr(np.zeros(4), genuine) == pytest.approx(1), "no information"


def test_the_best_calibration_costs_least():
    ratio, distance, names = of_set(4)
    i, j, genuine = pairs(names)
    assert 0 < ratio.cllr_min <= ratio.cllr < ratio.cllr_min + 0.2
    assert cllr_min(np.array([1.0, 2.0, 3.0]), np.array([True, True, False])) == 0
    assert cllr_min(np.ones(4), np.array([True, False, True, False])) == pytest.approx(1)
    shuffled = np.random.default_rng(0).permutation(distance[i, j])
    assert cllr_min(shuffled, genuine) > 0.9


def test_what_reaches_a_ratio_falls():
    ratio, *_ = of_set(5)
    assert (ratio.tippett[:, 0] == 1).all() and (np.diff(ratio.tippett, axis=1) <= 0).all()
    middle = np.argmin(np.abs(ratio.points))
    assert ratio.tippett[0, middle] > 0.8 > 0.2 > ratio.tippett[1, middle]


def test_a_strong_ratio_is_rare_among_two_people():
    """Of later impostors at most one in LR reaches LR (Turing's rule), on other people."""
    ratio, *_ = of_set(6, people=40)
    _, distance, names = of_set(7, people=40)
    i, j, genuine = pairs(names)
    impostors = np.array([ratio.read(d).value for d in distance[i, j][~genuine]])
    for strength in (0.5, 1.0, 1.5):
        assert (impostors >= strength).mean() <= 10**-strength


@pytest.mark.parametrize(
    ("log10", "word"),
    [
        (0, "no support"),
        (0.5, "weak"),
        (-1.5, "moderate "),
        (2.9, "moderately strong"),
        (3.7, "strong "),
    ],
)
def test_the_verbal_scale(log10, word):
    assert support(log10).startswith(word)
