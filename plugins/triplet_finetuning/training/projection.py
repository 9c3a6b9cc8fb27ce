"""The two main directions of encodings, quickly: a picture of them is drawn several times a second.

Orthogonal iteration (Golub and Van Loan, section 8.2) on a small matrix; a full decomposition wakes
all threads of the linear algebra, and they would take the processor from the training.
"""

from __future__ import annotations

import numpy as np

ROUNDS = 12
SIDE = 2.0
"""Of a map to scale, in units of the encodings, which have length 1."""


def two_directions(rows: np.ndarray) -> np.ndarray:
    """(N, D) rows, centred as the caller likes, on their two main directions, as (N, 2)."""
    rows = np.asarray(rows, np.float64)
    few = len(rows) < rows.shape[1]
    square = rows @ rows.T if few else rows.T @ rows
    axes = np.random.default_rng(0).normal(size=(len(square), 2))
    for _ in range(ROUNDS):
        axes = _orthogonal(square @ axes)
    return axes * np.linalg.norm(rows.T @ axes, axis=0) if few else rows @ axes


def into_map(points: np.ndarray, margin: float = 0.08) -> np.ndarray:
    """(N, 2) points with one scale for both axes, into 0..1 with a free margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    scale = float((high - low).max()) or 1.0
    return 0.5 + (points - (low + high) / 2) / scale * (1 - 2 * margin)


def to_scale(points: np.ndarray) -> np.ndarray:
    """(N, 2) points around 0 into 0..1, at one scale for all maps: one that shrinks is seen to."""
    return 0.5 + points / SIDE


def turned(points: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Turn and mirror (N, 2) points around 0 so that they lie as near as can be to where they were
    (Schoenemann 1966): the axes of a PCA are arbitrary.
    """
    (a, b), (c, d) = points.T @ before
    # Of all turns, and of all turns of the mirrored points, the best; in two dimensions by hand.
    turn, mirror = np.hypot(a + d, b - c), np.hypot(a - d, b + c)
    if max(turn, mirror) < 1e-12:
        return points
    if turn >= mirror:
        cos, sin = np.array([a + d, b - c]) / turn
        return points @ np.array([[cos, sin], [-sin, cos]])
    cos, sin = np.array([a - d, b + c]) / mirror
    return points @ np.array([[cos, sin], [sin, -cos]])


def _orthogonal(axes: np.ndarray) -> np.ndarray:
    """Two columns made orthogonal and of length 1 (Gram and Schmidt)."""
    first = axes[:, 0] / max(np.linalg.norm(axes[:, 0]), 1e-30)
    second = axes[:, 1] - first * (first @ axes[:, 1])
    return np.stack([first, second / max(np.linalg.norm(second), 1e-30)], axis=1)
