"""The quick two directions, against full decompositions."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.triplet_finetuning.training.projection import into_map, turned, two_directions


@pytest.mark.parametrize("shape", [(40, 128), (300, 128), (5, 128), (2, 8)])
def test_they_are_those_of_a_singular_value_decomposition(shape):
    rng = np.random.default_rng(1)
    spread = np.r_[9.0, 4.0, np.ones(shape[1] - 2)]
    rows = rng.normal(size=shape) * spread
    rows -= rows.mean(axis=0)
    found = two_directions(rows)
    strength = np.linalg.svd(rows, compute_uv=False)
    assert (found**2).sum() == pytest.approx((strength[:2] ** 2).sum(), rel=0.02)
    assert found[:, 0] @ found[:, 0] >= found[:, 1] @ found[:, 1] * 0.9


def test_points_that_are_all_one_stay_in_the_middle():
    flat = two_directions(np.zeros((4, 128)))
    assert np.isfinite(flat).all()
    np.testing.assert_array_equal(into_map(flat), 0.5)


def test_one_scale_for_both_axes():
    placed = into_map(np.array([[0.0, 0], [4, 1], [2, 2]]))
    assert placed.min() == pytest.approx(0.08) and placed.max() == pytest.approx(0.92)
    gaps = np.abs(placed[1] - placed[0])
    assert gaps[0] == pytest.approx(4 * gaps[1])


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_map_is_turned_to_lie_as_before(mirrored):
    from scipy.linalg import orthogonal_procrustes

    rng = np.random.default_rng(2)
    before = rng.uniform(0.3, 0.7, (20, 2))
    angle = 2.2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    before -= before.mean(axis=0)
    now = before @ turn * (np.array([1, -1]) if mirrored else 1)
    np.testing.assert_allclose(turned(now, before), before, atol=1e-9)
    rough = now + rng.normal(0, 0.02, now.shape)
    best = rough @ orthogonal_procrustes(rough, before)[0]
    np.testing.assert_allclose(turned(rough, before), best, atol=1e-9)
