"""Files of one volume, or of several one after another: NIfTI, Analyze, MGH, NRRD, MetaImage."""

from __future__ import annotations

import math
import os
import zlib
from typing import IO

from plugins.volume_classification.data import formats as kinds
from plugins.volume_classification.data.nifti import is_pair, mgh_layout, nifti_layout
from plugins.volume_classification.data.text_headers import TextHeader
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.voxel_stream import (
    BLOCK,
    Reader,
    checked,
    volume_of,
)

IMAGES = (".img", ".img.gz")
ONE_FILE = "Zip both files and bring the zip."


class Single:
    """A file whose voxels are not yet read.

    Args:
        file: At its start, plain or packed with gzip.
        kind: One of `kinds.SINGLE`.
        where: What the volume is called, and the place of errors.
        voxels: The other file of two, where the voxels are apart.

    Attributes:
        layout: How the voxels lie.

    Raises:
        VolumeError: It is damaged, or holds no volume.
    """

    def __init__(self, file: IO[bytes], kind: str, where: str, voxels: IO[bytes] | None = None):
        self._file, self._voxels = file, voxels
        self._header = Reader(file, where)
        self._text: TextHeader | None = None
        if kind == kinds.TEXT:
            self._text = TextHeader(self._header)
            if self._text.file and voxels is None:
                what = "This is the header of a volume in two files"
                raise self._header.wrong(what, ONE_FILE)
            self.layout = self._text.layout
        elif kind == kinds.MGH:
            self.layout = mgh_layout(self._header)
        else:
            self.layout = nifti_layout(self._header, voxels is not None)
        checked(self.layout, where)

    def read(self, most: int, frame: int = 0) -> Volume:
        """One volume. Of packed files this can be asked once.

        Args:
            most: Bytes that its voxels may have, unpacked.
            frame: Which one, counted from 0.

        Raises:
            VolumeError: It is damaged, cut short, or too large.
        """
        return volume_of(self._at_voxels(), self.layout, most, frame)

    def _at_voxels(self) -> Reader:
        text, where = self._text, self._header.where
        if text is None:
            return Reader(self._voxels, where) if self._voxels else self._header
        file = self._voxels if text.file and self._voxels else self._file
        total = math.prod(self.layout.shape) * self.layout.numbers.itemsize
        if text.skip == -1 and not text.packed:
            file.seek(-min(total, file.seek(0, os.SEEK_END)), os.SEEK_END)
        elif text.skip:
            file.seek(text.skip, os.SEEK_CUR)
        return Reader(_Unpacked(file) if text.packed == "zlib" else file, where)


class _Unpacked:
    """A stream packed with zlib, as MetaImage has it, as a file that is read forwards."""

    packed = True

    def __init__(self, file: IO[bytes]):
        self._file, self._unpack, self._rest = file, zlib.decompressobj(), b""

    def read(self, count: int) -> bytes:
        """As of a file."""
        found = []
        while count > 0 and not self._unpack.eof:
            data = self._rest or self._file.read(BLOCK)
            try:
                piece = self._unpack.decompress(data, count)
            except zlib.error as error:
                raise OSError("damaged") from error
            if not data and not piece:
                raise OSError("cut short")
            self._rest = self._unpack.unconsumed_tail
            found.append(piece)
            count -= len(piece)
        return b"".join(found)

    def tell(self) -> int:
        """Where the packed bytes are."""
        return self._file.tell()

    def seek(self, place: int) -> int:
        """Only back to where nothing was read yet."""
        self._unpack, self._rest = zlib.decompressobj(), b""
        return self._file.seek(place)


def others_of(head: bytes, kind: str, name: str) -> list[str]:
    """What the file may be called, with its folders, that has the voxels of one that begins so;
    none where it has them itself.

    Args:
        name: Of the file, with its folders.
    """
    folder, mark, last = name.rpartition("/")
    stem = last.partition(".")[0] if last.lower().endswith(".gz") else last.rpartition(".")[0]
    if kind == kinds.NIFTI:
        return [f"{folder}{mark}{stem}{end}" for end in IMAGES] if is_pair(head) else []
    if kind != kinds.TEXT:
        return []
    for line in head.decode("utf-8", "replace").splitlines():
        key, equal, value = line.partition("=" if "=" in line else ":")
        if equal and key.strip().lower() in ("elementdatafile", "data file", "datafile"):
            # The last part only: a path may lead anywhere.
            other = value.strip().replace("\\", "/").rpartition("/")[2]
            return [] if other.upper() == "LOCAL" else [f"{folder}{mark}{other}"]
    return []
