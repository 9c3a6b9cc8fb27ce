"""Operating curves against scikit-learn, scipy and brute force, on random distances."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from made_people import TOP, random_set

from plugins.shared.faces.measured.measuring import effective_trials, measure, pairs
from plugins.shared.faces.measured.operating_curves import (
    BINS,
    OperatingCurve,
    equal_error_rate,
    matched,
)
from plugins.shared.faces.measured.prediction import interval


def pair_lists(distance, names):
    """Every pair by two loops: its distance, and whether it shows one person."""
    rows = [
        (distance[a, b], names[a] == names[b])
        for a, b in itertools.combinations(range(len(names)), 2)
    ]
    values, genuine = map(np.array, zip(*rows, strict=True))
    return values, genuine


def curve_of(genuine, impostor, top: float = TOP, **more) -> OperatingCurve:
    """A curve straight from two lists of distances."""
    cells = [
        np.clip(np.ceil(np.array(d) / top * BINS) - 1, 0, BINS - 1) for d in (genuine, impostor)
    ]
    return OperatingCurve(top, *(np.bincount(c.astype(int), minlength=BINS) for c in cells), **more)


SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_rates_by_counting(seed):
    distance, names = random_set(seed)
    values, genuine = pair_lists(distance, names)
    curve = measure(distance, names, TOP)
    assert curve.genuine.sum() == genuine.sum() and curve.impostor.sum() == (~genuine).sum()
    for i in range(0, BINS, 37):
        tau = curve.thresholds[i]
        assert curve.fmr[i] == pytest.approx((values[~genuine] <= tau).mean(), abs=1e-12)
        assert curve.fnmr[i] == pytest.approx((values[genuine] > tau).mean(), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_roc_and_area_against_scikit_learn(seed):
    """scikit-learn gets each distance as the grid's next threshold, where the curve counts it."""
    from sklearn.metrics import roc_auc_score, roc_curve

    distance, names = random_set(seed)
    values, genuine = pair_lists(distance, names)
    curve = measure(distance, names, TOP)
    on_grid = curve.thresholds[np.searchsorted(curve.thresholds, values)]
    fpr, tpr, thresholds = roc_curve(genuine, -on_grid, drop_intermediate=False)
    at = np.rint(-thresholds[1:] / TOP * BINS).astype(int)
    assert curve.fmr[at] == pytest.approx(fpr[1:], abs=1e-12)
    assert 1 - curve.fnmr[at] == pytest.approx(tpr[1:], abs=1e-12)
    assert curve.area == pytest.approx(roc_auc_score(genuine, -values), abs=1e-12)
    grid = replace(curve, exact=None)
    assert grid.area == pytest.approx(roc_auc_score(genuine, -on_grid), abs=1e-9)
    assert grid.area == pytest.approx(curve.area, abs=1e-3) and 0.55 < curve.area < 1


