"""A volume seen through from the side, from all around: the highest value along each ray, or, where
values have no fixed unit and bone is not the brightest, what is bright covers what lies behind it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from plugins.volume_classification.data.volume import Volume, isotropic

MOST_VOXELS = 128**3
"""A larger volume is condensed first: 36 directions then take about a second."""


FAINT, FULL = 85.0, 99.5
"""Percentiles between which voxels become opaque."""
COVERS = 0.25
"""Share of what lies behind that the brightest voxel hides."""


def projections(
    volume: Volume, angles: Sequence[float], most: int = MOST_VOXELS, covering: bool = False
) -> np.ndarray:
    """The highest value along each ray, from several directions around the vertical axis.

    The head is up. At 0 degrees one looks from the front, so the patient's left is at the right; at
    90 degrees one looks from the patient's left. Between voxels there are straight lines.

    Args:
        angles: Degrees.
        most: Voxels, cubes, that the projections are made from.
        covering: Whether bright voxels cover what lies behind them instead.

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
    faint, full = np.percentile(cubes.values, (FAINT, FULL))
    result = np.full((len(angles), deep, across), low, np.float32)
    for picture, angle in zip(result, np.radians(np.asarray(angles, float)), strict=True):
        best = picture[::-1].T  # Depth grows to the head, rows grow downwards.
        seen = np.full((across, deep), 0 if covering else low, np.float32)
        open_ = np.ones((across, deep), np.float32)  # What still comes through.
        for step in along:  # From the front to the back.
            x = along * math.cos(angle) - step * math.sin(angle) + (wide - 1) / 2
            y = along * math.sin(angle) + step * math.cos(angle) + (high - 1) / 2
            hit = np.flatnonzero((x >= 0) & (x <= wide - 1) & (y >= 0) & (y <= high - 1))
            if hit.size:
                found = _between(columns, y[hit], x[hit], high, wide)
                if not covering:
                    seen[hit] = np.maximum(seen[hit], found)
                    continue
                covers = COVERS * np.clip((found - faint) / max(full - faint, 1e-9), 0, 1)
                seen[hit] += open_[hit] * covers * found
                open_[hit] *= 1 - covers
        best[:] = seen + open_ * low if covering else seen
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
