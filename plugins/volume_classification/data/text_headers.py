"""NRRD and MetaImage: a few lines of text, and then the voxels, or the name of the file with them.

Of the lines only those are looked at that say how the voxels lie. Both formats are that simple, so
they are read here, plane by plane, where SimpleITK and pynrrd would hold a whole file.
"""

from __future__ import annotations

import re

import numpy as np

from plugins.volume_classification.data.assembly import NO_SPACING
from plugins.volume_classification.data.voxel_stream import (
    AGAIN,
    Layout,
    Reader,
    checked_type,
    laid,
)
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

NRRD, META = b"NRRD", (b"ObjectType", b"NDims", b"Comment =")
MOST_LINES, MOST_LINE = 400, 4096
NRRD_TYPES = {
    "signed char": "i1", "int8": "i1", "int8_t": "i1", "uchar": "u1", "unsigned char": "u1",
    "uint8": "u1", "uint8_t": "u1", "short": "i2", "short int": "i2", "signed short": "i2",
    "signed short int": "i2", "int16": "i2", "int16_t": "i2", "ushort": "u2",
    "unsigned short": "u2", "unsigned short int": "u2", "uint16": "u2", "uint16_t": "u2",
    "int": "i4", "signed int": "i4", "int32": "i4", "int32_t": "i4", "uint": "u4",
    "unsigned int": "u4", "uint32": "u4", "uint32_t": "u4", "longlong": "i8", "long long": "i8",
    "int64": "i8", "int64_t": "i8", "ulonglong": "u8", "unsigned long long": "u8", "uint64": "u8",
    "uint64_t": "u8", "float": "f4", "double": "f8",
}  # fmt: skip
META_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4",
    "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
SPACES = {"RAS": "right-anterior-superior", "LAS": "left-anterior-superior",
          "LPS": "left-posterior-superior"}  # fmt: skip
TOWARDS = {"right": (0, 1), "left": (0, -1), "anterior": (1, 1), "posterior": (1, -1),
           "superior": (2, 1), "inferior": (2, -1)}  # fmt: skip
PACKINGS = {"raw": "", "gzip": "gzip", "gz": "gzip"}
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan", re.IGNORECASE)
ONE_VALUE = "Save it with one number a voxel."
UNCOMPRESSED = "Save it uncompressed or packed with gzip."


