"""One unit over a whole picture, and all units at one place of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from plugins.activation_explorer.survey import Survey
    from weights import Backbone
    from weights.layers.encoder import Layer
    from weights.layers.receptive_fields import Field


@dataclass(frozen=True)
class ActivationMap:
    """A unit's activations over a picture.

    Attributes:
        values: float32 (rows, columns).
        field: Of the layer.
    """

    values: np.ndarray
    field: Field

    @property
    def centre(self) -> tuple[float, float]:
        """(down, across): the middle of the first position's field, in pixels."""
        top, left = self.field.offset
        height, width = self.field.size
        return top + (height - 1) / 2, left + (width - 1) / 2


@dataclass(frozen=True)
class Firing:
    """A layer's units that fire most at one place.

    Attributes:
        layer: Their layer. `place`: (row, column) on its grid.
        box: (top, left, bottom, right) of the field there; may reach beyond the picture.
        units: Their numbers, the strongest first, by `shares`: the activation over the unit's own
            top value in the survey. `values`: the activations.
    """

    layer: Layer
    place: tuple[int, int]
    box: tuple[int, int, int, int]
    units: np.ndarray
    values: np.ndarray
    shares: np.ndarray


def activations(
    backbone: Backbone, layers: Sequence[str], picture: np.ndarray
) -> dict[str, tuple[Layer, np.ndarray]]:
    """Each layer and its activations (units, rows, columns) over a picture uint8 (H, W, 3).

    Raises:
        WeightsError: The network has no such layer, or does not take pictures of this size.
    """
    import torch

    encoder = backbone.encoder()
    size = picture.shape[:2]
    known = {name: encoder.layer(name, size) for name in layers}
    with torch.inference_mode():
        x = torch.from_numpy(np.array(picture)).to(encoder.device)
        x = encoder.normalise(x.permute(2, 0, 1)[None].float() / 255)
        found = encoder(x, list(layers))
    return {name: (known[name], found[name][0].float().cpu().numpy()) for name in layers}


def activation_map(backbone: Backbone, layer: str, unit: int, picture: np.ndarray) -> ActivationMap:
    """One unit over a picture.

    Raises:
        WeightsError: The network has no such layer.
        IndexError: The layer has no such unit.
    """
    found, values = activations(backbone, [layer], picture)[layer]
    return ActivationMap(values[unit], found.field)


def firing(
    backbone: Backbone,
    survey: Survey,
    picture: np.ndarray,
    place: tuple[float, float],
    most: int = 6,
) -> list[Firing]:
    """The units of every surveyed layer that fire most at a place, measured by their own top value.

    Args:
        place: (x, y) as shares 0..1 of the picture's width and height.
        most: Units of each layer.
    """
    taken = activations(backbone, list(survey.layers), picture)
    height, width = picture.shape[:2]
    x, y = place[0] * width, place[1] * height
    results = []
    for name, (layer, values) in taken.items():
        row, column = (
            nearest(layer.field, axis, at, layer.grid[axis]) for axis, at in ((0, y), (1, x))
        )
        here = values[:, row, column]
        top = survey.layers[name].top
        shares = np.where(top > 0, here / np.where(top > 0, top, 1), -np.inf)
        order = np.argsort(-shares, kind="stable")[:most]
        order = order[here[order] > 0]
        results.append(
            Firing(
                layer,
                (row, column),
                layer.field.box(row, column),
                order,
                here[order],
                shares[order],
            )
        )
    return results


def nearest(field: Field, axis: int, pixel: float, positions: int) -> int:
    """The position whose field has its middle nearest to a pixel, along one axis."""
    middle = field.offset[axis] + (field.size[axis] - 1) / 2
    return int(np.clip(round((pixel - middle) / field.stride[axis]), 0, positions - 1))
