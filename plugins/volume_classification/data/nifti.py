"""NIfTI, plain or packed with gzip, read plane by plane. The header is read by nibabel.

Only numbers are taken from the header. Its texts (description, names, extensions) may say who the
patient is, and are not looked at.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from gzip import BadGzipFile, GzipFile
from typing import IO, Any

import numpy as np

from plugins.shared.files.file_kinds import size_text
from plugins.volume_classification.data.assembly import NO_SPACING, assemble, check_sides
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

GZIP = b"\x1f\x8b"
HEADERS = {348: (344, b"n+1\0", b"ni1\0"), 540: (4, b"n+2", b"ni2")}
"""By a header's size: where it says what it is, as one file, as the header of two."""
HEAD = 540
MOST_OFFSET = 64 * 2**20
NUMBERS = "biuf"
UNITS = {1: 1000.0, 2: 1.0, 3: 0.001}
"""mm in the units of length that a header may name; those of an unknown unit count as mm."""
AGAIN = "Copy or export it again."
UNTOLD = "The file does not say how the patient lies, so up may be anywhere."
UNSOUND = "What the file says about how the patient lies cannot be; it was not used."
SFORM = "Its sform cannot be, so the qform says how the patient lies."


def head_of(file: IO[bytes], size: int = HEAD) -> bytes:
    """The first bytes, unpacked if they are packed with gzip; less where it is damaged."""
    file.seek(0)
    head = file.read(size)
    if head.startswith(GZIP):
        try:
            head = zlib.decompressobj(31).decompress(head + file.read(65_536), size)
        except zlib.error:
            pass
    file.seek(0)
    return head


def is_nifti(head: bytes) -> bool:
    """Whether a file begins like NIfTI, or like the Analyze format before it."""
    return _size_of(head) in HEADERS


def read_nifti(file: IO[bytes], where: str, most: int) -> Volume:
    """A volume.

    Args:
        file: At its start, plain or packed with gzip.
        where: What the volume is called, and the place of errors.
        most: Bytes that its voxels may have, unpacked.

    Raises:
        VolumeError: It is no NIfTI, is cut short, holds colours, or is no volume.
    """
    packed = file.read(2) == GZIP
    file.seek(0)
    stream = GzipFile(fileobj=file) if packed else file
    reader = _Reader(stream, where)
    header = _header(reader)
    numbers = _type_of(header, where)
    shape = tuple(int(side) for side in header["dim"][1 : 1 + int(header["dim"][0])])
    wide, high, deep = check_sides(shape, where)  # The file has the fastest side first.
    total = wide * high * deep * numbers.itemsize
    if total > most:
        what = say(
            "Its voxels have {total}, more than the {most} that are read",
            total=size_text(total),
            most=size_text(most),
        )
        raise VolumeError(what, where=where, todo="Bring it at a lower resolution.")
    reader.skip(int(_finite(header["vox_offset"])) - reader.place)
    affine, spacing, notes = _geometry(header)
    planes = _planes(reader, header, numbers, (deep, high, wide))
    return assemble(planes, (deep, high, wide), spacing, where, notes, affine)


class _Reader:
    """Reads exactly this many bytes, or says what is wrong."""

    def __init__(self, stream: IO[bytes], where: str):
        self._stream, self._where, self.place = stream, where, 0

    def bytes(self, count: int, during: str, more: int = 0) -> bytes:
        """This many bytes, and up to `more`."""
        try:
            data = self._stream.read(count + more)
        except (BadGzipFile, zlib.error, OSError):
            what = say("Its packing (gzip) is damaged in {during}", during=during)
            raise VolumeError(what, where=self._where, todo=AGAIN) from None
        except EOFError:
            data = b""
        if len(data) < count:
            what = say("The file ends in {during}, so it was cut short", during=during)
            raise VolumeError(what, where=self._where, todo=AGAIN)
        self.place += count
        return data

    def skip(self, count: int) -> None:
        if not -HEAD <= count <= MOST_OFFSET:
            what = "Its header says that the voxels begin where they cannot"
            raise VolumeError(what, where=self._where, todo=AGAIN)
        self.bytes(max(count, 0), "its header")

    def end(self) -> None:
        """See that nothing is wrong with the packing; its checksum comes last."""
        if isinstance(self._stream, GzipFile):
            self.bytes(0, "its checksum", more=1)

    def wrong(self, what: str, todo: str) -> VolumeError:
        return VolumeError(what, where=self._where, todo=todo)


