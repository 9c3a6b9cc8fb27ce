"""A volume as the browser gets it: one picture with all slices side by side, the meaning of its
grey levels, and beside it the class-activation maps and a turning projection. Needs no torch.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from plugins.volume_classification.data.units import like_hounsfield
from plugins.volume_classification.data.volume import Volume, placed, resized
from plugins.volume_classification.views.ct_windows import presets_of
from plugins.volume_classification.views.projections import projections

LEVELS = 256
LONGEST = 512
"""Voxels of a side that are shown; a longer side is condensed."""
EXACT = 2_000_000
"""Up to this many voxels the picture is exact; beyond it is compressed a little."""
QUALITY = 90
BINS = 65_536
SAMPLE = 1_000_000
"""Voxels that the grey levels are chosen by."""
NEUTRAL, STRONGEST = 128, 127
"""The level of a voxel that speaks neither way, and how far from it the strongest lies. Level 0:
the network does not look there."""
ANGLES = 36


@dataclass(frozen=True, eq=False)
class Evidence:
    """What one network sees where.

    Attributes:
        name: Of the network, for people.
        maps: (classes, size, size, size) as `trained.cams` gives it, in the network's cube; NaN
            where it does not look.
    """

    name: str
    classes: tuple[str, ...]
    maps: np.ndarray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Scene:
    """What the viewer's script needs.

    Attributes:
        values: Plain values: sizes, spacing, grey levels, where maps lie.
        images: Data URIs: `volume`, `turning`, `maps0` and so on.
    """

    values: dict[str, Any]
    images: dict[str, str] = field(repr=False)


def scene(volume: Volume, evidence: Sequence[Evidence] = ()) -> Scene:
    """All that is drawn of a volume."""
    shown = resized(volume, tuple(min(side, LONGEST) for side in volume.values.shape))
    codes, table = quantised(shown.values)
    covering = not like_hounsfield(shown.values, shown.units)
    turned = projections(shown, np.arange(ANGLES) * 360 / ANGLES, covering=covering)
    frames = coded(turned, table)
    images = {
        "volume": webp(atlas(codes), codes.size <= EXACT),
        "turning": webp(atlas(frames), False),
    }
    maps = []
    for i, one in enumerate(evidence):
        levels, most = signed(one.maps)
        size = one.maps.shape[-1]
        images[f"maps{i}"] = webp(atlas(levels.reshape(-1, size, size)), True)
        _, start, inner = placed(volume, size)
        maps.append(
            {"name": one.name, "classes": one.classes, "most": most, "size": size,
             "start": start, "inner": inner}
        )  # fmt: skip
    values = {
        "name": volume.name,
        "shape": shown.values.shape,
        "spacing": shown.spacing,
        "table": [float(f"{level:.6g}") for level in table],
        "turning": frames.shape,
        "covering": covering,
        "maps": maps,
        "presets": [*windows(shown.values), *presets_of(shown)],
        "letters": volume.oriented,
    }
    return Scene(values, images)


def windows(values: np.ndarray) -> list[tuple[str, float, float]]:
    """Windows that suit any volume: nearly all its values, and all of them."""
    every = max(1, values.size // SAMPLE)
    low, high = (float(v) for v in np.percentile(values.reshape(-1)[::every], (1, 99.8)))
    least, most = float(values.min()), float(values.max())
    return [("Its own range", low, high), ("All values", least, most)][low >= high :]


def quantised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values as 256 levels. Half of them lie evenly, the others closer where there are more values
    (by the cube root of their density, which is best for the mean squared error), so that a narrow
    window still shows differences.

    Returns:
        The levels, uint8; and what each stands for, (256,) rising.
    """
    low, high = float(values.min()), float(values.max())
    every = max(1, values.size // SAMPLE)
    counts, edges = np.histogram(values.reshape(-1)[::every], BINS // 16, (low, high))
    share = np.cbrt(counts)
    share = np.concatenate([[0], np.cumsum(share / share.sum() + 1 / len(share))]) / 2
    table = np.interp(np.linspace(0, 1, LEVELS), share, edges)
    table[[0, -1]] = low, high
    return coded(values, table), table


def coded(values: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The nearest level (uint8) of each value, found through 65,536 bins."""
    low, high = float(table[0]), float(table[-1])  # So that float32 stays float32.
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    centres = np.linspace(low, high, BINS)
    levels = np.searchsorted((table[1:] + table[:-1]) / 2, centres).astype(np.uint8)
    share = (np.clip(values, low, high) - low) * ((BINS - 1) / (high - low))
    return levels[np.rint(share).astype(np.uint16)]


def signed(maps: np.ndarray) -> tuple[np.ndarray, float]:
    """Evidence as levels: `NEUTRAL` is none, 0 where the network does not look; and the value that
    the strongest stands for.
    """
    known = np.isfinite(maps)
    most = float(np.abs(maps[known]).max()) if known.any() else 0.0
    share = np.where(known, maps, 0) / (most or 1.0)
    levels = np.rint(NEUTRAL + STRONGEST * share)
    return np.where(known, levels, 0).astype(np.uint8), most


def atlas(slices: np.ndarray) -> np.ndarray:
    """Slices (N, height, width) row by row in one picture about as high as wide; the browser counts
    its columns from its width.
    """
    count, height, width = slices.shape
    columns = max(1, min(count, round(math.sqrt(count * height / width))))
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width), np.uint8)
    padded[:count] = slices
    grid = padded.reshape(rows, columns, height, width)
    return grid.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)


def webp(pixels: np.ndarray, exact: bool) -> str:
    """A grey picture as a WebP data URI."""
    out = io.BytesIO()
    options = {"lossless": True, "quality": 50} if exact else {"quality": QUALITY}
    Image.fromarray(pixels).save(out, "WEBP", method=2, **options)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
