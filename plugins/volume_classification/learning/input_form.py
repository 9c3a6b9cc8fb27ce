"""The one form in which a network takes volumes: size and scale of the values.

It is found on the training volumes and then kept: whatever is classified later gets the same. What
has fixed units (Hounsfield) is scaled alike in all volumes; else each volume is scaled by its own
range, so that nothing depends on the units that a scanner happened to use.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from torch import Tensor

from plugins.volume_classification.data.units import all_like_hounsfield
from plugins.volume_classification.data.volume import Volume, fitted
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

SAMPLE = 4_000_000
"""Voxels that the scale of a set is estimated from."""
OWN_SAMPLE = 32_768
"""Voxels that the range of one volume is estimated from."""
TAILS = (0.1, 99.9)
"""Percentiles between which values are told apart; what is beyond counts as the limit."""
TOGETHER = 64
"""Volumes whose traits are counted at once."""
LEAST_SPREAD = (0.3, 0.35, 0.08)
"""Of each trait: so much does it differ between volumes at least, however few were seen."""
FAR = 5.0
"""Spreads from the mean of the training volumes beyond which a volume is unlike them."""
BEYOND = 0.05
"""Share of voxels beyond the range that is worth a word; half of them is unlike anything learnt."""


@dataclass(frozen=True)
class Form:
    """What a network takes in.

    Attributes:
        size: Voxels along each edge of the cube.
        low, high: Values beyond are cut off. With `each` they stand for the ends of a volume's own
            range (`TAILS`).
        mean, deviation: Of the values so cut; they become 0 and 1.
        each: Whether every volume is scaled by its own range first.
        learnt: What the training volumes looked like so scaled: mean and spread of each of their
            `traits`; empty where that is not known.
    """

    size: int
    low: float
    high: float
    mean: float
    deviation: float
    each: bool = False
    learnt: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "learnt", tuple(self.learnt))
        if not isinstance(self.size, int) or not 8 <= self.size <= 128:
            what = say("It is {size}", size=repr(self.size))
            raise VolumeError(what, where="size", todo="Give a whole number from 8 to 128.")
        numbers = (self.low, self.high, self.mean, self.deviation, *self.learnt)
        if not all(np.isfinite(numbers)) or self.low >= self.high or self.deviation <= 0:
            what = say("The values {low:g} to {high:g} are no range", low=self.low, high=self.high)
            raise VolumeError(what, where="scale", todo="Give a lower and a higher value.")
        if len(self.learnt) not in (0, 2 * len(LEAST_SPREAD)) or not isinstance(self.each, bool):
            todo = "Train the network again."
            raise VolumeError(
                "What it learnt from is not said as it must be", where="scale", todo=todo
            )

    def plain(self) -> dict:
        """As plain values; `Form(**values)` reads them."""
        return asdict(self)

    def scaled(self, values: np.ndarray | Tensor, ranges: np.ndarray | None = None) -> Tensor:
        """Volumes (N, size, size, size) of any type as float32 with mean 0 and deviation 1, on
        the device where they are.

        Args:
            ranges: As `ranges_of` gives them, where they are known already.
        """
        if tuple(values.shape[1:]) != (self.size,) * 3:
            what = say("The volumes are {map}", map=" x ".join(map(str, values.shape[1:])))
            raise VolumeError(
                what, where="size", todo=say("The network takes cubes of {size}.", size=self.size)
            )
        found = tensor(values).float()
        if self.each:
            found = self._by_itself(found, ranges_of(values) if ranges is None else ranges)
        return found.clamp(self.low, self.high).sub_(self.mean).div_(self.deviation)

    def _by_itself(self, values: Tensor, ranges: np.ndarray) -> Tensor:
        ends = torch.from_numpy(ranges.astype(np.float32)).to(values.device)
        low, high = (end.view(-1, 1, 1, 1) for end in ends.unbind(1))
        share = (values - low) / (high - low).clamp(min=torch.finfo(torch.float32).tiny)
        return share * (self.high - self.low) + self.low

    def take(self, volume: Volume) -> tuple[np.ndarray, tuple[str, ...]]:
        """One volume as (1, size, size, size) in its own values, and what was done to it."""
        result = fitted(volume, self.size)
        return result.values[None], result.notes

    def strange(self, values: np.ndarray) -> tuple[bool, tuple[str, ...]]:
        """Whether a volume (1, size, size, size) is unlike all that was learnt from, so that no
        answer means anything; and what there is to say of it.
        """
        notes = ()
        beyond = 0.0 if self.each else float(((values < self.low) | (values > self.high)).mean())
        if beyond > BEYOND:
            notes = (
                say(
                    "{share:.0%} of its voxels lie beyond the values that the network learnt from "
                    "({low:.4g} to {high:.4g}).",
                    share=beyond,
                    low=self.low,
                    high=self.high,
                ),
            )
        if beyond > 0.5:
            return True, notes
        if not self.learnt:
            return False, notes
        usual, spread = np.array(self.learnt).reshape(2, -1)
        far = np.abs(self.traits(values)[0] - usual) / spread
        if far.max() <= FAR:
            return False, notes
        return True, (*notes, "Its values are unlike those of all volumes that were learnt from.")

    def traits(self, values: np.ndarray) -> np.ndarray:
        """(N, 3) of volumes so scaled: the mean, the log of the deviation, and the share of voxels
        between dark and bright.
        """
        found = []
        for start in range(0, len(values), TOGETHER):
            flat = self.scaled(values[start : start + TOGETHER]).flatten(1)
            share = (flat * self.deviation + self.mean - self.low) / (self.high - self.low)
            middle = ((share > 0.2) & (share < 0.8)).float().mean(1)
            spread = (flat.std(1) + 0.01).log()
            found.append(torch.stack([flat.mean(1), spread, middle], 1).numpy())
        return np.concatenate(found)

    def knowing(self, values: np.ndarray) -> Form:
        """The same with what these training volumes look like."""
        traits = self.traits(values)
        spread = np.maximum(traits.std(0), LEAST_SPREAD)
        return replace(self, learnt=tuple(map(float, (*traits.mean(0), *spread))))


def ranges_of(values: np.ndarray | Tensor) -> np.ndarray:
    """(N, 2) lowest and highest value that is told apart in each volume (N, ...); where all but a
    few voxels are alike, the lowest and the highest there is.
    """
    found = np.empty((len(values), 2))
    for i, one in enumerate(values):
        flat = np.asarray(one.cpu() if isinstance(one, Tensor) else one).reshape(-1)
        some = np.asarray(flat[:: max(1, flat.size // OWN_SAMPLE)], np.float32)
        found[i] = np.percentile(some, TAILS)
        if found[i, 0] >= found[i, 1]:
            found[i] = flat.min(), flat.max()
    return found


def tensor(values: np.ndarray | Tensor) -> Tensor:
    """The same numbers for torch; copied only where it must be."""
    if isinstance(values, Tensor):
        return values
    if values.dtype != np.uint8 and values.dtype != np.float32:
        values = values.astype(np.float32)
    return torch.from_numpy(values if values.flags.writeable else values.copy())


def form_of(
    values: np.ndarray, window: tuple[float, float] | None = None, each: bool | None = None
) -> Form:
    """The form for volumes (N, size, size, size).

    Args:
        values: Those that are trained on.
        window: The lowest and highest value that are told apart; None: between `TAILS`.
        each: Whether every volume is scaled by its own range; None: unless a window is given or all
            look like Hounsfield units.

    Raises:
        VolumeError: They are all constant, or are no cubes of a size that can be used.
    """
    if each is None:
        each = window is None and not all_like_hounsfield(values)
    every = max(1, values.size // SAMPLE)
    sample = np.asarray(values.reshape(-1)[::every], np.float32)
    low, high = window or np.percentile(sample, TAILS)
    if low >= high:  # A few bright voxels in an empty volume.
        low, high = values.min(), values.max()
    if low >= high:
        todo = "Bring volumes that show something."
        raise VolumeError("All volumes hold one and the same value", todo=todo)
    if each:
        form = Form(int(values.shape[1]), 0.0, 1.0, 0.0, 1.0, True)
        sample = np.concatenate(
            [form.scaled(one[None]).numpy().reshape(-1)[::every] for one in values]
        )
        low, high = 0.0, 1.0
    cut = np.clip(sample, low, high)
    deviation = float(cut.std(dtype=np.float64)) or float(high - low)
    mean = float(cut.mean(dtype=np.float64))
    form = Form(int(values.shape[1]), float(low), float(high), mean, deviation, each)
    return form.knowing(values)
