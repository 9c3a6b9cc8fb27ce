"""The two main directions of encodings, quickly: a picture of them is drawn several times a second.

Orthogonal iteration (Golub and Van Loan, section 8.2) on a small matrix; a full decomposition wakes
all threads of the linear algebra, and they would take the processor from the training.
"""

from __future__ import annotations

import numpy as np

ROUNDS = 12


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


def _orthogonal(axes: np.ndarray) -> np.ndarray:
    """Two columns made orthogonal and of length 1 (Gram and Schmidt)."""
    first = axes[:, 0] / max(np.linalg.norm(axes[:, 0]), 1e-30)
    second = axes[:, 1] - first * (first @ axes[:, 1])
    return np.stack([first, second / max(np.linalg.norm(second), 1e-30)], axis=1)
