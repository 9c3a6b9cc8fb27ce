"""The maths. It knows no page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_BINS = 180


@dataclass(frozen=True)
class Comparison:
    """How the edges of two pictures run.

    Attributes:
        overlap: Of the two histograms, from 0 to 1.
        first: The share of edge strength in each bin of direction; bin 0 begins at 0 degrees, an
            edge that runs straight up.
        second: The same for the second picture.
    """

    overlap: float
    first: tuple[float, ...]
    second: tuple[float, ...]


def directions(picture: np.ndarray, bins: int) -> np.ndarray:
    """The histogram of gradient directions, each pixel counting by the strength of its gradient.

    Args:
        picture: uint8 RGB, (H, W, 3).
        bins: Of 180 / bins degrees each: an edge and the one the other way round are the same.

    Returns:
        (bins,), summing to 1.

    Raises:
        ValueError: The picture has no edge.
    """
    down, right = np.gradient(picture.astype(float).mean(axis=2))
    angle = np.degrees(np.arctan2(down, right)) % 180
    strength = np.hypot(down, right)
    if not strength.any():
        raise ValueError("A picture has one colour only")
    counts, _ = np.histogram(angle, bins=bins, range=(0, 180), weights=strength)
    return counts / counts.sum()


def compare(first: np.ndarray, second: np.ndarray, bins: int) -> Comparison:
    """Compare how the edges of two pictures run.

    Args:
        first: uint8 RGB, (H, W, 3), at least 2 by 2.
        second: The same; of any size.
        bins: From 2 to 180.

    Raises:
        ValueError: A picture has no edge.
    """
    a, b = (directions(picture, int(bins)) for picture in (first, second))
    return Comparison(float(np.minimum(a, b).sum()), tuple(a.tolist()), tuple(b.tolist()))
