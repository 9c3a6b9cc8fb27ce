"""What is expected of a gallery of K people, against the stored measurements, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from plugins.face_identification.error_rates import Basis, at, basis, outlook, threshold_for
from plugins.face_identification.k_laboratory.k_curve import k_curve
from plugins.face_identification.k_laboratory.laboratory import KSurvey
from plugins.face_identification.k_laboratory.stored import StoredKCurve
from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.measured.measuring import measure
from plugins.shared.faces.measured.operating_curves import BINS, OperatingCurve
from plugins.shared.faces.measured.stored_curves import StoredCurve
from tests.shared.faces import real


@pytest.fixture(scope="module")
def card():
    (card,) = real.weights().cards((real.DLIB,))
    return card


@pytest.fixture(scope="module")
def known(card) -> Basis:
    """The stored measurements on ORL."""
    return basis(card)


@pytest.fixture
def made(card) -> Basis:
    """1,000 impostor pairs: one in each bin from 0.4 on, so FMR(tau) = (tau - 0.4) * 500 / 800;
    the rest lies in the last bin. No galleries were searched.
    """
    genuine, impostor = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    genuine[:400], impostor[200:], impostor[-1] = 1, 1, 201
    curve = OperatingCurve(2.0, genuine, impostor)
    stored = StoredCurve("A set", "made up", 9, 9, 9, "2026-11-24", "none", {"euclidean": curve})
    return Basis(card, "euclidean", stored, None)


def on_grid(tau: float, metric: str = "euclidean") -> bool:
    steps = tau / METRICS[metric].step
    return abs(steps - round(steps)) < 1e-6


def test_the_stored_measurements_are_found(known):
    assert known.metric == "euclidean"
    assert known.curve.people == known.growth.people == 40
    assert known.pairs is known.curve.by_metric["euclidean"]
    assert known.growth.curve.reach == 39


def test_tau_holds_one_percent_on_the_measured_curve_and_not_much_less(known):
    curve = known.growth.curve
    cells = {round(float(tau), 6): i for i, tau in enumerate(curve.taus)}
    for row, k in enumerate(curve.ks[:39]):
        tau, why = threshold_for(known, int(k))
        assert why.startswith(f"FPIR ≤ 1 % with {k} comparison") and "measured on" in why
        assert on_grid(tau)
        assert curve.fpir[row, cells[tau], 0] <= 0.01 + 5e-5, k  # stored in steps of 0.01 %
        looser = curve.fpir[row, cells[round(tau + 0.02, 6)], 0]
        assert looser > 0.01 or k > 37, "two steps more would not hold it"


def test_tau_never_rises_with_k(known):
    ks = [*range(1, 42), 60, 100, 300, 1000, 10**6, 10**9]
    taus = [threshold_for(known, k)[0] for k in ks]
    assert taus == sorted(taus, reverse=True) and taus[0] - taus[38] > 0.05
    assert threshold_for(known, 0) == threshold_for(known, 1)


def test_beyond_what_was_measured_the_fmr_predicts(known):
    pairs = known.pairs
    for k in (40, 100, 500):
        tau, why = threshold_for(known, k)
        assert "predicted" in why and on_grid(tau)
        allowed = 1 - 0.99 ** (1 / k)
        edges = np.flatnonzero(pairs.fmr <= allowed)[-1] * pairs.top / BINS
        assert 0 <= edges - tau < 0.01, "the grid's largest threshold that holds it"


def test_prediction_by_hand(made):
    # 1 - (1 - FMR)^1 = 1 % is FMR = 10 of 1,000 pairs: ten bins of 0.002 above 0.4.
    why = "FPIR ≤ 1 % with 1 comparison a search, predicted from A set"
    assert threshold_for(made, 1) == (0.42, why)
    # 1 - 0.99^(1/3) = 0.335 %: three pairs, 0.406, and the slider's step below that is 0.40.
    assert threshold_for(made, 3)[0] == 0.4
    assert threshold_for(made, 2)[0] == 0.41


def test_more_than_the_pairs_can_tell_is_said(known, made):
    tau, why = threshold_for(made, 100)  # would need an FMR of one in ten thousand
    assert tau == 0.4 and "too few to tell the FPIR with 100 comparisons" in why
    assert "1 %" not in why
    most = int(0.01 * known.pairs.impostor.sum())
    assert "predicted" in threshold_for(known, most)[1]
    assert "too few to tell" in threshold_for(known, 2 * most)[1]


def test_a_network_without_measurement(card):
    for changed, wanted, says in (
        (replace(card, sha256="0" * 64), card.threshold, "nothing was measured here"),
        (replace(card, name="other.tag", threshold=None), 0.67, "a guess"),
        (replace(card, name="cosine.test", threshold=None, distance="cosine"), 0.666, "a guess"),
    ):
        unknown = basis(changed)
        assert unknown.curve is unknown.growth is unknown.pairs is None
        tau, why = threshold_for(unknown, 50)
        assert tau == pytest.approx(wanted) and says in why
        ahead = outlook(unknown, 50, 2.0)
        assert ahead.fpir is ahead.fnir is None and not ahead.measured
        assert ahead.thresholds[-1] == pytest.approx(2.0) and on_grid(
            ahead.thresholds[7], unknown.metric
        )
        assert at(ahead.thresholds, ahead.fpir, 0.5) is None


@pytest.mark.parametrize("comparisons", [1, 17, 39, 40, 5000])
def test_the_outlook_lies_on_the_sliders_grid(known, comparisons):
    ahead = outlook(known, comparisons, known.pairs.reach)
    assert ahead.thresholds == pytest.approx(np.arange(111) * 0.01)
    assert len(ahead.fpir) == len(ahead.fnir) == 111
    assert (np.diff(ahead.fpir) >= -1e-12).all() and (np.diff(ahead.fnir) <= 1e-12).all()
    assert ((0 <= ahead.fpir) & (ahead.fpir <= 1)).all() and ahead.fnir[0] > 0.99
    assert ahead.measured == (comparisons <= 39)
    assert ("random galleries" in ahead.why) == ahead.measured


def test_the_outlook_says_what_was_measured(known):
    curve, ahead = known.growth.curve, outlook(known, 17, known.pairs.reach)
    for tau in (0.3, 0.5, 0.61):
        cell = int(np.argmin(abs(curve.taus - tau)))
        assert at(ahead.thresholds, ahead.fpir, tau) == pytest.approx(curve.fpir[16, cell, 0])
        assert at(ahead.thresholds, ahead.fnir, tau) == pytest.approx(curve.fnir[16, cell, 0])


def test_the_outlook_predicts_by_hand(made):
    ahead = outlook(made, 100, 1.0)
    assert ahead.why.startswith("FPIR = 1 − (1 − FMR)^100, and FNIR is at least the FNMR")
    assert at(ahead.thresholds, ahead.fpir, 0.40) == 0
    assert at(ahead.thresholds, ahead.fpir, 0.42) == pytest.approx(1 - 0.99**100)
    assert at(ahead.thresholds, ahead.fnir, 0.40) == pytest.approx(0.5)
    assert at(ahead.thresholds, ahead.fnir, 0.80) == pytest.approx(0)
    assert ahead.maybe == pytest.approx(0.40), "one more step, and 63 % of strangers are named"
    assert outlook(made, 1, 1.0).maybe == pytest.approx(0.6), "100 bins of 0.002 above 0.4"


def test_nobody_enrolled_has_no_rates(known):
    empty = outlook(known, 0, 1.0)
    assert empty.fpir is empty.fnir is empty.ranges is empty.maybe is None
    assert "Nobody is enrolled" in empty.why


@pytest.mark.parametrize("comparisons", [1, 17, 60])
def test_other_people_lie_around_the_rates(known, made, comparisons):
    ahead = outlook(known, comparisons, known.pairs.reach)
    tau, _ = threshold_for(known, comparisons)
    for (low, high), rate in zip(ahead.ranges, (ahead.fpir, ahead.fnir), strict=True):
        assert (low <= rate).all() and (rate <= high).all() and (high <= 1).all()
    low, high = (at(ahead.thresholds, end, tau) for end in ahead.ranges[0])
    assert low < 0.01 < high, "a tau for 1 % does not hold 1 % on other people"
    cell = round(tau / known.pairs.top * BINS)
    bound = 1 - (1 - known.pairs.fmr_interval()[1, cell]) ** comparisons
    assert at(ahead.thresholds, ahead.ranges[0][1], tau) == pytest.approx(bound)
    assert np.isnan(outlook(made, comparisons, 1.0).ranges[0]).all(), (
        "what is not known is not told"
    )


def test_maybe_ends_where_one_stranger_in_ten_is_named(known):
    for comparisons in (1, 17, 39, 500):
        ahead = outlook(known, comparisons, known.pairs.reach)
        assert ahead.maybe > threshold_for(known, comparisons)[0]
        i = int(np.argmin(np.abs(ahead.thresholds - ahead.maybe)))
        assert ahead.fpir[i] <= 0.1 < ahead.fpir[i + 1]


def test_a_set_of_ones_own_comes_first(known, card):
    chance = np.random.default_rng(0)
    people = [f"p{i}" for i in range(8) for _ in range(3)]
    middle = np.repeat(chance.normal(size=(8, 4)), 3, axis=0)
    encodings = middle + 0.05 * chance.normal(size=middle.shape)
    table = distances(encodings, encodings, "euclidean")
    about = {"title": "Mine", "source": "", "pictures": 24, "date": "", "command": ""}
    grown = StoredKCurve(**about, metric="euclidean", curve=k_curve(table, people, replicates=20))
    curve = {"euclidean": measure(table, people, 2.0)}
    pairs = StoredCurve(**about, people=8, faces=24, by_metric=curve)
    own = KSurvey(card.name, grown, pairs, ())
    mine = basis(card, own)
    assert (mine.curve, mine.growth) == (pairs, grown)
    tau, why = threshold_for(mine, 3)
    assert tau != threshold_for(known, 3)[0] and why.endswith("measured on Mine")
    assert "of Mine" in outlook(mine, 3, 1.0).why
    assert basis(card, KSurvey("another.network", grown, pairs, ())).curve is known.curve
