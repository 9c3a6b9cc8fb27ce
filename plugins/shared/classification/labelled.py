"""Choosing among labelled examples: parts to test on, and a few of every class."""

from __future__ import annotations

import numpy as np


def test_part(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """(N,) bool: a random part of every class to test on; at least one example, and one remains.

    Args:
        labels: (N,) indices of classes, each there twice at least.
        share: Of each class, 0..1.
    """
    rng = np.random.default_rng(seed)
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        count = int(np.clip(round(share * len(own)), 1, len(own) - 1))
        test[rng.permutation(own)[:count]] = True
    return test


def spread(labels: np.ndarray, most: int) -> np.ndarray:
    """At most this many indices, evenly over the classes, always the same ones."""
    if len(labels) <= most:
        return np.arange(len(labels))
    rank = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        rank[own] = np.arange(len(own))
    return np.sort(np.lexsort((labels, rank))[:most])
