"""A volume from the planes of a file, as they come: condensed on the way where it is large, its
faults counted, and turned so that the head is up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from plugins.volume_classification.data.volume import (
    Condenser,
    Spacing,
    Volume,
    check_shape,
    check_spacing,
    stretch_note,
    working_size,
)
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

MOST_SIDE = 4096
"""Voxels. A plane is held as it is in the file, so it may have the square of that."""
MOST_VALUE = 1e30
"""What is larger is no measurement, and sums of it would overflow."""
LARGE = 2.0**20
"""Where all values are beyond this, differences of less than a tenth would be lost in float32."""
FEW = 4
"""With fewer slices than this there is little to see between them."""
OBLIQUE = 10.0
"""Degrees between the slices and the patient's sides that are worth a word."""
NO_SPACING = "The file gives no distances between voxels, so they count as cubes of 1 mm."


def assemble(
    planes: Iterable[np.ndarray],
    shape: tuple[int, ...],
    spacing: Spacing,
    where: str,
    notes: tuple[str, ...] = (),
    affine: np.ndarray | None = None,
    padded: bool = False,
) -> Volume:
    """Make a volume. Only the result and one plane are held.

    Args:
        planes: `shape[0]` of them, each (shape[1], shape[2]).
        shape: Of the volume that they make, as the file has it.
        spacing: mm, by the axes of `shape`.
        where: What the volume is called, and the place of errors.
        notes: What is known about it already.
        affine: (4, 4), from indices along the axes of `shape`, last first, to mm to the patient's
            right, front and head, as in NIfTI. None: it is not known and the axes stay.
        padded: Whether what is no number is the file's padding.

    Raises:
        VolumeError: It is no volume, is constant or holds no number.
    """
    shape, spacing = check_sides(shape, where), tuple(float(s) for s in spacing)
    check_spacing(spacing, where)
    if min(shape) < 2:
        what = say("It is {sides}: a picture, not a volume", sides=_sides(shape))
        raise VolumeError(what, where=where, todo="Bring two slices or more.")
    new, coarse = working_size(shape, spacing)
    planes, base = lowered(planes)
    values, bad = _condensed(planes, shape, new, where)
    notes += lowered_note(base)
    if bad:
        notes += (_said_of_bad(bad, shape, padded),)
    if values.min() == values.max():
        flat = float(values.flat[0]) + base
        what = say("All its voxels hold one value, {flat:g}", flat=flat)
        raise VolumeError(what, where=where, todo="Bring a volume that shows something.")
    if affine is not None:
        values, source, more = _turned(values, affine)
        shape, spacing, coarse = (tuple(one[s] for s in source) for one in (shape, spacing, coarse))
        notes += more
    notes += stretch_note(spacing)
    if values.shape != shape:
        size, edges = _sides(values.shape), _sides(coarse, ".3g")
        notes += (
            say(
                "It has {sides} voxels; they were brought to {size} of {edges} mm.",
                sides=_sides(shape),
                size=size,
                edges=edges,
            ),
        )
    if shape[0] < FEW:
        notes += (
            say(
                "It has {shape} slices only, so there is little to see between them.",
                shape=shape[0],
            ),
        )
    return Volume(values, coarse, where, notes, affine is not None)


def lowered(planes: Iterable[np.ndarray]) -> tuple[Iterator[np.ndarray], float]:
    """Planes without an offset that float32 would drown their differences in; and that offset, 0
    where there is none. It is known from the first plane.
    """
    planes = iter(planes)
    first = next(planes)
    base = 0.0
    if first.dtype.itemsize > 2 and first.size:
        low, high = float(first.min()), float(first.max())
        if np.isfinite([low, high]).all() and min(abs(low), abs(high)) >= LARGE and low * high > 0:
            base = low
    if not base or abs(base) >= MOST_VALUE:
        return itertools.chain([first], planes), 0.0
    whole = first.dtype.type(first.min())  # Subtracted before anything is rounded.

    def less(plane: np.ndarray) -> np.ndarray:
        return (plane.astype(np.longdouble) - np.longdouble(whole)).astype(np.float32)

    return map(less, itertools.chain([first], planes)), base


