"""A volume from DICOM files: which series, and where it lies in the patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from plugins.volume_classification.data.assembly import NO_SPACING, assemble
from plugins.volume_classification.data.dicom_pixels import name_of, readable
from plugins.volume_classification.data.dicom_stack import SERIES_TODO, planes_of, stacked
from plugins.volume_classification.data.dicom_tags import (
    COLOUR,
    NO_PICTURE,
    PACKED,
    SURVEY,
    Slice,
    slices_of,
)
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.errors import VolumeError
from weights.messages import listed, say

REFUSED = {
    COLOUR: "colour pictures",
    SURVEY: "survey pictures (localisers)",
    PACKED: "files in the deflated transfer syntax",
    NO_PICTURE: "DICOM files without a picture",
}
MOST_NAMED = 6
"""Series whose sizes are told."""


@dataclass
class Gathered:
    """The pictures of several DICOM files, before their pixels are read."""

    slices: list[Slice] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    _known: dict[str, int] = field(default_factory=dict, repr=False)

    def add(self, data: bytes, piece: int) -> None:
        """Look at one more file.

        Args:
            piece: What it is asked for by.
        """
        found = slices_of(data, piece, self._known)
        if isinstance(found, str):
            self.refused[found] += 1
        else:
            self.slices += found

    def series(self) -> list[list[Slice]]:
        """The pictures by series, size and direction, the most first."""
        groups: dict[tuple, list[Slice]] = {}
        for one in self.slices:
            groups.setdefault(one.group, []).append(one)
        return sorted(groups.values(), key=len, reverse=True)

    def said(self) -> tuple[str, ...]:
        """What was left out, and which series was read."""
        notes = []
        groups = self.series()
        lengths = Counter(one.series for one in self.slices)
        if len(lengths) > 1:
            sizes = listed(sorted(lengths.values(), reverse=True)[:MOST_NAMED])
            notes.append(
                say(
                    "There are {series} series, of {sizes} pictures; the one with {chosen} was "
                    "read.",
                    series=len(lengths),
                    sizes=sizes,
                    chosen=lengths[groups[0][0].series],
                )
            )
        if odd := sum(len(g) for g in groups[1:] if g[0].series == groups[0][0].series):
            notes.append(
                say(
                    "{n} pictures of the series differ from the others in size or direction and "
                    "were left out.",
                    one="{n} picture of the series differs from the others in size or direction "
                    "and was left out.",
                    n=odd,
                )
            )
        for kind, many in sorted(self.refused.items()):
            notes.append(say("Left out: {kind} ({many}).", kind=say(REFUSED[kind]), many=many))
        return tuple(notes)


def volume_of(gathered: Gathered, data: Callable[[int], bytes], where: str) -> Volume:
    """The longest series as a volume.

    Args:
        data: The bytes of a file, by what it was added with.
        where: What the volume is called, and the place of errors.

    Raises:
        VolumeError: There is no series, its pictures cannot be decoded, or too many are missing.
    """
    if not gathered.slices:
        raise nothing(gathered, where)
    return _volume(gathered.series()[0], data, where, gathered.said())


def volume_of_series(series: list[Slice], data: Callable[[int], bytes], where: str) -> Volume:
    """One series as a volume. As `volume_of`."""
    return _volume(series, data, where, ())


def nothing(gathered: Gathered, where: str) -> VolumeError:
    """The error for files without a picture that can be read."""
    if not gathered.refused:
        return VolumeError("There is no DICOM file", where=where, todo=SERIES_TODO)
    kind = gathered.refused.most_common(1)[0][0]
    what = say("There is no picture to read, only {refused}", refused=say(REFUSED[kind]))
    todo = "Save it uncompressed." if kind == PACKED else SERIES_TODO
    return VolumeError(what, where=where, todo=todo)


def _volume(
    series: list[Slice], data: Callable[[int], bytes], where: str, notes: tuple[str, ...]
) -> Volume:
    if len(series) < 2:
        what = "Its longest series has one picture, and that is no volume"
        raise VolumeError(what, where=where, todo=SERIES_TODO)
    for syntax in sorted({one.syntax for one in series}):
        if not readable(syntax):
            what = say(
                "Its pictures are compressed in a way that is not read: {name_of}",
                name_of=name_of(syntax),
            )
            todo = "Export the series uncompressed (Explicit VR Little Endian)."
            raise VolumeError(what, where=where, todo=todo)
    stack, more = stacked(series, where)
    notes += more
    first = stack.slices[0]
    if first.inverted:
        notes += ("Its lowest values mean white (MONOCHROME1), so they were turned round.",)
    spacing = (stack.step, *(first.spacing or (1.0, 1.0)))
    if first.spacing is None:
        notes += (NO_SPACING,)
    shape = (len(stack.at), *first.shape)
    planes = planes_of(stack, data, where)
    return assemble(planes, shape, spacing, where, notes, _affine(first, spacing))


def _affine(one: Slice, spacing: tuple[float, float, float]) -> np.ndarray | None:
    """From (column, row, slice) to mm to the right, front and head; None where it is not said."""
    if one.towards is None:
        return None
    along, down = np.array(one.towards[:3]), np.array(one.towards[3:])
    axes = np.stack([along, down, np.cross(along, down)], 1)
    if abs(np.linalg.det(axes)) < 0.5:
        return None
    affine = np.eye(4)
    affine[:3, :3] = np.diag([-1.0, -1.0, 1.0]) @ axes * np.array(spacing[::-1])
    return affine