def _size_of(head: bytes) -> int:
    little, big = (int.from_bytes(head[:4], order) for order in ("little", "big"))
    return little if little in HEADERS else big


def _header(reader: _Reader) -> Any:
    from nibabel import Nifti1Header, Nifti2Header

    head = reader.bytes(348, "its header")
    size = _size_of(head)
    if size not in HEADERS:
        raise reader.wrong("This is no NIfTI file", "Bring a volume as .nii or .nii.gz.")
    head += reader.bytes(size - 348, "its header")
    at, single, pair = HEADERS[size]
    magic = head[at : at + 4]
    if magic.startswith(pair):
        what = "This is the header of a volume in two files, .hdr and .img"
        raise reader.wrong(what, "Save the volume as one file, .nii or .nii.gz.")
    if not magic.startswith(single):
        what = "It begins like NIfTI but does not say that it is (Analyze files do so, too)"
        raise reader.wrong(what, "Save it as NIfTI, .nii or .nii.gz.")
    kind = Nifti1Header if size == 348 else Nifti2Header
    return kind(head, check=False)  # Its own check logs what it finds.


def _type_of(header: Any, where: str) -> np.dtype:
    try:
        numbers = header.get_data_dtype()
    except Exception:  # Whatever a damaged code brings up.
        numbers = None
    if numbers is None or numbers.kind == "V" and not numbers.names or not numbers.itemsize:
        raise VolumeError("Its voxels are of an unknown type", where=where, todo=AGAIN)
    if numbers.names:
        todo = "Save the volume with one number a voxel."
        raise VolumeError("Its voxels are colours", where=where, todo=todo)
    if numbers.kind not in NUMBERS:
        todo = "Save their size (magnitude) as a volume of its own."
        raise VolumeError("Its voxels are complex numbers", where=where, todo=todo)
    return numbers


def _finite(value: Any, other: float = 0.0) -> float:
    return float(value) if np.isfinite(value) else other


def _geometry(
    header: Any,
) -> tuple[np.ndarray | None, tuple[float, float, float], tuple[str, ...]]:
    """The affine in mm, None where the file does not say how the patient lies; mm between voxels,
    (z, y, x) of the file; notes.
    """
    scale = UNITS.get(int(header["xyzt_units"]) & 7, 1.0)
    told, notes = False, ()
    for code, get in (("sform_code", header.get_sform), ("qform_code", header.get_qform)):
        if header[code] <= 0:
            continue
        if (affine := _sound(get)) is not None:
            edges = np.linalg.norm(affine[:3, :3], axis=0)
            return affine, tuple(float(e) * scale for e in edges[::-1]), notes
        if code == "sform_code" and header["qform_code"] > 0:
            notes = (SFORM,)
        told = True
    unsound = UNSOUND if told else UNTOLD
    edges = np.abs(np.asarray(header["pixdim"][1:4], float)) * scale
    if not (np.isfinite(edges).all() and (edges > 0).all()):
        return None, (1.0, 1.0, 1.0), (unsound, NO_SPACING)
    return None, tuple(float(e) for e in edges[::-1]), (unsound,)


def _sound(get: Callable[[], np.ndarray]) -> np.ndarray | None:
    """An affine; None where it is none that a patient could lie by."""
    try:
        affine = get()
    except Exception:  # Rotations that are none.
        return None
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.isfinite(affine).all() or not (edges > 0).all():
        return None
    return affine if abs(np.linalg.det(affine[:3, :3] / edges)) > 0.1 else None


def _planes(
    reader: _Reader, header: Any, numbers: np.dtype, shape: tuple[int, int, int]
) -> Iterator[np.ndarray]:
    slope, inter = _finite(header["scl_slope"]), _finite(header["scl_inter"])
    deep, high, wide = shape
    for k in range(deep):
        data = reader.bytes(
            high * wide * numbers.itemsize, say("slice {value} of {deep}", value=k + 1, deep=deep)
        )
        plane = np.frombuffer(data, numbers).reshape(high, wide)
        # A slope of 0 says that there is none.
        yield plane if not slope else plane.astype(np.float32) * slope + inter
    reader.end()
