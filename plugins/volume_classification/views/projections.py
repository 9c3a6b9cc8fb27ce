"""Maximum-intensity projections: a volume seen through from the side, from all around."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from plugins.volume_classification.data.volume import Volume, isotropic

MOST_VOXELS = 128**3
"""A larger volume is condensed first: 36 directions then take about a second."""


def projections(volume: Volume, angles: Sequence[float], most: int = MOST_VOXELS) -> np.ndarray:
    """The highest value along each ray, from several directions around the vertical axis.

    The head is up. At 0 degrees one looks from the front, so the patient's left is at the right; at
    90 degrees one looks from the patient's left. Between voxels there are straight lines.

    Args:
        angles: Degrees.
        most: Voxels, cubes, that the projections are made from.

    Returns:
        (angles, height, width) float32 in the volume's values, with square pixels. The width holds
        the volume at any angle; what is beside it has its lowest value.
    """
    # One ring of the lowest value, so that rays beyond the edges meet that.
    cubes = isotropic(volume, most)
    low = cubes.values.min()
    values = np.pad(cubes.values, ((0, 0), (1, 1), (1, 1)), constant_values=low)
    deep, high, wide = values.shape
    columns = np.ascontiguousarray(values.reshape(deep, -1).T)  # A place is a row: quick to take.
    across = math.ceil(math.hypot(high, wide))
    along = np.arange(across, dtype=np.float32) - (across - 1) / 2
    result = np.full((len(angles), deep, across), low, np.float32)
    for picture, angle in zip(result, np.radians(np.asarray(angles, float)), strict=True):
        best = picture[::-1].T  # Depth grows to the head, rows grow downwards.
        seen = np.full((across, deep), low, np.float32)
        for step in along:
            x = along * math.cos(angle) - step * math.sin(angle) + (wide - 1) / 2
            y = along * math.sin(angle) + step * math.cos(angle) + (high - 1) / 2
            hit = np.flatnonzero((x >= 0) & (x <= wide - 1) & (y >= 0) & (y <= high - 1))
            if hit.size:
                seen[hit] = np.maximum(seen[hit], _between(columns, y[hit], x[hit], high, wide))
        best[:] = seen
    return result


def _between(columns: np.ndarray, y: np.ndarray, x: np.ndarray, high: int, wide: int) -> np.ndarray:
    """(places, depth) read at (y, x) from (high * wide, depth)."""
    top = np.minimum(y.astype(int), high - 2)
    left = np.minimum(x.astype(int), wide - 2)
    down, right = (y - top)[:, None].astype(np.float32), (x - left)[:, None].astype(np.float32)
    first = top * wide + left
    upper = columns[first] * (1 - right) + columns[first + 1] * right
    lower = columns[first + wide] * (1 - right) + columns[first + wide + 1] * right
    return upper * (1 - down) + lower * down
