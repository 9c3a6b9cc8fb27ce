"""NIfTI and the Analyze format before it, and MGH of FreeSurfer. The headers are read by nibabel.

Only numbers are taken from a header. Its texts (description, names, extensions) may say who the
patient is, and are not looked at.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

import numpy as np

from plugins.volume_classification.data.assembly import NO_SPACING
from plugins.volume_classification.data.voxel_stream import (
    GZIP,
    UNSOUND,
    UNTOLD,
    Layout,
    Reader,
    checked_type,
    laid,
    sound,
)

HEADERS = {348: (344, b"n+1\0", b"ni1\0"), 540: (4, b"n+2", b"ni2")}
"""By a header's size: where it says what it is, as one file, as the header of two."""
HEAD = 4096
MGH = b"\0\0\0\1"
MGH_HEADER = 284
MGH_TYPES = (0, 1, 3, 4)
UNITS = {1: 1000.0, 2: 1.0, 3: 0.001}
"""mm in the units of length that a header may name; those of an unknown unit count as mm."""
SFORM = "Its sform cannot be, so the qform says how the patient lies."
ANALYZE = "It is an Analyze file, which does not say how the patient lies, so up may be anywhere."
BOTH = "Zip both files and bring the zip, or save the volume as one file, .nii or .nii.gz."


def head_of(file: IO[bytes], size: int = HEAD) -> bytes:
    """The first bytes, unpacked if they are packed with gzip; less where it is damaged."""
    file.seek(0)
    head = file.read(size)
    if head.startswith(GZIP):
        packed = head + file.read(65_536)
        for many in (size, 540):  # The end of a short file may be damaged.
            with suppress(zlib.error):
                head = zlib.decompressobj(31).decompress(packed, many)
                break
    file.seek(0)
    return head


def is_nifti(head: bytes) -> bool:
    """Whether a file begins like NIfTI, or like the Analyze format before it."""
    return _size_of(head) in HEADERS


def is_pair(head: bytes) -> bool:
    """Whether a file that begins so is the header of another one with the voxels."""
    at, single, _ = HEADERS[_size_of(head)]
    return not head[at : at + 4].startswith(single)


def is_mgh(head: bytes) -> bool:
    """Whether a file begins like MGH."""
    sides = [int.from_bytes(head[a : a + 4], "big", signed=True) for a in (4, 8, 12, 16, 20)]
    return head.startswith(MGH) and all(0 < s < 2**16 for s in sides[:4]) and sides[4] in MGH_TYPES


def nifti_layout(reader: Reader, apart: bool = False) -> Layout:
    """What a header says; the reader stands before the voxels then.

    Args:
        apart: Whether the voxels are in another file.

    Raises:
        VolumeError: It is no NIfTI, is cut short, or its voxels are not one number each.
    """
    head = reader.bytes(348, "its header")
    if (size := _size_of(head)) not in HEADERS:
        raise reader.wrong("This is no NIfTI file", "Bring a volume as .nii or .nii.gz.")
    head += reader.bytes(size - 348, "its header")
    at, single, pair = HEADERS[size]
    magic = head[at : at + 4]
    alone, of_pair = magic.startswith(single), magic.startswith(pair)
    if not alone and not apart:
        what = "It begins like NIfTI but does not say that it is (Analyze files do so, too)"
        if of_pair:
            what = "This is the header of a volume in two files, .hdr and .img"
        raise reader.wrong(what, BOTH)
    header = _header(head, size, alone or of_pair)
    sides = tuple(int(side) for side in header["dim"][1 : 1 + max(0, int(header["dim"][0]))])
    layout = Layout(sides, checked_type(_type(header), reader.where), (1.0, 1.0, 1.0))
    slope, inter = _scale(header)
    if alone:
        reader.skip(int(_finite(header["vox_offset"])) - reader.place)
    affine, spacing, notes = _geometry(header) if alone or of_pair else _analyze(header)
    return Layout(layout.shape, layout.numbers, spacing, affine, slope, inter, notes)


def mgh_layout(reader: Reader) -> Layout:
    """As `nifti_layout`, of MGH."""
    from nibabel.freesurfer.mghformat import MGHHeader

    header = MGHHeader(reader.bytes(MGH_HEADER, "its header"), check=False)
    sides = tuple(int(side) for side in header["dims"])
    numbers = checked_type(_type(header), reader.where)
    edges = np.abs(np.asarray(header["delta"], float))
    known = np.isfinite(edges).all() and (edges > 0).all()
    spacing = tuple(float(e) for e in edges[::-1]) if known else (1.0, 1.0, 1.0)
    affine = header.get_affine() if header["goodRASFlag"] > 0 else None
    return laid(Layout(sides, numbers, spacing, notes=() if known else (NO_SPACING,)), affine)


def _size_of(head: bytes) -> int:
    little, big = (int.from_bytes(head[:4], order) for order in ("little", "big"))
    return little if little in HEADERS else big


def _header(head: bytes, size: int, nifti: bool) -> Any:
    from nibabel import Nifti1Header, Nifti2Header, Spm99AnalyzeHeader

    kind = (Nifti1Header if size == 348 else Nifti2Header) if nifti else Spm99AnalyzeHeader
    return kind(head, check=False)  # Its own check logs what it finds.


def _type(header: Any) -> np.dtype | None:
    try:
        return header.get_data_dtype()
    except Exception:  # Whatever a damaged code brings up.
        return None


def _scale(header: Any) -> tuple[float, float]:
    """Slope and intercept. A slope of 0 says that there are none."""
    slope = _finite(header["scl_slope"])
    inter = _finite(header["scl_inter"]) if "scl_inter" in header else 0.0
    return (slope, inter) if slope else (1.0, 0.0)


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
        affine = _affine(get)
        if sound(affine):
            edges = np.linalg.norm(affine[:3, :3], axis=0)
            return affine, tuple(float(e) * scale for e in edges[::-1]), notes
        if code == "sform_code" and header["qform_code"] > 0:
            notes = (SFORM,)
        told = True
    return _by_edges(header, scale, UNSOUND if told else UNTOLD)


def _analyze(header: Any) -> tuple[None, tuple[float, float, float], tuple[str, ...]]:
    return _by_edges(header, 1.0, ANALYZE)


def _by_edges(
    header: Any, scale: float, note: str
) -> tuple[None, tuple[float, float, float], tuple[str, ...]]:
    edges = np.abs(np.asarray(header["pixdim"][1:4], float)) * scale
    if not (np.isfinite(edges).all() and (edges > 0).all()):
        return None, (1.0, 1.0, 1.0), (note, NO_SPACING)
    return None, tuple(float(e) for e in edges[::-1]), (note,)


def _affine(get: Callable[[], np.ndarray]) -> np.ndarray | None:
    try:
        return get()
    except Exception:  # Rotations that are none.
        return None
