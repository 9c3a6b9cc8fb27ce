"""Random galleries of every size against loops over the same galleries, and by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from plugins.face_identification.k_laboratory import k_curve as growth
from plugins.face_identification.k_laboratory.k_curve import Replicates, k_curve, k_curve_steps
from plugins.face_identification.k_laboratory.open_set import KCurve
from plugins.shared.faces.distances import distances
from tests.face_identification.loops import (
    TAUS,
    by_loops,
    clean_set,
    gallery_fpir,
    random_set,
    refusal,
    share,
    summed,
)


@pytest.fixture
def galleries(monkeypatch):
    """The galleries that a curve draws, each a list of photos in order."""
    drawn, real = [], growth._gallery

    def kept(who, random):
        enrolled, place = real(who, random)
        drawn.append(enrolled.tolist())
        return enrolled, place

    monkeypatch.setattr(growth, "_gallery", kept)
    return drawn


@pytest.mark.parametrize("seed", range(4))
def test_a_curve_is_what_loops_over_its_galleries_count(seed, galleries):
    points, names = random_set(seed)
    distance = distances(points, points, "euclidean")
    curve = k_curve(distance, names, taus=TAUS, replicates=12, seed=seed)
    for photos in galleries:
        assert sorted(names[i] for i in photos) == sorted(set(names)), "one photo of everybody"
    assert len({tuple(photos) for photos in galleries}) == 12, "galleries differ"
    fpir, fnir, rank1 = by_loops(distance, names, galleries, TAUS)
    for measured, looped in ((curve.fpir, fpir), (curve.fnir, fnir), (curve.rank1, rank1)):
        np.testing.assert_allclose(measured, summed(looped), atol=2e-6)
    assert curve.ks.tolist() == [1, 2, 3, 4, 5, 6] and curve.reach == 5
    assert (curve.people, curve.faces, curve.replicates) == (6, len(names), 12)
    assert np.isnan(curve.fpir[-1]).all() and np.isnan(curve.tau_at[-1]).all()
    assert np.isfinite(curve.fnir[-1]).all() and np.isfinite(curve.rank1[-1]).all()


@pytest.mark.parametrize("seed", range(3))
def test_tau_holds_one_percent_and_the_next_step_does_not(seed, galleries):
    points, names = random_set(seed, sizes=(30,) * 4, spread=0.3)
    distance = distances(points, points, "euclidean")
    fine = np.linspace(0, distance.max(), growth.FINE + 1)
    curve = k_curve(distance, names, taus=fine, replicates=6)
    for k in (1, 2, 3):
        fpir = np.array([gallery_fpir(distance, names, photos[:k], fine) for photos in galleries])
        own = [max(fine[rates <= 0.01]) for rates in fpir]
        mean = max(fine[fpir.mean(axis=0) <= 0.01])
        low, high = np.percentile(own, [2.5, 97.5])
        assert curve.tau_at[k - 1] == pytest.approx([mean, low, high])
        assert min(own) < max(own)


def test_fmr_is_the_share_of_impostor_pairs():
    points, names = random_set(7)
    distance = distances(points, points, "euclidean")
    curve = k_curve(distance, names, taus=TAUS, replicates=3)
    impostors = [
        distance[i, j]
        for i, j in itertools.combinations(range(len(names)), 2)
        if names[i] != names[j]
    ]
    looped = [share([d <= tau for d in impostors]) for tau in TAUS]
    np.testing.assert_allclose(curve.fmr, looped, atol=1e-12)
    table = [[1 - (1 - f) ** k for f in looped] for k in curve.ks]
    np.testing.assert_allclose(curve.predicted(), table, atol=1e-12)


def test_a_clean_set_by_hand():
    distance, names = clean_set()
    curve = k_curve(distance, names, taus=[0, 0.5, 1.0], replicates=5)
    assert curve.fpir[:3].tolist() == [[[0, 0, 0], [0, 0, 0], [1, 1, 1]]] * 3
    assert not curve.fnir.any() and (curve.rank1 == 1).all()
    assert curve.tau_at[:3] == pytest.approx(np.full((3, 3), 0.999))
    assert curve.fmr.tolist() == [0, 0, 1]


def test_a_tie_is_an_error_as_soon_as_there_are_two_people():
    names = ["a", "a", "b", "b", "c"]
    curve = k_curve(np.ones((5, 5)), names, taus=[0.5, 1.0], replicates=8)
    assert curve.rank1[1:, 0].tolist() == [0, 0]
    assert curve.rank1[0, 0] == 1, "one person alone has no rival"
    assert curve.fnir[1:, :, 0].tolist() == [[1, 1]] * 2
    assert curve.fnir[0, :, 0].tolist() == [1, 0]


def test_one_is_always_found_first_in_a_gallery_of_one():
    points, names = random_set(3, spread=3)
    curve = k_curve(distances(points, points, "euclidean"), names, replicates=30)
    assert curve.rank1[0].tolist() == [1, 1, 1]
    assert curve.rank1[-1, 0] < 0.9, "the set is meant to be hard"


def test_the_mean_over_galleries_comes_to_the_exact_mean():
    points, names = random_set(5, sizes=(2, 2, 2))
    distance = distances(points, points, "euclidean")
    rows = [[i for i, n in enumerate(names) if n == name] for name in ("p0", "p1", "p2")]
    galleries = [
        photos for order in itertools.permutations(rows) for photos in itertools.product(*order)
    ]
    fpir, fnir, rank1 = (part.mean(axis=0) for part in by_loops(distance, names, galleries, TAUS))
    curve = k_curve(distance, names, taus=TAUS, replicates=4000)
    np.testing.assert_allclose(curve.fpir[:2, :, 0], fpir[:2], atol=0.03)
    np.testing.assert_allclose(curve.fnir[:, :, 0], fnir, atol=0.03)
    np.testing.assert_allclose(curve.rank1[:, 0], rank1, atol=0.03)


def test_chosen_sizes_are_measured_as_among_all():
    points, names = random_set(2)
    distance = distances(points, points, "euclidean")
    whole = k_curve(distance, names, taus=TAUS, replicates=9)
    some = k_curve(distance, names, ks=[2, 5], taus=TAUS, replicates=9)
    np.testing.assert_array_equal(some.fpir, whole.fpir[[1, 4]])
    np.testing.assert_array_equal(some.fnir, whole.fnir[[1, 4]])
    np.testing.assert_array_equal(some.tau_at, whole.tau_at[[1, 4]])


def test_one_seed_one_curve():
    points, names = random_set(2)
    distance = distances(points, points, "euclidean")
    before = distance.copy()
    first, again, other = (k_curve(distance, names, replicates=6, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.fpir, again.fpir)
    assert not np.array_equal(first.fpir, other.fpir, equal_nan=True)
    np.testing.assert_array_equal(distance, before)


def test_the_names_only_tell_people_apart():
    points, names = random_set(2)
    distance = distances(points, points, "euclidean")
    renamed = ["x" + name for name in names]
    one, other = (k_curve(distance, n, replicates=6) for n in (names, renamed))
    np.testing.assert_array_equal(one.fpir, other.fpir)


def test_steps_tell_how_far_it_is_and_can_be_left():
    distance, names = clean_set()
    steps = list(k_curve_steps(distance, names, replicates=4))
    assert steps[:-1] == [Replicates(i, 4) for i in (1, 2, 3, 4)]
    assert isinstance(steps[-1], KCurve)
    running = k_curve_steps(distance, names, replicates=4)
    assert next(running) == Replicates(1, 4)
    running.close()


def test_a_large_set_gets_fewer_galleries_and_says_so(monkeypatch):
    distance, names = clean_set(people=5, photos=4)
    monkeypatch.setattr(growth, "LOOK_UPS", 20 * 5 * 30)
    assert k_curve(distance, names).replicates == 30
    monkeypatch.setattr(growth, "LOOK_UPS", 1)
    assert k_curve(distance, names).replicates == 20, "never fewer than these"
    assert k_curve(distance, names, replicates=7).replicates == 7
    monkeypatch.setattr(growth, "LOOK_UPS", 1e9)
    monkeypatch.setattr(growth, "CELLS", 5 * 101 * 45)
    assert k_curve(distance, names).replicates == 45


def test_sets_that_cannot_be_searched_are_refused():
    ones = np.ones((4, 4))
    assert "one person" in refusal(lambda: k_curve(ones, ["a"] * 4))
    assert "one picture" in refusal(lambda: k_curve(ones, ["a", "b", "c", "d"]))
    assert "(4, 4)" in refusal(lambda: k_curve(ones, ["a", "a", "b"]))
    assert "finite" in refusal(lambda: k_curve(ones * np.nan, ["a", "a", "b", "b"]))


@pytest.mark.parametrize("ks", [[0, 1], [1, 5], [2, 1], [1, 1], []])
def test_sizes_that_cannot_be_are_refused(ks):
    distance, names = clean_set()
    assert "1 to 4" in refusal(lambda: k_curve(distance, names, ks=ks))


@pytest.mark.parametrize("taus", [[], [0.2, 0.1], [-0.1, 1], [0, math.nan], [0.1, 0.1]])
def test_thresholds_that_cannot_be_are_refused(taus):
    distance, names = clean_set()
    assert "rise" in refusal(lambda: k_curve(distance, names, taus=taus))
    assert "0 galleries" in refusal(lambda: k_curve(distance, names, replicates=0))