@pytest.mark.parametrize("seed", SEEDS)
def test_det_against_scikit_learn(seed):
    from sklearn.metrics import det_curve

    distance, names = random_set(seed)
    values, genuine = pair_lists(distance, names)
    curve = measure(distance, names, TOP)
    on_grid = curve.thresholds[np.searchsorted(curve.thresholds, values)]
    fpr, fnr, thresholds = det_curve(genuine, -on_grid)
    finite = np.isfinite(thresholds)
    fpr, fnr = fpr[finite], fnr[finite]
    at = np.rint(-thresholds[finite] / TOP * BINS).astype(int)
    assert len(at) > 80
    assert curve.fmr[at] == pytest.approx(fpr, abs=1e-12)
    assert curve.fnmr[at] == pytest.approx(fnr, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_accuracy_against_scikit_learn(seed):
    from sklearn.metrics import balanced_accuracy_score

    distance, names = random_set(seed)
    values, genuine = pair_lists(distance, names)
    curve = measure(distance, names, TOP)
    every = [
        balanced_accuracy_score(genuine, values <= tau) for tau in curve.thresholds[:: BINS // 50]
    ]
    assert curve.accuracy[:: BINS // 50] == pytest.approx(every, abs=1e-12)
    best = balanced_accuracy_score(genuine, values <= curve.best_threshold)
    assert best == pytest.approx(curve.accuracy.max(), abs=1e-12) and best >= max(every) - 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_eer_against_brute_force(seed):
    """Walk every threshold of the grid, and the straight lines between, in small steps."""
    distance, names = random_set(seed)
    curve = replace(measure(distance, names, TOP), exact=None)
    fine = np.linspace(0, TOP, 200 * BINS + 1)
    fmr, fnmr = (np.interp(fine, curve.thresholds, r) for r in (curve.fmr, curve.fnmr))
    nearest = np.argmin(np.abs(fmr - fnmr))
    assert curve.eer == pytest.approx((fmr[nearest] + fnmr[nearest]) / 2, abs=2e-4)
    gaps = [abs(a - b) for a, b in zip(curve.fmr, curve.fnmr, strict=True)]
    assert gaps[round(curve.eer_threshold / TOP * BINS)] == min(gaps)
    assert 0 < curve.eer < 0.5


@pytest.mark.parametrize("scale", [1, 1e-2, 1e-4])
def test_encodings_that_shrink_keep_their_eer(scale):
    """Bins over the whole range gave 50 % where all distances lay in one of them."""
    distance, names = random_set(2, people=12)
    values, genuine = pair_lists(distance, names)
    curve = measure(distance * scale, names, TOP)
    ends = [((values[~genuine] <= tau).mean(), (values[genuine] > tau).mean()) for tau in values]
    fmr, fnmr = min(ends, key=lambda both: abs(both[0] - both[1]))
    assert curve.eer == pytest.approx((fmr + fnmr) / 2, abs=0.01) and curve.eer < 0.3
    low, high = curve.eer_interval
    assert 0 <= low < curve.eer < high < 0.6
    assert curve.eer_draws.mean() == pytest.approx(curve.eer, abs=0.03)


def test_eer_by_hand():
    assert equal_error_rate(np.array([0, 0.1, 0.3, 1]), np.array([1, 0.3, 0.1, 0])) == (
        pytest.approx(0.2)
    )
    assert equal_error_rate(np.array([0, 0, 1.0]), np.array([1.0, 0, 0])) == 0
    assert equal_error_rate(np.array([0, 1.0]), np.array([1.0, 0])) == 0.5
    assert np.isnan(equal_error_rate(np.array([0, np.nan]), np.array([1.0, 0])))


def test_a_distance_on_an_edge_matches_at_that_threshold():
    names = ["a", "a", "b"]
    distance = np.array([[0, 0.5, 1.5], [0.5, 0, 2.5], [1.5, 2.5, 0]])
    curve = measure(distance, names, TOP)
    at = BINS // 4
    assert (curve.fnmr[at - 1], curve.fnmr[at]) == (1, 0)
    assert (curve.fmr[3 * at - 1], curve.fmr[3 * at]) == (0, 0.5)
    assert curve.impostor[-1] == 1 and curve.fmr[-1] == 1  # beyond the top counts as the top


def test_rates_rise_and_fall():
    for seed in SEEDS:
        curve = measure(*random_set(seed), TOP)
        assert (np.diff(curve.fmr) >= 0).all() and (np.diff(curve.fnmr) <= 0).all()
        assert (curve.fmr[0], curve.fnmr[0]) == (0, 1) and (curve.fmr[-1], curve.fnmr[-1]) == (1, 0)
        assert len(curve.thresholds) == len(curve.fmr) == len(curve.accuracy) == BINS + 1


@pytest.mark.parametrize("wanted", [0, 0.001, 0.01, 0.1, 0.5, 1])
def test_threshold_for_a_wanted_fmr(wanted):
    for seed in SEEDS:
        distance, names = random_set(seed)
        values, genuine = pair_lists(distance, names)
        curve = measure(distance, names, TOP)
        tau = curve.threshold_for_fmr(wanted)
        assert (values[~genuine] <= tau).mean() <= wanted
        if tau < TOP:  # the next threshold would be too much
            assert (values[~genuine] <= tau + TOP / BINS).mean() > wanted


def test_the_best_threshold_is_the_middle_of_the_gap():
    curve = curve_of([0.1, 0.2, 0.4], [0.8, 1.0, 1.9])
    assert curve.accuracy.max() == 1 and curve.eer == 0 and curve.area == 1
    assert curve.best_threshold == pytest.approx(0.6, abs=0.002)
    assert 0.4 <= curve.eer_threshold < 0.8


@pytest.mark.parametrize(
    ("asked", "read"), [(0, 0), (TOP, TOP), (7.0, TOP), (-1, 0), (0.6009, 0.6), (0.601001, 0.602)]
)
def test_at_takes_the_nearest_threshold(asked, read):
    curve = measure(*random_set(0), TOP)
    point = curve.at(asked)
    assert point.threshold == pytest.approx(read)
    i = round(read / TOP * BINS)
    assert (point.fmr.value, point.fnmr.value) == (curve.fmr[i], curve.fnmr[i])
    assert point.accuracy == curve.accuracy[i]
    for rate in (point.fmr, point.fnmr):
        assert 0 <= rate.low <= rate.value <= rate.high <= 1
        assert rate.low < rate.high


@pytest.mark.parametrize("side", ["genuine", "impostor"])
def test_an_empty_side_is_not_known_and_nothing_breaks(side):
    """One person alone, or people with one picture each."""
    count = 5
    names = ["a"] * count if side == "impostor" else [f"p{i}" for i in range(count)]
    distance = random_set(0, 1, count)[0]
    curve = measure(distance, names, TOP)
    assert getattr(curve, side).sum() == 0
    empty, full = ("fmr", "fnmr") if side == "impostor" else ("fnmr", "fmr")
    assert np.isnan(getattr(curve, empty)).all() and not np.isnan(getattr(curve, full)).any()
    point = curve.at(0.6)
    assert np.isnan(getattr(point, empty).value)
    for rate in (point.fmr, point.fnmr):
        assert np.isnan((rate.low, rate.high)).all(), "nothing is claimed of others"
    assert np.isnan(curve.eer) and np.isnan(curve.area)
    assert np.isnan(curve.best_threshold) and np.isnan(curve.eer_threshold)
    known = curve.threshold_for_fmr(0.01)
    assert np.isnan(known) if side == "impostor" else 0 <= known < TOP
    assert curve.effective is None and curve.eer_interval is None


@pytest.mark.parametrize("trials", [1, 7, 100, 5000])
def test_intervals_against_scipy(trials):
    from scipy.stats import binomtest

    hits = np.unique(np.linspace(0, trials, 12).astype(int))
    low, high = interval(hits / trials, trials)
    for k, (hit, a, b) in enumerate(zip(hits, low, high, strict=True)):
        exact = binomtest(int(hit), trials).proportion_ci(0.95, method="exact")
        assert (a, b) == (
            pytest.approx(exact.low, abs=1e-9),
            pytest.approx(exact.high, abs=1e-9),
        ), k


def test_an_interval_without_trials_is_everything():
    assert interval(np.array([np.nan]), 0).tolist() == [[0], [1]]


def test_intervals_of_parts_of_trials_lie_between():
    low, high = interval(np.array([0.2]), 12.5)
    around = [interval(np.array([0.2]), n) for n in (10, 15)]
    assert around[0][0] < low < around[1][0] < 0.2 < around[1][1] < high < around[0][1]


def test_pairs_each_once():
    i, j, genuine = pairs(["a", "b", "a", "c"])
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == list(
        itertools.combinations(range(4), 2)
    )
    assert genuine.tolist() == [False, True, False, False, False, False]


def test_matched_by_hand():
    assert matched(np.array([1, 0, 3])).tolist() == [0, 0.25, 0.25, 1]
    assert np.isnan(matched(np.zeros(3))).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_never_worth_more_than_the_pairs_there_are(seed):
    distance, names = random_set(seed, people=5 + 3 * seed, each=2 + seed % 3)
    curve = measure(distance, names, TOP)
    genuine, impostor = curve.effective
    assert 0 < genuine <= curve.genuine.sum() and 0 < impostor <= curve.impostor.sum()
    low, high = curve.eer_interval
    assert 0 <= low <= curve.eer <= high <= 1 and low < high


def test_the_same_set_gives_the_same_interval():
    distance, names = random_set(3)
    assert measure(distance, names, TOP).eer_interval == measure(distance, names, TOP).eer_interval
    other = measure(distance, names, TOP, seed=1).eer_interval
    assert other != measure(distance, names, TOP).eer_interval


def test_order_and_names_do_not_matter():
    distance, names = random_set(4)
    order = np.random.default_rng(0).permutation(len(names))
    shuffled = measure(distance[np.ix_(order, order)], [names[k] for k in order], TOP)
    straight = measure(distance, names, TOP)
    assert np.array_equal(shuffled.genuine, straight.genuine)
    assert np.array_equal(shuffled.impostor, straight.impostor)


@pytest.mark.parametrize("seed", range(3))
def test_copies_of_pictures_add_pairs_but_no_knowledge(seed):
    """Every picture four times: sixteen times the impostor pairs, and no narrower intervals."""
    distance, names = random_set(seed, people=12)
    once = measure(distance, names, TOP)
    copies = np.repeat(np.arange(len(names)), 4)
    often = measure(distance[np.ix_(copies, copies)], [names[k] for k in copies], TOP)
    assert often.impostor.sum() == 16 * once.impostor.sum()
    assert once.effective[1] / 2 < often.effective[1] < 2 * once.effective[1]
    tau = once.eer_threshold
    widths = [point.fmr.high - point.fmr.low for point in (once.at(tau), often.at(tau))]
    assert widths[1] > 0.6 * widths[0]
    believed = interval(often.fmr[[round(tau / TOP * BINS)]], often.impostor.sum())
    assert widths[1] > 3 * float(believed[1, 0] - believed[0, 0])


def test_more_people_narrow_the_interval():
    widths = []
    for people in (6, 24, 80):
        low, high = measure(*random_set(5, people, 4), TOP).eer_interval
        widths.append(high - low)
    assert widths[0] > widths[1] > widths[2] > 0


def test_no_error_seen_is_not_no_error():
    distance, names = random_set(0, people=6, each=3, spread=0.01)
    curve = measure(distance, names, TOP)
    assert curve.eer == 0
    low, high = curve.eer_interval
    assert low == 0 and 0.2 < high < 1, "six people tell little"


def test_the_interval_covers_the_truth():
    """Of 40 random sets, the 95 % interval must miss the EER of a very large set rarely."""
    truth = measure(*random_set(999, people=220, each=6), TOP).eer
    hits = 0
    for seed in range(40):
        low, high = measure(*random_set(seed, people=25, each=4), TOP).eer_interval
        hits += low <= truth <= high
    assert hits >= 33


@pytest.mark.parametrize("people", [2, 4])
def test_few_people_have_rates_and_no_range(people):
    curve = measure(*random_set(0, people=people), TOP)
    assert curve.eer_interval is None and not np.isnan(curve.eer)
    point = curve.at(0.6)
    assert np.isnan((point.fmr.low, point.fmr.high, point.fnmr.low, point.fnmr.high)).all()
    assert not np.isnan((point.fmr.value, point.fnmr.value)).any()


def test_effective_trials_of_coin_tosses():
    """Draws that scatter as 50 trials do are worth about 50, and never more than were made."""
    random = np.random.default_rng(0)
    rate = np.array([0.0, 0.1, 0.3])
    draws = random.binomial(50, rate, (4000, 3)) / 50
    assert effective_trials(rate, draws, 1000) == pytest.approx(50, rel=0.1)
    assert effective_trials(rate, draws, 20) == 20
    assert effective_trials(np.zeros(3), np.zeros((5, 3)), 77) == 77
