"""One person at most once in a picture, solved over all faces."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from plugins.face_identification.assignment import Rival, assign, losses, steps

INF = np.inf


def cheapest(distances: np.ndarray, tau: float) -> float:
    """The least that any naming costs, by trying all of them."""
    faces, people = distances.shape
    costs = []
    for naming in itertools.product([None, *range(people)], repeat=faces):
        named = [p for p in naming if p is not None]
        if len(set(named)) == len(named):
            costs.append(cost(distances, naming, tau))
    return min(costs)


def cost(distances, naming, tau: float) -> float:
    return sum(tau if p is None else distances[i, p] for i, p in enumerate(naming))


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_cheapest_of_all_namings(seed):
    draw = np.random.default_rng(seed)
    distances = draw.uniform(0.2, 1.0, (draw.integers(1, 5), draw.integers(1, 4)))
    for tau in (0.1, 0.4, 0.6, 2.0):
        naming = assign(distances, tau)
        assert cost(distances, naming, tau) == pytest.approx(cheapest(distances, tau))
        used = [p for p in naming if p is not None]
        assert len(set(used)) == len(used)
        assert all(distances[i, p] <= tau for i, p in enumerate(naming) if p is not None)


def test_the_nearer_of_two_faces_of_one_person_is_them():
    distances = np.array([[0.4], [0.3]])
    assert assign(distances, 0.6) == (None, 0)
    assert losses(distances, (None, 0), 0.6) == {0: Rival(0, 1, nearer=True)}


def test_it_differs_from_taking_the_nearest_pair_first():
    """Face 0 is nearest to person 0, and so it would be taken; then face 1 would be nobody."""
    distances = np.array([[0.30, 0.35], [0.32, 0.90]])
    assert assign(distances, 0.6) == (1, 0)
    assert losses(distances, (1, 0), 0.6) == {0: Rival(0, 1, nearer=False)}


def test_thresholds_hold():
    distances = np.array([[0.3, 0.7], [0.35, 0.9]])
    assert assign(distances, 0.6) == (0, None)
    assert assign(distances, 0.2) == (None, None)
    assert losses(distances, (None, None), 0.2) == {}
    assert assign(np.array([[0.6]]), 0.6) == (0,), "a face just at τ is named"
    assert assign(np.array([[0.6 + 1e-7]]), 0.6) == (None,)


@pytest.mark.parametrize("seed", range(20))
def test_the_steps_are_the_namings_at_every_threshold(seed):
    draw = np.random.default_rng(seed)
    distances = draw.uniform(0.2, 1.0, (draw.integers(1, 8), draw.integers(1, 8)))
    distances[draw.random(distances.shape) < 0.2] = INF
    found = steps(distances)
    thresholds = [step.threshold for step in found]
    assert thresholds == sorted(thresholds) and thresholds[0] == 0
    for tau in np.linspace(0, 3, 61):
        (*_, now) = [step for step in found if step.threshold <= tau]
        at_once = cost(distances, assign(distances, tau), tau)
        assert cost(distances, now.people, tau) == pytest.approx(at_once)
        assert all(distances[i, p] <= tau for i, p in enumerate(now.people) if p is not None)


def test_faces_that_do_not_compete_are_named_just_at_their_distance():
    found = steps(np.array([[0.3, 0.9], [0.8, 0.55]]))
    assert [(step.threshold, step.people) for step in found] == [
        (0.0, (None, None)),
        (0.3, (0, None)),
        (0.55, (0, 1)),
    ]


def test_equal_pictures_and_equal_distances():
    assert steps(np.zeros((2, 1)))[0].people in ((0, None), (None, 0))
    (first, *rest) = steps(np.full((2, 2), 0.5))
    assert first.people == (None, None) and set(rest[-1].people) == {0, 1}


def test_nobody_enrolled_and_no_face():
    assert assign(np.zeros((3, 0)), 0.6) == (None, None, None)
    assert assign(np.zeros((0, 4)), 0.6) == ()
    assert [step.people for step in steps(np.zeros((2, 0)))] == [(None, None)]
    assert losses(np.zeros((2, 0)), (None, None), 0.6) == {}
