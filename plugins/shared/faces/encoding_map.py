"""A map of encodings: 128 numbers a face as two, so that near faces lie near each other.

PCA (Pearson 1901) keeps the two directions in which the faces differ most; UMAP (McInnes et al.,
arXiv:1802.03426) keeps neighbourhoods, where the package `umap-learn` is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from weights.messages import say

MARGIN = 0.08
"""Share of the map that stays free on each side."""
LEAST_UMAP = 6
"""Fewer points than this have no neighbourhoods to keep: PCA draws them."""
METHODS = [("PCA", "pca")] + ([("UMAP", "umap")] if find_spec("umap") else [])


@dataclass(frozen=True)
class Places:
    """Where probes lie.

    Attributes:
        points: (Q, 2) in 0..1, held inside the map.
        outside: (Q,) bool: the probe lies farther out than the map reaches.
    """

    points: np.ndarray
    outside: np.ndarray


@dataclass(frozen=True)
class Projection:
    """A fitted map.

    Attributes:
        points: (N, 2) in 0..1, within the margins: across, and down.
        words: How it was made, one or two sentences for the page.
    """

    points: np.ndarray
    words: str
    _axes: Callable[[np.ndarray], np.ndarray]
    _centre: np.ndarray
    _scale: float

    def project(self, probes: np.ndarray) -> Places:
        """Put (Q, D) probes onto the same axes."""
        flat = self._axes(np.atleast_2d(np.asarray(probes, np.float64)))
        free = _into_map(flat, self._centre, self._scale)
        held = np.clip(free, MARGIN / 2, 1 - MARGIN / 2)
        return Places(held, (held != free).any(axis=1))


def fit(encodings: np.ndarray, method: str = "pca", seed: int = 0) -> Projection:
    """Make a map of (N, D) encodings, N >= 1.

    Args:
        method: `pca`, or `umap` where it is installed; few points are drawn by PCA all the same.
        seed: Of UMAP's layout.
    """
    encodings = np.asarray(encodings, np.float64)
    if method == "umap" and len(encodings) >= LEAST_UMAP and find_spec("umap"):
        flat, axes, words = _umap(encodings, seed)
    else:
        flat, axes, words = _pca(encodings)
        if method == "umap":
            few = say("UMAP needs {least} points or more, so this is PCA.", least=LEAST_UMAP)
            words = f"{few} {words}"
    low, high = flat.min(axis=0), flat.max(axis=0)
    centre = (low + high) / 2
    # One scale for both axes, so that distances on the map can be compared.
    scale = float((high - low).max()) or 1.0
    return Projection(_into_map(flat, centre, scale), words, axes, centre, scale)


def _into_map(flat: np.ndarray, centre: np.ndarray, scale: float) -> np.ndarray:
    return 0.5 + (flat - centre) / scale * (1 - 2 * MARGIN)


def _pca(encodings: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray], str]:
    mean = encodings.mean(axis=0)
    _, spread, rows = np.linalg.svd(encodings - mean, full_matrices=False)
    axes = np.zeros((encodings.shape[1], 2))
    count = min(2, int((spread > 1e-9 * max(spread[0], 1e-30)).sum())) if spread[0] > 1e-12 else 0
    axes[:, :count] = rows[:count].T
    # A singular vector's sign is arbitrary: its largest entry shall be positive.
    axes *= np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1, 1)

    def project(table: np.ndarray) -> np.ndarray:
        return (table - mean) @ axes

    total = float((spread**2).sum())
    words = say("PCA: the two directions in which these encodings differ most.")
    if count:
        held = (
            "PCA: the two directions in which these encodings differ most; {share:.0f} % of the "
            "variance."
        )
        words = say(held, share=100 * (spread[:2] ** 2).sum() / total)
    return project(encodings), project, words


def _umap(encodings: np.ndarray, seed: int) -> tuple:
    import umap

    made = umap.UMAP(n_neighbors=min(15, len(encodings) - 1), random_state=seed).fit(encodings)
    words = say("UMAP: near faces stay near; distances between far groups mean little.")
    return made.embedding_.astype(np.float64), made.transform, words
