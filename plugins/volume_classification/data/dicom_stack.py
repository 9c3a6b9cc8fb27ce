"""The slices of a DICOM series in order, and brought to even distances where one is missing or lies
elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from plugins.volume_classification.data.dicom_pixels import Pixels
from plugins.volume_classification.data.dicom_slice import Slice
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

SERIES_TODO = "Bring the files of one series of slices."
UNEVEN = 0.02
"""Share of the usual distance by which slices may lie elsewhere."""
SAME = 1e-3
"""mm between slices that lie in one place."""
TILTED = 1.0
"""Degrees of the scanner's tilt that are worth a word."""


LOCATED = (
    "The files say how far along the body the slices lie (SliceLocation), but not which end is up."
)


@dataclass(frozen=True)
class Stack:
    """Slices in order, and where between them the planes of the volume lie.

    Attributes:
        at: For each plane its place among the slices: 2.5 lies halfway between the third and the
            fourth.
        step: mm between planes.
        placed: Whether the files say where in the patient the slices lie, and so which end is up.
    """

    slices: Sequence[Slice]
    at: np.ndarray
    step: float
    placed: bool = True


def stacked(series: list[Slice], where: str) -> tuple[Stack, tuple[str, ...]]:
    """Put the pictures of a series in order, and say what is unusual.

    Raises:
        VolumeError: They lie in one place, or too many are missing.
    """
    normal = normal_of(series)
    if normal is None:
        located = [one.location for one in series]
        if None in located or len(set(located)) < len(series):
            return _by_number(series)
        order = np.argsort(located)
        stack, notes = _even([series[i] for i in order], np.array(located, float)[order], where)
        return replace(stack, placed=False), (LOCATED, *notes)
    places = np.array([one.place for one in series])
    heights = places @ normal
    numbers = [one.number if one.number is not None else 0.0 for one in series]
    order = np.lexsort((numbers, np.round(heights, 3)))
    heights, places = heights[order], places[order]
    keep = np.concatenate([[True], np.diff(heights) > SAME])
    notes = _said_of_doubles(keep)
    kept = [series[i] for i in order[keep]]
    heights, places = heights[keep], places[keep]
    if len(kept) < 2:
        what = "All pictures of its longest series lie in one place"
        raise VolumeError(what, where=where, todo=SERIES_TODO)
    notes += _said_of_tilt(places, normal)
    stack, more = _even(kept, heights, where)
    return stack, notes + more


def normal_of(series: Sequence[Slice]) -> np.ndarray | None:
    """The way across the slices, of length 1; None where a file does not say how its slice lies."""
    first = series[0]
    if first.towards is None or any(one.place is None for one in series):
        return None
    normal = np.cross(first.towards[:3], first.towards[3:])
    return normal / np.linalg.norm(normal) if np.linalg.norm(normal) >= 0.5 else None


def _by_number(series: list[Slice]) -> tuple[Stack, tuple[str, ...]]:
    numbered = all(one.number is not None for one in series)
    ordered = sorted(series, key=lambda one: one.number) if numbered else series
    by = "their numbers" if numbered else "the files' names"
    notes = (
        say("The files do not say where the slices lie, so they were ordered by {by}.", by=say(by)),
    )
    step = ordered[0].apart
    if step is None:
        step = 1.0
        notes += ("They do not say how far apart the slices are either; 1 mm is assumed.",)
    return Stack(ordered, np.arange(len(ordered), dtype=float), step, placed=False), notes


def _said_of_doubles(keep: np.ndarray) -> tuple[str, ...]:
    if keep.all():
        return ()
    note = say(
        "{n} slices lay where others were and were left out.",
        one="{n} slice lay where another was and was left out.",
        n=int((~keep).sum()),
    )
    return (note,)


def _said_of_tilt(places: np.ndarray, normal: np.ndarray) -> tuple[str, ...]:
    way = places[-1] - places[0]
    straight = abs(way @ normal)
    aside = np.linalg.norm(way - (way @ normal) * normal)
    angle = float(np.degrees(np.arctan2(aside, straight)))
    if angle < TILTED:
        return ()
    return (
        say(
            "The scanner was tilted by {angle:.0f} degrees; the slices are stacked straight.",
            angle=angle,
        ),
    )


def _even(slices: list[Slice], heights: np.ndarray, where: str) -> tuple[Stack, tuple[str, ...]]:
    """Planes at even distances; where the slices lie otherwise, it is said."""
    distances = np.diff(heights)
    step = float(np.median(distances))
    if (np.abs(distances - step) <= UNEVEN * step).all():
        step = float(distances.mean())
        return Stack(slices, np.arange(len(slices), dtype=float), step), ()
    missing = np.maximum(np.round(distances / step).astype(int) - 1, 0)
    many = int(missing.sum())
    if many > len(slices):
        what = say(
            "More of its slices are missing ({many}) than are there ({slices})",
            many=many,
            slices=len(slices),
        )
        raise VolumeError(what, where=where, todo="Bring the whole series.")
    count = round((heights[-1] - heights[0]) / step) + 1
    grid = np.linspace(heights[0], heights[-1], count)
    at = np.interp(grid, heights, np.arange(len(slices)))
    notes = []
    if many:
        gaps = np.flatnonzero(missing)
        text = ", ".join(say("{value} and {value_2}", value=i + 1, value_2=i + 2) for i in gaps[:3])
        if len(gaps) > 3:
            text = say("{text} and in {n} other places", text=text, n=len(gaps) - 3)
        notes.append(
            say(
                "{n} slices are missing, between slices {places} of {slices}; what lies "
                "there was put in between its neighbours on a straight line.",
                "{n} slice is missing, between slices {places} of {slices}; what lies "
                "there was put in between its neighbours on a straight line.",
                n=many,
                slices=len(slices),
                places=text,
            )
        )
    rest = distances / (missing + 1)
    if (np.abs(rest - step) > UNEVEN * step).any():
        notes.append(
            say(
                "The slices are {rest:.3g} to {rest_2:.3g} mm apart; they were brought "
                "to even distances of {step:.3g} mm on straight lines between them.",
                rest=rest.min(),
                rest_2=rest.max(),
                step=step,
            )
        )
    return Stack(slices, at, (heights[-1] - heights[0]) / (count - 1)), tuple(notes)


def planes_of(stack: Stack, data: Callable[[int], bytes], where: str) -> Iterator[np.ndarray]:
    """The planes of a stack, one after another; two pictures are held at most.

    Args:
        data: The bytes of a file, by its `piece`.

    Raises:
        VolumeError: A picture cannot be decoded.
    """
    pixels, held, many = Pixels(), {}, len(stack.slices)

    def plane(i: int) -> np.ndarray:
        if i not in held:
            one = stack.slices[i]
            place = say("slice {value} of {many} in {where}", value=i + 1, many=many, where=where)
            held[i] = pixels.plane(lambda: data(one.piece), one, place)
        return held[i]

    def between(at: float) -> np.ndarray:
        low = min(int(at + 1e-6), many - 1)
        for old in [i for i in held if i < low]:
            del held[old]
        share, found = np.float32(at - low), plane(low)
        return found * (1 - share) + plane(low + 1) * share if share > 1e-4 else found

    try:
        yield from map(between, stack.at)
    finally:
        pixels.close()