def lowered_note(base: float) -> tuple[str, ...]:
    """A word on the offset that `lowered` took off; none where it is 0."""
    if not base:
        return ()
    return (
        say(
            "{base:,.6g} was taken off all values: they are so large that their differences "
            "would be lost.",
            base=base,
        ),
    )


def check_sides(shape: tuple[int, ...], where: str) -> tuple[int, int, int]:
    """The three sides of a volume that can be read.

    Raises:
        VolumeError: It is no volume, or a side is too long.
    """
    shape = check_shape(shape, where)
    if max(shape) > MOST_SIDE:
        what = say(
            "A side has {shape:,} voxels, more than the {most_side:,} that are read",
            shape=max(shape),
            most_side=MOST_SIDE,
        )
        raise VolumeError(what, where=where, todo="Bring it at a lower resolution.")
    return shape


def _condensed(
    planes: Iterable[np.ndarray], shape: tuple[int, ...], new: tuple[int, ...], where: str
) -> tuple[np.ndarray, int]:
    """The values, and how many of them were no numbers: these count as the lowest number there is.

    That one is known at the end only. But condensing is linear, so zeros are put in their place
    first and their share of the lowest is added then.
    """
    found, gaps, bad, low = Condenser(shape, new), Condenser(shape, new), 0, np.inf
    for plane in planes:
        whole = plane.dtype.kind in "biu"
        with np.errstate(over="ignore", invalid="ignore"):
            plane = np.asarray(plane, np.float32)
            gap = None if whole else ~(np.abs(plane) < MOST_VALUE)
        if gap is not None and gap.any():
            bad += int(gap.sum())
            low = min(low, plane[~gap].min(initial=np.inf))
            plane = np.where(gap, np.float32(0), plane)
            gaps.add(gap.astype(np.float32))
        else:
            low = min(low, plane.min())
            gaps.skip()
        found.add(plane)
    if bad == np.prod(shape):
        todo = "Bring a volume with values."
        raise VolumeError("None of its voxels holds a number", where=where, todo=todo)
    values = found.result
    if bad:
        values += np.float32(low) * gaps.result
    return values, bad


def _said_of_bad(bad: int, shape: tuple[int, ...], padded: bool) -> str:
    if padded:
        return say(
            "{share:.2g} % of its voxels are padding; they got the lowest value.",
            share=100 * bad / np.prod(shape),
        )
    return say(
        "{n:,} voxels are no numbers ({share:.2g} %); the lowest value was put in.",
        one="{n} voxel is no number ({share:.2g} %); the lowest value was put in.",
        n=bad,
        share=100 * bad / np.prod(shape),
    )


def _turned(
    values: np.ndarray, affine: np.ndarray
) -> tuple[np.ndarray, list[int], tuple[str, ...]]:
    """Values with the head up, which of the old axes became which, and what there is to say."""
    from nibabel import orientations

    found = orientations.io_orientation(affine)
    wanted = orientations.axcodes2ornt(("L", "P", "S"))
    change = orientations.ornt_transform(found, wanted)
    moved = orientations.apply_orientation(values.transpose(2, 1, 0), change).transpose(2, 1, 0)
    # The i-th axis, counted from the last, becomes the change[i]-th.
    source = [2 - int(np.flatnonzero(change[:, 0] == 2 - axis)[0]) for axis in range(3)]
    directions = np.abs(affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0))
    angle = float(np.degrees(np.arccos(np.clip(directions.max(0).min(), 0, 1))))
    notes = ()
    if angle > OBLIQUE:
        notes = (
            say(
                "Its slices lie oblique in the patient, by {angle:.0f} degrees; they stay so.",
                angle=angle,
            ),
        )
    return np.ascontiguousarray(moved), source, notes


def _sides(numbers: tuple[float, ...], digits: str = "") -> str:
    return " x ".join(format(number, digits) for number in numbers)
