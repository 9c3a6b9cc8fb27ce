"""NumPy's files, read piece by piece and never unpickled."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from plugins.shared.files.entries import LabelledError
from plugins.shared.files.file_kinds import plain_name, printable, size_text
from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_files import ENCRYPTED, ZIP_FAULTS, opened
from plugins.volume_classification.data.assembly import NO_SPACING, assemble, check_sides
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

NPY = b"\x93NUMPY"
NUMBERS = "biuf"
AGAIN = "Copy or save it again."


@dataclass(frozen=True)
class Array:
    """An array in a file, before its values are read.

    Attributes:
        shape, dtype: As the file says.
        reverse: Whether the file has the first axis fastest (Fortran's order).
        file: Where its values begin.
        where: What it is called, and the place of errors.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    reverse: bool
    file: IO[bytes]
    where: str

    @property
    def size(self) -> int:
        """Bytes of the values."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def stored(self) -> tuple[int, ...]:
        """The shape, slowest axis of the file first."""
        return self.shape[::-1] if self.reverse else self.shape

    def rows(self) -> Iterator[np.ndarray]:
        """The values along the first axis of `stored`, one after another.

        Raises:
            VolumeError: The file ends before they do, or is damaged.
        """
        many, *rest = self.stored
        size = math.prod(rest) * self.dtype.itemsize
        for i in range(many):
            data = _bytes(
                self.file, size, say("part {value} of {many}", value=i + 1, many=many), self.where
            )
            yield np.frombuffer(data, self.dtype).reshape(rest)

    def whole(self) -> np.ndarray:
        """All values. As `rows` does, but held at once."""
        order = "F" if self.reverse else "C"
        data = _bytes(self.file, self.size, "its values", self.where)
        return np.frombuffer(data, self.dtype).reshape(self.shape, order=order)


def open_array(file: IO[bytes], where: str, most: int) -> Array:
    """Read the header of an array.

    Args:
        file: At its start.
        most: Bytes that the values may have.

    Raises:
        VolumeError: It is none, holds objects, or is too large.
    """
    array = _described(file, where)
    if array.dtype.hasobject:
        what = "It holds Python objects, which are never loaded: they could run any program"
        todo = "Save an array of numbers, such as array.astype('float32')."
        raise VolumeError(what, where=where, todo=todo)
    if array.size > most:
        what = say(
            "Its values have {size}, more than the {most} read",
            size=size_text(array.size),
            most=size_text(most),
        )
        raise VolumeError(what, where=where, todo="Bring fewer or smaller volumes.")
    return array


def read_npy(file: IO[bytes], where: str, most: int) -> Volume:
    """A volume from an array of numbers, (depth, height, width).

    Raises:
        VolumeError: It is no such array.
    """
    return volume_of(open_array(file, where, most))


def volume_of(array: Array) -> Volume:
    """A volume from an array of numbers, (depth, height, width).

    Raises:
        VolumeError: It is no volume, holds no numbers, or ends too early.
    """
    if array.dtype.kind not in NUMBERS:
        what = say("Its values are no real numbers but {name}", name=array.dtype.name)
        raise VolumeError(what, where=array.where, todo="Save an array of numbers.")
    array = replace(array, shape=check_sides(array.shape, array.where))
    found = assemble(array.rows(), array.stored, (1.0, 1.0, 1.0), array.where, (NO_SPACING,))
    if not array.reverse:
        return found
    values = np.ascontiguousarray(found.values.transpose(2, 1, 0))
    return replace(found, values=values, spacing=found.spacing[::-1])


class Arrays:
    """The arrays of an .npz.

    Attributes:
        names: Of the arrays, without .npy.
        alone: Whether the archive holds nothing else.
    """

    def __init__(self, archive: zipfile.ZipFile, where: str, limits: Limits):
        every = archive.infolist()
        infos = [info for info in every if info.filename.endswith(".npy")]
        self.alone = len(infos) == len(every)
        self._infos = {info.filename[:-4]: info for info in infos}
        self._archive, self._where, self._most = archive, where, limits.archive_bytes
        self.names = tuple(self._infos)
        total = sum(info.file_size for info in infos)
        if total > self._most:
            what = say(
                "It unpacks to {total}, more than the {most} read",
                total=size_text(total),
                most=size_text(self._most),
            )
            raise VolumeError(what, where=where, todo="Bring fewer or smaller volumes.")

    @contextmanager
    def open(self, name: str) -> Iterator[Array]:
        """One array, its values not yet read.

        Raises:
            VolumeError: It is damaged, too large, or holds objects.
        """
        where = say("{name} in {where}", name=printable(name)[:40], where=self._where)
        info = self._infos[name]
        if info.flag_bits & ENCRYPTED:
            raise VolumeError("It is encrypted", where=where, todo="Save it without a password.")
        try:
            file = self._archive.open(info)
        except ZIP_FAULTS:
            file = None
        if file is None:
            raise VolumeError("The archive is damaged here", where=where, todo=AGAIN)
        with file:
            yield open_array(file, where, self._most)


@contextmanager
def arrays_in(path: Path, limits: Limits) -> Iterator[Arrays]:
    """The arrays of an .npz, while it is open.

    Raises:
        VolumeError: It is no .npz, or its arrays have more bytes than the limits allow.
    """
    where, problem = plain_name(path.name), ""
    try:
        with opened(path, where, limits) as archive:
            yield Arrays(archive, where, limits)
    except LabelledError as error:
        problem = error.what
    if problem:
        raise VolumeError(problem, where=where, todo=AGAIN)


def _described(file: IO[bytes], where: str) -> Array:
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        version = np.lib.format.read_magic(file)
        shape, reverse, dtype = readers[version](file)
        return Array(shape, dtype, reverse, file, where)
    except Exception:  # NumPy reads the header as Python's source, so anything may come of it.
        pass
    what = "This is no array of NumPy, or its beginning is damaged"
    raise VolumeError(what, where=where, todo="Save it with numpy.save or numpy.savez.")


def _bytes(file: IO[bytes], count: int, during: str, where: str) -> bytes:
    try:
        data = file.read(count)
    except (*ZIP_FAULTS, zlib.error):
        data = b""
    if len(data) < count:
        what = say("The file ends in {during}, so it was cut short or is damaged", during=during)
        raise VolumeError(what, where=where, todo=AGAIN)
    return data
