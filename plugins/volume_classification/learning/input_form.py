"""The one form in which a network takes volumes: size and scale of the values.

It is found on the training volumes and then kept: whatever is classified later gets the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from plugins.volume_classification.data.volume import Volume, fitted
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

SAMPLE = 4_000_000
"""Voxels that the scale is estimated from."""
TAILS = (0.1, 99.9)
"""Percentiles between which values are told apart; what is beyond counts as the limit."""


@dataclass(frozen=True)
class Form:
    """What a network takes in.

    Attributes:
        size: Voxels along each edge of the cube.
        low, high: Values beyond are cut off.
        mean, deviation: Of the values so cut; they become 0 and 1.
    """

    size: int
    low: float
    high: float
    mean: float
    deviation: float

    def __post_init__(self) -> None:
        if not isinstance(self.size, int) or not 8 <= self.size <= 128:
            what = say("It is {size}", size=repr(self.size))
            raise VolumeError(what, where="size", todo="Give a whole number from 8 to 128.")
        numbers = (self.low, self.high, self.mean, self.deviation)
        if not all(np.isfinite(numbers)) or self.low >= self.high or self.deviation <= 0:
            what = say("The values {low:g} to {high:g} are no range", low=self.low, high=self.high)
            raise VolumeError(what, where="scale", todo="Give a lower and a higher value.")

    def plain(self) -> dict:
        """As plain values; `Form(**values)` reads them."""
        return asdict(self)

    def scaled(self, values: np.ndarray | Tensor) -> Tensor:
        """Volumes (N, size, size, size) of any type as float32 with mean 0 and deviation 1, on
        the device where they are.
        """
        if tuple(values.shape[1:]) != (self.size,) * 3:
            what = say("The volumes are {map}", map=" x ".join(map(str, values.shape[1:])))
            raise VolumeError(
                what, where="size", todo=say("The network takes cubes of {size}.", size=self.size)
            )
        cut = tensor(values).float().clamp(self.low, self.high)
        return cut.sub_(self.mean).div_(self.deviation)

    def take(self, volume: Volume) -> tuple[np.ndarray, tuple[str, ...]]:
        """One volume as (1, size, size, size) in its own values, and what was done to it."""
        result = fitted(volume, self.size)
        return result.values[None], result.notes


def tensor(values: np.ndarray | Tensor) -> Tensor:
    """The same numbers for torch; copied only where it must be."""
    if isinstance(values, Tensor):
        return values
    if values.dtype != np.uint8 and values.dtype != np.float32:
        values = values.astype(np.float32)
    return torch.from_numpy(values if values.flags.writeable else values.copy())


def form_of(values: np.ndarray, window: tuple[float, float] | None = None) -> Form:
    """The form for volumes (N, size, size, size).

    Args:
        values: Those that are trained on.
        window: The lowest and highest value that are told apart; None: between `TAILS`.

    Raises:
        VolumeError: They are all constant, or are no cubes of a size that can be used.
    """
    every = max(1, values.size // SAMPLE)
    sample = np.asarray(values.reshape(-1)[::every], np.float32)
    low, high = window or np.percentile(sample, TAILS)
    if low >= high:  # A few bright voxels in an empty volume.
        low, high = values.min(), values.max()
    if low >= high:
        todo = "Bring volumes that show something."
        raise VolumeError("All volumes hold one and the same value", todo=todo)
    cut = np.clip(sample, low, high)
    deviation = float(cut.std(dtype=np.float64)) or float(high - low)
    mean = float(cut.mean(dtype=np.float64))
    return Form(int(values.shape[1]), float(low), float(high), mean, deviation)
