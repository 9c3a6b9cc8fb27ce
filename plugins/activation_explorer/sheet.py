"""Pictures that the page is made of: contact sheets of patches, boxes, activation maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from plugins.activation_explorer.patches import Patch

GREY = 128
"""What lies outside of the picture."""
GAP = 2
# The heat of an activation, from the least to the top value: clear, orange, yellow.
HEAT = np.array([[255, 96, 0], [255, 150, 0], [255, 205, 40], [255, 244, 150]], float)
STRONGEST = 0.86
"""How much of the picture the highest heat covers."""


def window(field: tuple[int, int], picture: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of what is shown of a field: never more than the picture."""
    return min(field[0], picture[0]), min(field[1], picture[1])


def placed(crop: np.ndarray, window: tuple[int, int], corner: tuple[int, int]) -> np.ndarray:
    """A patch in its field's window; grey where the field reaches beyond the picture.

    Args:
        crop: (h, w, 3), clipped at the picture's border.
        window: (H, W), at least as large.
        corner: (top, left) of the patch in its picture. One that begins at the border and is too
            short was clipped there.
    """
    height, width = (max(side, have) for side, have in zip(window, crop.shape, strict=False))
    out = np.full((height, width, 3), GREY, np.uint8)
    down = height - crop.shape[0] if corner[0] <= 0 else 0
    right = width - crop.shape[1] if corner[1] <= 0 else 0
    out[down : down + crop.shape[0], right : right + crop.shape[1]] = crop
    return out


def framed(patch: Patch, field: tuple[int, int], picture: tuple[int, int], side: int) -> np.ndarray:
    """A patch as (side, side, 3), its field's shape kept. Few pixels are shown as squares."""
    whole = placed(patch.crop, window(field, picture), patch.box[:2])
    height, width = whole.shape[:2]
    grow = side / max(height, width)
    size = max(1, round(width * grow)), max(1, round(height * grow))
    way = Image.Resampling.NEAREST if grow > 1.5 else Image.Resampling.LANCZOS
    out = np.full((side, side, 3), GREY, np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = Image.fromarray(whole).resize(size, way)
    return out


def contact_sheet(
    patches: Sequence[Patch], field: tuple[int, int], picture: tuple[int, int], side: int
) -> np.ndarray:
    """Nine patches, three by three, the strongest first; a place without a patch is grey."""
    step = side + GAP
    out = np.full((3 * step - GAP, 3 * step - GAP, 3), GREY, np.uint8)
    for i, patch in enumerate(patches[:9]):
        top, left = i // 3 * step, i % 3 * step
        out[top : top + side, left : left + side] = framed(patch, field, picture, side)
    return out


def heated(
    picture: np.ndarray,
    values: np.ndarray,
    stride: tuple[float, float],
    first: tuple[float, float],
    top: float,
) -> np.ndarray:
    """A picture, in grey, with an activation map over it.

    Args:
        picture: (H, W, 3) uint8.
        values: (rows, columns); what lies at 0 or below stays clear.
        stride, first: Pixels between two positions, and where the first one's field has its
            centre, down and across.
        top: The value of the full heat.
    """
    height, width = picture.shape[:2]
    rows = (np.arange(height) - first[0]) / stride[0]
    columns = (np.arange(width) - first[1]) / stride[1]
    heat = np.clip(_sampled(_sampled(values, rows).T, columns).T / max(top, 1e-12), 0, 1)
    steps = np.linspace(0, 1, len(HEAT))
    colour = np.stack([np.interp(heat, steps, HEAT[:, i]) for i in range(3)], axis=-1)
    grey = picture.astype(float) @ (0.299, 0.587, 0.114) * 0.72
    cover = STRONGEST * heat[..., None] ** 0.75
    return np.rint(grey[..., None] * (1 - cover) + colour * cover).astype(np.uint8)


def _sampled(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows of an array at broken places, between their neighbours; beyond the ends, the ends."""
    places = np.clip(places, 0, len(values) - 1)
    low = np.floor(places).astype(int)
    high = np.minimum(low + 1, len(values) - 1)
    share = (places - low)[:, None]
    return values[low] * (1 - share) + values[high] * share
