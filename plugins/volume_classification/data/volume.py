"""A volume, and other sizes of it, made slice by slice so that no scan fills the memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from plugins.volume_classification.errors import VolumeError
from weights.messages import say

MOST_VOXELS = 192**3
"""A larger volume is condensed while it is read: 28 MB as float32."""
MOST_STRETCH = 8.0
"""A voxel that is longer by more than this in one direction says too little of it."""

Spacing = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Volume:
    """A volume.

    Attributes:
        values: (depth, height, width) float32, finite. As in DICOM, the depth goes to the head, the
            height to the back and the width to the patient's left, where the file says so.
        spacing: mm between voxels, (z, y, x).
        name: For people.
        notes: What was done to it and what is unusual about it, a sentence each.
        oriented: Whether the file says where the patient's sides are.
        units: Of the values, as the file says: `units.HOUNSFIELD`, `OTHER` or "".
    """

    values: np.ndarray = field(repr=False)
    spacing: Spacing = (1.0, 1.0, 1.0)
    name: str = "the volume"
    notes: tuple[str, ...] = ()
    oriented: bool = False
    units: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or not self.values.size:
            raise _no_volume(self.values.shape, self.name)
        check_spacing(self.spacing, self.name)

    @property
    def extent(self) -> Spacing:
        """mm, (z, y, x)."""
        sides = zip(self.values.shape, self.spacing, strict=True)
        return tuple(count * spacing for count, spacing in sides)

    def noted(self, *notes: str) -> Volume:
        """The same with more notes."""
        return replace(self, notes=(*self.notes, *(n for n in notes if n not in self.notes)))


def check_shape(shape: tuple[int, ...], name: str) -> tuple[int, int, int]:
    """Three sides, none of them empty; sides of 1 before or behind them are dropped.

    Raises:
        VolumeError: It is no volume.
    """
    while len(shape) > 3 and 1 in (shape[0], shape[-1]):
        shape = shape[:-1] if shape[-1] == 1 else shape[1:]
    if len(shape) != 3 or min(shape) < 1:
        raise _no_volume(shape, name)
    return tuple(int(side) for side in shape)


def _no_volume(shape: tuple[int, ...], name: str) -> VolumeError:
    sides = " x ".join(map(str, shape)) or "a single value"
    if len(shape) == 4:
        what = say(
            "It has 4 dimensions ({sides}): a series of volumes, or one with several channels",
            sides=say(sides),
        )
        return VolumeError(what, where=name, todo="Save one of them as a volume of its own.")
    what = say("It is no volume: its size is {sides}", sides=say(sides))
    return VolumeError(what, where=name, todo="A volume has a depth, a height and a width.")


def check_spacing(spacing: Spacing, name: str) -> None:
    """Refuse a spacing that is no length.

    Raises:
        VolumeError: So it is.
    """
    if len(spacing) != 3 or not all(math.isfinite(s) and 0 < s < 1e6 for s in spacing):
        what = say("The distances between its voxels are {spacing}", spacing=spacing)
        raise VolumeError(what, where=name, todo="Give three lengths in mm, all above zero.")


def weights(old: int, new: int) -> np.ndarray:
    """(new, old) float32, rows that sum to 1: how much each old sample gives to each new one.

    Between samples a straight line; where there are fewer new ones, a triangle as wide as two of
    them, so that nothing fine turns up as something coarse.
    """
    step = old / new
    centres = (np.arange(new) + 0.5) * step - 0.5
    distance = np.abs(np.arange(old)[None] - np.clip(centres, 0, old - 1)[:, None])
    found = np.clip(1 - distance / max(step, 1.0), 0, None)
    return (found / found.sum(1, keepdims=True)).astype(np.float32)


def condensed(
    planes: Iterable[np.ndarray], shape: tuple[int, int, int], new: tuple[int, int, int]
) -> np.ndarray:
    """Planes of a volume, one after another, as a volume of another size. Only the result and one
    plane are held.

    Args:
        planes: `shape[0]` of them, each (shape[1], shape[2]).
        shape: Of the volume that they make.
        new: Of the result, (depth, height, width).
    """
    found = Condenser(shape, new)
    for plane in planes:
        found.add(np.asarray(plane, np.float32))
    return found.result


class Condenser:
    """Takes planes one after another and makes a volume of another size of them.

    Args:
        shape: Of the volume that the planes make.
        new: Of the result, (depth, height, width).

    Attributes:
        result: `new` float32, whole when as many planes were added as `shape` has.
    """

    def __init__(self, shape: tuple[int, int, int], new: tuple[int, int, int]):
        sides = zip(shape, new, strict=True)
        self._deep, self._high, self._wide = (weights(old, side) for old, side in sides)
        self._same = shape[1:] == new[1:]
        self._next = 0
        self.result = np.zeros(new, np.float32)

    def add(self, plane: np.ndarray) -> None:
        """One more plane, (shape[1], shape[2]) float32."""
        if not self._same:
            plane = self._high @ plane @ self._wide.T
        share = self._deep[:, self._next]
        for target in np.flatnonzero(share):
            self.result[target] += share[target] * plane
        self._next += 1

    def skip(self) -> None:
        """One more plane, of zeros."""
        self._next += 1


def working_size(
    shape: tuple[int, int, int], spacing: Spacing, most: int = MOST_VOXELS
) -> tuple[tuple[int, int, int], Spacing]:
    """The size and spacing that a volume is held with: as it is if it is small enough, else with
    voxels as near to cubes as `most` of them allow.
    """
    if math.prod(shape) <= most:
        return shape, spacing
    edge = max(math.prod(shape) * math.prod(spacing) / most, 1e-18) ** (1 / 3)
    for _ in range(100):  # A side that is coarse already stays so; the others pay for it.
        wished = (side * s / edge for side, s in zip(shape, spacing, strict=True))
        new = tuple(max(1, min(side, round(w))) for side, w in zip(shape, wished, strict=True))
        if math.prod(new) <= most:
            break
        edge *= 1.02
    return new, _spacing_of(shape, spacing, new)


def resized(volume: Volume, new: tuple[int, int, int]) -> Volume:
    """The same in another number of voxels."""
    shape = volume.values.shape
    if shape == new:
        return volume
    values = condensed(volume.values, shape, new)
    return replace(volume, values=values, spacing=_spacing_of(shape, volume.spacing, new))


def isotropic(volume: Volume, most: int = MOST_VOXELS) -> Volume:
    """The same with voxels that are cubes, as large as its finest side, or larger where that makes
    more than `most` of them.
    """
    edge = max(min(volume.spacing), (math.prod(volume.extent) / most) ** (1 / 3))
    return resized(volume, tuple(max(1, round(side / edge)) for side in volume.extent))


def placed(volume: Volume, size: int) -> tuple[float, tuple[int, int, int], tuple[int, int, int]]:
    """Where a volume lies in the cube that `fitted` makes of it.

    Returns:
        The edge of a voxel of the cube in mm; the first index and the number of the cube's voxels
        that the volume fills, (z, y, x).
    """
    edge = max(volume.extent) / size
    inner = tuple(min(size, max(1, round(side / edge))) for side in volume.extent)
    return edge, tuple((size - side) // 2 for side in inner), inner


def fitted(volume: Volume, size: int) -> Volume:
    """The volume in a cube of `size` voxels: its longest side fills it, and voxels are cubes;
    around it is its lowest value. What was done is noted.
    """
    if volume.values.shape == (size,) * 3 and len(set(volume.spacing)) == 1:
        return volume
    edge, start, inner = placed(volume, size)
    small = resized(volume, inner)
    values = np.full((size,) * 3, small.values.min(), np.float32)
    values[tuple(slice(a, a + n) for a, n in zip(start, inner, strict=True))] = small.values
    before = " x ".join(map(str, volume.values.shape))
    note = say(
        "For the network {before} voxels became {size} x {size} x {size} of {edge:.2g} mm.",
        before=before,
        size=size,
        edge=edge,
    )
    padded = replace(volume, values=values, spacing=(edge,) * 3).noted(note)
    if len(set(inner)) > 1:
        padded = padded.noted("Its sides differ, so its surroundings were filled up.")
    return padded


def stretch_note(spacing: Spacing) -> tuple[str, ...]:
    """A word on voxels that are far from being cubes; none where they are not."""
    times = max(spacing) / min(spacing)
    if times < 1.5:
        return ()
    text = " x ".join(f"{s:.3g}" for s in spacing)
    note = say(
        "Its voxels are no cubes: {text} mm, {times:.1f} times as long as wide.",
        text=text,
        times=times,
    )
    if times > MOST_STRETCH:
        note += " Along that axis there is little to see."
    return (note,)


def _spacing_of(
    shape: tuple[int, int, int], spacing: Spacing, new: tuple[int, int, int]
) -> Spacing:
    return tuple(s * a / b for s, a, b in zip(spacing, shape, new, strict=True))
