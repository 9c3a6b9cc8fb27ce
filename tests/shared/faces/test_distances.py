"""Distances against hand-computed values and scipy."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.shared.faces.distances import METRICS, distances, metric_named
from weights.errors import ParagoneError


@pytest.mark.parametrize("metric", METRICS)
def test_by_hand(metric):
    assert distances(np.array([0.0, 0.0]), np.array([3.0, 4.0]), "euclidean")[0, 0] == 5
    left, right = np.array([4.0, 3.0]), np.array([3.0, 4.0])
    values = {"euclidean": 2**0.5, "squared": 2.0, "cosine": 1 - 24 / 25}
    found = distances(left, right, metric)
    assert found.shape == (1, 1) and found[0, 0] == pytest.approx(values[metric], abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_all_pairs_against_scipy(metric):
    from scipy.spatial import distance as scipy_distance

    random = np.random.default_rng(1)
    left, right = random.normal(size=(5, 128)), random.normal(size=(7, 128))
    found = distances(left.astype(np.float32), right.astype(np.float32), metric)
    assert found.shape == (5, 7) and found.dtype == np.float64
    single = getattr(scipy_distance, METRICS[metric].scipy)
    wanted = [[single(a, b) for b in right] for a in left]
    assert found == pytest.approx(np.array(wanted), rel=1e-5)


def test_the_squared_distance_is_the_square():
    random = np.random.default_rng(2)
    table = random.normal(size=(6, 32))
    root, square = (distances(table, table, name) for name in ("euclidean", "squared"))
    assert square == pytest.approx(root**2)


def test_unit_vectors_tie_cosine_to_euclidean():
    random = np.random.default_rng(3)
    table = random.normal(size=(6, 32))
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    squared, cosine = (distances(table, table, name) for name in ("squared", "cosine"))
    assert cosine == pytest.approx(squared / 2, abs=1e-12)
    assert squared.max() <= METRICS["squared"].top and cosine.max() <= METRICS["cosine"].top


@pytest.mark.parametrize("metric", METRICS)
def test_a_face_is_at_no_distance_from_itself_and_never_below(metric):
    random = np.random.default_rng(4)
    table = random.normal(size=(300, 128)).astype(np.float32)
    own = np.array([distances(row, row, metric)[0, 0] for row in table])
    assert (own >= 0).all() and own.max() < 1e-6
    assert (np.diag(distances(table, table, metric)) >= 0).all()


def test_an_unknown_metric_names_the_known_ones():
    for ask in (metric_named, lambda name: distances(np.ones(2), np.ones(2), name)):
        with pytest.raises(ParagoneError) as caught:
            ask("manhattan")
        assert "manhattan" in caught.value.what
        assert all(name in caught.value.todo for name in METRICS)
