"""What a unit wants to see: a picture optimised until the unit fires as much as it can (Olah,
Mordvintsev and Schubert, "Feature Visualization", Distill, 2017).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from weights.errors import ParagoneError
from weights.layers.parametrization import Fourier, shifted
from weights.messages import say

if TYPE_CHECKING:
    from weights import Backbone

STEPS, SHIFT, RATE = 160, 8, 0.05
LEAST, MOST = 96, 224
"""Pixels of a side: so much that one field fits, or as much as there is time for."""


class UnitError(ParagoneError):
    """A unit that the layer does not have, or that cannot be shown."""


@dataclass(frozen=True)
class Dream:
    """A picture on the way.

    Attributes:
        step: From 0, which is the start. `steps`: in all.
        picture: uint8 (S, S, 3).
        activation: The unit's mean over the middle of the picture.
    """

    step: int
    steps: int
    picture: np.ndarray
    activation: float


def visualise(
    backbone: Backbone, layer: str, unit: int, steps: int = STEPS, seed: int = 0
) -> Iterator[Dream]:
    """Optimise a picture for a unit; gives it after every step, and the caller may stop asking.

    Raises:
        UnitError: The layer has no such unit, or the unit's activation is no number.
        WeightsError: The network has no such layer.
    """
    encoder = backbone.encoder()
    found = encoder.layer(layer)
    check_unit(unit, found.channels, layer)
    side = int(np.clip(max(found.field.size) + 2 * max(found.field.stride), LEAST, MOST))
    space = Fourier((side, side), seed=seed).to(encoder.device)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(space.parameters(), lr=RATE, betas=(0.9, 0.99))
    for step in range(steps + 1):
        picture = space()
        seen = encoder.normalise(shifted(picture, SHIFT, generator))
        activation = _middle(encoder(seen, [layer])[layer][0, unit])
        encoder.forget()
        value = float(activation.detach())
        if not np.isfinite(value):
            raise UnitError(
                "The unit's activation is no number",
                where=say("{layer}, unit {unit}", layer=layer, unit=unit),
                todo="The weights of this network cannot be used: choose another.",
            )
        shown = (picture.detach()[0] * 255).round().to(torch.uint8).permute(1, 2, 0)
        yield Dream(step, steps, shown.cpu().numpy(), value)
        if step < steps:
            optimiser.zero_grad(set_to_none=True)
            (-activation).backward()
            optimiser.step()


def _middle(grid: torch.Tensor) -> torch.Tensor:
    """The mean over the middle quarter of a unit's positions (rows, columns)."""
    rows, columns = grid.shape
    down, right = rows // 4, columns // 4
    return grid[down : rows - down, right : columns - right].mean()


def check_unit(unit: int, units: int, layer: str) -> None:
    """Raise a UnitError where a layer has no such unit."""
    if not 0 <= unit < units:
        raise UnitError(
            say("{layer} has no unit {unit}", layer=layer, unit=unit),
            where="unit",
            todo=say("Give a number from 0 to {units}.", units=units - 1),
        )
