"""The map of the encodings: on its axes, within its margins, whatever it is given."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from plugins.shared.faces.encoding_map import LEAST_UMAP, MARGIN, METHODS, fit


def some(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 128)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 3, 60])
def test_all_points_lie_within_the_margins(count):
    points = fit(some(count)).points
    assert points.shape == (count, 2)
    assert points.min() >= MARGIN - 1e-9 and points.max() <= 1 - MARGIN + 1e-9


def test_the_two_directions_of_greatest_spread_are_kept():
    random = np.random.default_rng(1)
    table = np.zeros((40, 128))
    table[:, 7], table[:, 90] = random.normal(0, 5, 40), random.normal(0, 2, 40)
    made = fit(table + random.normal(0, 0.01, table.shape))
    across, down = (np.abs(np.corrcoef(made.points[:, i], table[:, j])[0, 1]) for i, j in
                    ((0, 7), (1, 90)))  # fmt: skip
    assert across > 0.999 and down > 0.97
    assert "100 %" in made.words
    spans = np.ptp(made.points, axis=0)
    assert spans[0] / spans[1] == pytest.approx(
        np.ptp(table[:, 7]) / np.ptp(table[:, 90]), rel=0.15
    )


def test_a_probe_lands_where_its_twin_lies_and_far_ones_stay_on_the_map():
    table = some(20)
    made = fit(table)
    places = made.project(table[[4, 9]])
    assert np.allclose(places.points, made.points[[4, 9]], atol=1e-6) and not places.outside.any()
    far = made.project(table[:1] * 100)
    assert far.outside.all() and (far.points >= 0).all() and (far.points <= 1).all()


def test_identical_points_and_the_same_map_again():
    same = fit(np.ones((5, 128)))
    assert np.allclose(same.points, 0.5) and np.isfinite(same.project(np.zeros(128)).points).all()
    assert np.array_equal(fit(some(30)).points, fit(some(30)).points)


def test_umap_is_offered_where_it_is_installed_and_few_points_are_drawn_by_pca():
    assert ("UMAP", "umap") in METHODS or find_spec("umap") is None
    made = fit(some(LEAST_UMAP - 1), "umap")
    assert "this is PCA" in made.words and made.points.shape == (LEAST_UMAP - 1, 2)
