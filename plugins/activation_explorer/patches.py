"""A patch of a picture: exactly what one position of a layer sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from weights.layers.receptive_fields import Field


@dataclass(frozen=True)
class Patch:
    """A place of a picture that excites a unit.

    Attributes:
        crop: uint8 (h, w, 3): the receptive field, cut at the picture's border.
        box: (top, left, bottom, right) of the crop in the picture, half open.
        field: The same of the whole receptive field, which may reach beyond the picture.
        value: The activation.
        name: Of the picture. `picture`: its number in the set.
    """

    crop: np.ndarray
    box: tuple[int, int, int, int]
    field: tuple[int, int, int, int]
    value: float
    name: str
    picture: int


def cut(
    picture: np.ndarray,
    field: Field,
    place: tuple[int, int],
    value: float,
    name: str,
    number: int,
) -> Patch:
    """The patch that a position (row, column) of a layer sees in a picture (H, W, 3)."""
    whole = field.box(*place)
    height, width = picture.shape[:2]
    top, bottom = (min(max(y, 0), height) for y in (whole[0], whole[2]))
    left, right = (min(max(x, 0), width) for x in (whole[1], whole[3]))
    crop = picture[top:bottom, left:right]
    return Patch(crop, (top, left, bottom, right), whole, value, name, number)
