"""A volume from DICOM files: which series, and where it lies in the patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from plugins.volume_classification.data.assembly import NO_SPACING, assemble
from plugins.volume_classification.data.dicom_passes import passes
from plugins.volume_classification.data.dicom_pixels import name_of, readable
from plugins.volume_classification.data.dicom_slice import Slice
from plugins.volume_classification.data.dicom_stack import SERIES_TODO, planes_of, stacked
from plugins.volume_classification.data.dicom_tags import (
    COLOUR,
    NO_PICTURE,
    PACKED,
    SURVEY,
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
TITLES = {
    "": "series {series}: {n} pictures of {size}",
    "acquisition": "series {series}, acquisition {number}: {n} pictures of {size}",
    "echo": "series {series}, echo {number}: {n} pictures of {size}",
    "moment": "series {series}, moment {number}: {n} pictures of {size}",
    "pass": "series {series}, pass {number}: {n} pictures of {size}",
}
MOST_NAMED = 6
"""Series whose sizes are told."""


ROUND = "Its lowest values mean white (MONOCHROME1), so they were turned round."
ROUND_UNITS = (
    "Its lowest values mean white (MONOCHROME1), so they were turned round; their unit is lost."
)


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
        """The pictures by series, size and direction, and by pass over the body, the most first."""
        return [one.slices for one in self.parts()]

    def parts(self) -> list[Part]:
        """The same with their names."""
        groups: list[list[Slice]] = []
        for one in self.slices:
            group = next((group for group in reversed(groups) if group[0].beside(one)), None)
            if group is None:
                groups.append([one])
            else:
                group.append(one)
        found = []
        for group in groups:
            kind, each = passes(group)
            found += [Part(part, kind, i, len(each)) for i, part in enumerate(each, 1)]
        return sorted(found, key=lambda part: len(part.slices), reverse=True)

    def said(self, chosen: Part) -> tuple[str, ...]:
        """What was left out, and which series was read."""
        notes = []
        parts, series = self.parts(), chosen.slices[0].series
        lengths = Counter(one.series for one in self.slices)
        if len(lengths) > 1:
            sizes = listed(sorted(lengths.values(), reverse=True)[:MOST_NAMED])
            notes.append(
                say(
                    "There are {series} series, of {sizes} pictures; the one with {chosen} was "
                    "read.",
                    series=len(lengths),
                    sizes=sizes,
                    chosen=lengths[series],
                )
            )
        if chosen.many > 1:
            notes.append(
                say(
                    "In each place there are {counts} pictures: several passes over the body. Of "
                    "those {place} was read, {what}.",
                    counts=chosen.many,
                    place=chosen.number,
                    what=chosen.title,
                )
            )
        beside = sum(len(one.slices) for one in parts if one.slices[0].beside(chosen.slices[0]))
        if odd := lengths[series] - beside:
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


@dataclass(frozen=True)
class Part:
    """Pictures that make one volume.

    Attributes:
        kind: What it is one of, a key of `TITLES`.
        number: Which one, counted from 1, of `many`.
    """

    slices: list[Slice] = field(repr=False)
    kind: str
    number: int
    many: int

    @property
    def title(self) -> str:
        """For people."""
        high, wide = self.slices[0].shape
        return say(
            TITLES[self.kind],
            series=self.slices[0].series + 1,
            number=self.number,
            n=len(self.slices),
            size=f"{wide} x {high}",
        )


def volume_of(
    gathered: Gathered, data: Callable[[int], bytes], where: str, part: int = 0
) -> Volume:
    """A series as a volume.

    Args:
        data: The bytes of a file, by what it was added with.
        where: What the volume is called, and the place of errors.
        part: Which of `Gathered.parts`; the first is the longest.

    Raises:
        VolumeError: There is no series, its pictures cannot be decoded, or too many are missing.
    """
    if not gathered.slices:
        raise nothing(gathered, where)
    chosen = gathered.parts()[part]
    return _volume(chosen.slices, data, where, gathered.said(chosen))


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
        notes += (ROUND if first.scale == (1.0, 0.0) else ROUND_UNITS,)
    if first.looked_up:
        notes += ("Its values come from the file's own table (Modality LUT).",)
    if first.tile:
        notes += ("Its slices lie in one picture, a Siemens mosaic; they were taken apart.",)
    spacing = (stack.step, *(first.spacing or (1.0, 1.0)))
    if first.spacing is None:
        notes += (NO_SPACING,)
    shape = (len(stack.at), *first.shape)
    planes = planes_of(stack, data, where)
    affine = _affine(first, spacing) if stack.placed else None
    padded = any(one.padding for one in series)
    found = assemble(planes, shape, spacing, where, notes, affine, padded)
    same = len({one.units for one in series}) == 1
    return replace(found, units=first.units if same else "")


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
