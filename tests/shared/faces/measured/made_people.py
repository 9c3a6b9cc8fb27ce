"""Distances of people that were made up."""

from __future__ import annotations

import numpy as np

TOP = 2.0


def random_set(seed: int, people: int = 8, each: int = 5, spread: float = 0.45):
    """Distances of a made-up set: N points around one centre a person, and N names."""
    random = np.random.default_rng(seed)
    names = [f"p{i}" for i in range(people) for _ in range(each)]
    centres = np.repeat(random.normal(0, 0.3, (people, 6)), each, axis=0)
    points = centres + random.normal(0, spread * 0.3, centres.shape)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    return np.minimum(distance, TOP), names
