"""The chance of an error among K, what to expect of a gallery, and the sizes that are measured."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.face_identification.k_laboratory.k_curve import k_curve
from plugins.face_identification.k_laboratory.open_set import (
    error_probability,
    expected,
    gallery_sizes,
)
from plugins.shared.faces.distances import distances
from tests.face_identification.loops import (
    TAUS,
    made_curve,
    random_set,
    refusal,
)


def test_the_sizes_that_are_measured():
    assert gallery_sizes(3).tolist() == [1, 2, 3]
    assert gallery_sizes(40).tolist() == list(range(1, 41))
    for people in (41, 500, 5749):
        sizes = gallery_sizes(people)
        assert sizes[0] == 1 and sizes[-2:].tolist() == [people - 1, people]
        assert len(sizes) <= 40 and (np.diff(sizes) > 0).all()


def test_the_course_and_daugman():
    assert error_probability(0.01, 100) == pytest.approx(0.6340, abs=1e-4)
    assert error_probability(0.001, 200) == pytest.approx(0.18, abs=0.005)
    assert error_probability(0.001, 2000) == pytest.approx(0.86, abs=0.005)


def test_error_probability_at_its_ends():
    assert error_probability(0.0, 1000) == 0
    assert error_probability(1.0, 1) == 1
    assert error_probability(1e-12, 10) == pytest.approx(1e-11, rel=1e-6)
    assert error_probability(np.array([0.0, 0.5]), 2).tolist() == [0, 0.75]


def test_expected_is_measured_where_it_was_measured():
    at = expected(made_curve(), np.array([0.5, 0.75]), np.array([0.2, 0.3]), 1)
    assert at.measured
    assert at.fpir == pytest.approx([0.05, 0.075]) and at.fnir == pytest.approx([0.5, 0.25])
    between = expected(made_curve(), 0.5, 0.2, 2)
    assert between.measured
    assert between.fpir == pytest.approx(0.1) and between.fnir == pytest.approx((0.5 + 0.5 / 3) / 2)
    assert expected(made_curve(), 0.5, 0.2, 3).fpir == pytest.approx(0.15)


def test_expected_is_predicted_elsewhere():
    for curve, k in ((made_curve(), 4), (made_curve(), 6), (made_curve(), 70), (None, 2)):
        at = expected(curve, 0.5, 0.02, k)
        assert not at.measured and at.fnir is None
        assert at.fpir == pytest.approx(1 - 0.98**k)
    assert not expected(made_curve(ks=(2, 3, 6)), 0.5, 0.02, 1).measured, "below what was measured"


def test_expected_of_a_measured_set_at_its_own_sizes():
    points, names = random_set(1)
    curve = k_curve(distances(points, points, "euclidean"), names, taus=TAUS, replicates=5)
    for row, k in enumerate(curve.ks[:-1]):
        at = expected(curve, TAUS, curve.fmr, int(k))
        np.testing.assert_allclose(at.fpir, curve.fpir[row, :, 0])
        np.testing.assert_allclose(at.fnir, curve.fnir[row, :, 0])


def test_nobody_enrolled_expects_nothing():
    assert "Nobody is enrolled" in refusal(lambda: expected(made_curve(), 0.5, 0.1, 0))