class TextHeader:
    """What the lines say.

    Args:
        reader: At the start of the file; behind the lines then.

    Attributes:
        layout: How the voxels lie.
        file: Name of the file with the voxels; "" where they follow.
        packed: Whether the voxels are packed: "gzip", "zlib" or "".
        skip: Bytes to pass over before them; -1: they are the last of the file.

    Raises:
        VolumeError: A line that is needed is missing or cannot be used.
    """

    def __init__(self, reader: Reader):
        self._where = reader.where
        self.file, self.packed, self.skip = "", "", 0
        self._edges: list[float] = []
        first = reader.line(MOST_LINE)
        try:
            if first.startswith(NRRD):
                self._nrrd(_fields(reader, ":", ""))
            else:
                lines = _fields(reader, "=", "elementdatafile", first)
                self._meta(lines)
        except (ValueError, KeyError, IndexError, OverflowError):
            what = "Its header does not say what it must"
            raise VolumeError(what, where=self._where, todo=AGAIN) from None

    def _nrrd(self, lines: dict[str, str]) -> None:
        sides = tuple(int(side) for side in lines["sizes"].split())
        if len(sides) != int(lines["dimension"]):
            raise ValueError("sizes")
        kinds = lines.get("kinds", "").split() or ["domain"] * len(sides)
        directions = re.findall(r"none|\([^)]*\)", lines.get("space directions", ""))
        while len(sides) > 3 and (sides[0] == 1 or _is_list(kinds[0], directions, sides)):
            if sides[0] > 1:
                raise self._several(sides)
            sides, kinds, directions = sides[1:], kinds[1:], directions[1:]
        packing = lines.get("encoding", "raw").lower()
        if packing not in PACKINGS:
            what = say("Its voxels are packed in a way that is not read: {packing}",
                       packing=packing[:20])  # fmt: skip
            raise VolumeError(what, where=self._where, todo=UNCOMPRESSED)
        self.packed = PACKINGS[packing]
        self.file = lines.get("data file", lines.get("datafile", ""))
        self.skip = int(lines.get("byte skip", "0"))
        if int(lines.get("line skip", "0")):
            raise ValueError("line skip")
        order = ">" if lines.get("endian", "little").lower() == "big" else "<"
        numbers = NRRD_TYPES.get(lines["type"].lower())
        edges = [float(v) for v in lines.get("spacings", "").split()][-len(sides) :]
        self._lay(sides, numbers and order + numbers, edges, self._nrrd_affine(lines, directions))

    def _nrrd_affine(self, lines: dict[str, str], directions: list[str]) -> np.ndarray | None:
        words = lines.get("space", "").lower()
        words = SPACES.get(words.upper(), words)
        towards = [TOWARDS.get(word) for word in words.split("-")[:3]]
        columns = [_numbers(one) for one in directions if one != "none"][:3]
        if len(columns) < 3 or any(len(one) != 3 for one in columns):
            return None
        matrix = np.array(columns).T
        if None in towards or len(towards) != 3:
            self._edges = list(np.linalg.norm(matrix, axis=0))
            return None
        affine = np.eye(4)
        for row, (axis, sign) in enumerate(towards):
            affine[axis, :3] = sign * matrix[row]
        return affine

    def _meta(self, lines: dict[str, str]) -> None:
        sides = tuple(int(side) for side in lines["dimsize"].split())
        if len(sides) != int(lines["ndims"]):
            raise ValueError("DimSize")
        if int(lines.get("elementnumberofchannels", "1")) > 1:
            raise self._several(sides)
        if lines.get("binarydata", "true").lower() != "true":
            what = say("Its voxels are packed in a way that is not read: {packing}", packing="text")
            raise VolumeError(what, where=self._where, todo=UNCOMPRESSED)
        self.packed = "zlib" if lines.get("compresseddata", "false").lower() == "true" else ""
        name = lines["elementdatafile"]
        self.file = "" if name.upper() == "LOCAL" else name
        self.skip = int(lines.get("headersize", "0"))
        high = lines.get("elementbyteordermsb", lines.get("binarydatabyteordermsb", "false"))
        numbers = META_TYPES.get(lines["elementtype"].upper())
        numbers = numbers and (">" if high.lower() == "true" else "<") + numbers
        edges = [float(v) for v in lines.get("elementspacing", "").split()]
        turn = lines.get("transformmatrix", lines.get("rotation", lines.get("orientation", "")))
        affine, turn = None, [float(v) for v in turn.split()]
        if turn:
            turn = np.array(turn).reshape(len(sides), -1)[:3, :3]  # A row for each axis.
            affine = np.eye(4)
            affine[:3, :3] = np.diag([-1.0, -1.0, 1.0]) @ turn.T * np.array(edges[:3] or [1.0] * 3)
        self._lay(sides, numbers, edges, affine)

    def _several(self, sides: tuple[int, ...]) -> VolumeError:
        what = say("It has several values a voxel ({sides}), such as directions",
                   sides=" x ".join(map(str, sides)))  # fmt: skip
        return VolumeError(what, where=self._where, todo=ONE_VALUE)

    def _lay(
        self,
        sides: tuple[int, ...],
        numbers: str | None,
        edges: list[float],
        affine: np.ndarray | None,
    ) -> None:
        kind = checked_type(np.dtype(numbers) if numbers else None, self._where)
        edges = np.abs(np.array((self._edges or edges)[:3], float))
        known = len(edges) == 3 and np.isfinite(edges).all() and (edges > 0).all()
        spacing = tuple(float(e) for e in edges[::-1]) if known else (1.0, 1.0, 1.0)
        notes = () if known or affine is not None else (NO_SPACING,)
        self.layout = laid(Layout(sides, kind, spacing, notes=notes), affine)


def _is_list(kind: str, directions: list[str], sides: tuple[int, ...]) -> bool:
    apart = len(directions) == len(sides) and directions[0] == "none"
    return apart or kind.lower() not in ("domain", "space", "???", "time")


def _numbers(text: str) -> list[float]:
    return [float(one) for one in NUMBER.findall(text)]


def _fields(reader: Reader, mark: str, last: str, first: bytes = b"") -> dict[str, str]:
    """Lines as name -> text, up to an empty one, or to that called `last`."""
    found: dict[str, str] = {}
    line = first
    for i in range(MOST_LINES):
        if i or not first:
            line = reader.line(MOST_LINE)
        text = line.decode("utf-8", "replace").strip()
        if not line or (not text and not last):
            break
        if text.startswith("#") or mark not in text or ":=" in text:
            continue
        name, _, value = text.partition(mark)
        found[name.strip().lower()] = value.strip()
        if name.strip().lower() == last:
            break
    return found
