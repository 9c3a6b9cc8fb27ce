"""Voxels that lie in a file one after another, plain or packed with gzip, read plane by plane; so
that no more is held than the volume that comes of them.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from gzip import BadGzipFile, GzipFile
from typing import IO

import numpy as np

from plugins.shared.files.file_kinds import size_text
from plugins.volume_classification.data.assembly import assemble, check_sides
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

GZIP = b"\x1f\x8b"
MOST_OFFSET = 64 * 2**20
BLOCK = 2**20
AGAIN = "Copy or export it again."
UNTOLD = "The file does not say how the patient lies, so up may be anywhere."
UNSOUND = "What the file says about how the patient lies cannot be; it was not used."
NUMBERS = "biuf"


@dataclass(frozen=True, eq=False)
class Layout:
    """How the voxels of a file lie.

    Attributes:
        shape: Voxels along each axis, the fastest first; from the fourth on they count volumes.
        numbers: Type of one voxel.
        slope, intercept: Of the values.
        spacing: mm between voxels, by (z, y, x) of the file.
        affine: As in `assembly.assemble`.
        notes: What is known about it already.
    """

    shape: tuple[int, ...]
    numbers: np.dtype
    spacing: tuple[float, float, float]
    affine: np.ndarray | None = None
    slope: float = 1.0
    intercept: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """How many volumes lie one after another."""
        return max(1, math.prod(self.shape[3:]))

    @property
    def deepened(self) -> tuple[int, int, int]:
        """(z, y, x) of one of them."""
        return self.shape[2::-1]


class Reader:
    """Reads exactly this many bytes, or says what is wrong.

    Args:
        file: Where the reading begins, plain or packed with gzip.
        where: The place of errors.

    Attributes:
        place: How many bytes were read so far, unpacked.
    """

    def __init__(self, file: IO[bytes], where: str):
        start = file.tell()
        packed = file.read(len(GZIP)) == GZIP
        file.seek(start)
        self._stream = GzipFile(fileobj=file) if packed else file
        self._packed = packed or getattr(file, "packed", False)
        self.where, self.place = where, 0

    def bytes(self, count: int, during: str, more: int = 0) -> bytes:
        """This many bytes, and up to `more`."""
        try:
            data = self._stream.read(count + more)
        except (BadGzipFile, zlib.error, OSError):
            what = say("Its packing (gzip) is damaged in {during}", during=during)
            raise VolumeError(what, where=self.where, todo=AGAIN) from None
        except EOFError:
            data = b""
        if len(data) < count:
            what = say("The file ends in {during}, so it was cut short", during=during)
            raise VolumeError(what, where=self.where, todo=AGAIN)
        self.place += count
        return data

    def line(self, most: int) -> bytes:
        """One line of text, without its end; b"" at the end of the file."""
        try:
            found = self._stream.readline(most)
        except (BadGzipFile, zlib.error, OSError, EOFError):
            found = b""
        self.place += len(found)
        return found

    def skip(self, count: int, during: str = "its header", most: int = MOST_OFFSET) -> None:
        """Pass over this many bytes.

        Raises:
            VolumeError: There are fewer, or these are more than `most`.
        """
        if not -1024 <= count <= most:
            what = "Its header says that the voxels begin where they cannot"
            raise VolumeError(what, where=self.where, todo=AGAIN)
        while count > 0:
            count -= len(self.bytes(min(count, BLOCK), during))

    def end(self) -> None:
        """See that nothing is wrong with the packing; its checksum comes last."""
        if self._packed:
            self.bytes(0, "its checksum", more=1)

    def wrong(self, what: str, todo: str) -> VolumeError:
        """An error at this place."""
        return VolumeError(what, where=self.where, todo=todo)


def volume_of(reader: Reader, layout: Layout, most: int, frame: int = 0) -> Volume:
    """A volume of voxels that the reader stands before.

    Args:
        most: Bytes that the voxels of one volume may have.
        frame: Which one, where there are several.

    Raises:
        VolumeError: It is none, is too large, or the file ends too early.
    """
    shape = checked(layout, reader.where)
    deep, high, wide = shape
    total = math.prod(shape) * layout.numbers.itemsize
    if total > most:
        what = say(
            "Its voxels have {total}, more than the {most} that are read",
            total=size_text(total),
            most=size_text(most),
        )
        raise VolumeError(what, where=reader.where, todo="Bring it at a lower resolution.")
    notes = layout.notes
    if layout.frames > 1:
        notes += (
            say(
                "It has {axes} dimensions ({sides}): {n} volumes. Number {frame} was read.",
                axes=len(layout.shape),
                sides=" x ".join(map(str, layout.shape)),
                n=layout.frames,
                frame=frame + 1,
            ),
        )
        reader.skip(frame * total, "the volumes before", frame * total)
    planes = _planes(reader, layout, shape, frame + 1 == layout.frames)
    return assemble(planes, shape, layout.spacing, reader.where, notes, layout.affine)


def checked(layout: Layout, where: str) -> tuple[int, int, int]:
    """(z, y, x) of one volume of a file.

    Raises:
        VolumeError: It is none, or is too large along a side.
    """
    shape = layout.shape
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) > 3 and min(shape) > 0:
        sides = " x ".join(map(str, shape))
        if len(shape) > 4:
            what = say("It has several values a voxel ({sides}), such as directions", sides=sides)
            todo = "Save one of them, or their length, as a volume of its own."
            raise VolumeError(what, where=where, todo=todo)
        if min(shape[:3]) < 2:
            what = say("It has 4 dimensions ({sides}): a series of pictures", sides=sides)
            raise VolumeError(what, where=where, todo="Bring a volume, or a series of volumes.")
        shape = shape[:3]
    if len(shape) != 3 or min(shape) < 1:
        return check_sides(shape, where)
    return check_sides(shape[::-1], where)


def checked_type(numbers: np.dtype | None, where: str) -> np.dtype:
    """The type of a voxel.

    Raises:
        VolumeError: It is unknown, or not one real number.
    """
    if numbers is None or numbers.kind == "V" and not numbers.names or not numbers.itemsize:
        raise VolumeError("Its voxels are of an unknown type", where=where, todo=AGAIN)
    if numbers.names:
        todo = "Save the volume with one number a voxel."
        raise VolumeError("Its voxels are colours", where=where, todo=todo)
    if numbers.kind not in NUMBERS:
        todo = "Save their size (magnitude) as a volume of its own."
        raise VolumeError("Its voxels are complex numbers", where=where, todo=todo)
    return numbers


def _planes(
    reader: Reader, layout: Layout, shape: tuple[int, int, int], last: bool
) -> Iterator[np.ndarray]:
    deep, high, wide = shape
    plain = layout.slope == 1 and layout.intercept == 0
    # float32 has the whole numbers of two bytes; others keep what they have.
    exact = np.float32 if layout.numbers.itemsize <= 2 else np.float64
    for k in range(deep):
        data = reader.bytes(
            high * wide * layout.numbers.itemsize,
            say("slice {value} of {deep}", value=k + 1, deep=deep),
        )
        plane = np.frombuffer(data, layout.numbers).reshape(high, wide)
        with np.errstate(over="ignore", invalid="ignore"):
            yield plane if plain else plane.astype(exact) * layout.slope + layout.intercept
    if last:
        reader.end()


def laid(layout: Layout, affine: np.ndarray | None, scale: float = 1.0) -> Layout:
    """The same with an affine of a file whose spacing counts `scale` mm, if it can be."""
    if not sound(affine):
        return replace(layout, notes=(*layout.notes, UNTOLD if affine is None else UNSOUND))
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    return replace(layout, affine=affine, spacing=tuple(float(e) * scale for e in edges[::-1]))


def sound(affine: np.ndarray | None) -> bool:
    """Whether a patient could lie by an affine (4, 4)."""
    if affine is None:
        return False
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.isfinite(affine).all() or not (edges > 0).all():
        return False
    return bool(abs(np.linalg.det(affine[:3, :3] / edges)) > 0.1)
