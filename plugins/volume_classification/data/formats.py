"""What a file is, by how it begins; its name does not count."""

from __future__ import annotations

from typing import IO

from plugins.shared.files.file_kinds import guess_kind
from plugins.volume_classification.data.nifti import head_of, is_mgh, is_nifti
from plugins.volume_classification.data.npy import NPY
from plugins.volume_classification.data.text_headers import META, NRRD
from plugins.volume_classification.data.voxel_stream import GZIP

NIFTI, MGH, TEXT, ARRAY, DICOM, ZIP, OTHER = "nifti", "mgh", "text", "npy", "dicom", "zip", ""
SINGLE = (NIFTI, MGH, TEXT)
"""Files that are read as they lie, voxel after voxel."""
ENDINGS = (
    *(".nii", ".gz", ".nrrd", ".mha", ".mgz", ".mgh"),
    *(".zip", ".dcm", ".ima", ".npy", ".npz"),
)
"""Of files that are worth choosing; none of them decides."""
TWICE = "a file that was packed with gzip twice"
STRANGERS = (
    (b"\x89HDF", "an HDF5 file"),
    (b"MATLAB", "a file of MATLAB"),
    (b"MINC", "a volume in the format MINC"),
)
TODO = "Bring NIfTI, NRRD, MetaImage, MGH, a zip of DICOM files, or NumPy (.npy, .npz)."
ONCE = "Unpack it once (gunzip) and bring what comes of it."


def kind_of(file: IO[bytes]) -> str:
    """NIFTI, MGH, TEXT, ARRAY, DICOM, ZIP or OTHER; the file is at its start then.

    Of what is packed with gzip only NIFTI and MGH are known.
    """
    file.seek(0)
    start, head = file.read(len(GZIP)), head_of(file)
    if start == GZIP:
        return NIFTI if is_nifti(head) else MGH if is_mgh(head) else OTHER
    if head.startswith(NPY):
        return ARRAY
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    if is_nifti(head):
        return NIFTI
    if is_mgh(head):
        return MGH
    if head.startswith((NRRD, *META)):
        return TEXT
    return DICOM if like_dicom(head) else OTHER


def like_dicom(head: bytes) -> bool:
    """Whether it begins like DICOM: with its mark, or, without it, with one of the first tags."""
    if head[128:132] == b"DICM":
        return True
    group, element = (int.from_bytes(head[a : a + 2], "little") for a in (0, 2))
    explicit = head[4:6].isalpha() and head[4:6].isupper()
    short = len(head) > 8 and int.from_bytes(head[4:8], "little") < 1024
    return (group, element) in ((8, 0), (8, 1), (8, 5), (8, 8), (8, 0x16), (2, 0)) and (
        explicit or short
    )


def named(file: IO[bytes]) -> str:
    """What a file of no such kind seems to be, as a noun with its article."""
    head = head_of(file)
    for start, name in STRANGERS:
        if head.startswith(start):
            return name
    start = file.read(len(head))
    if not start.startswith(GZIP):
        return guess_kind(head)
    return TWICE if head.startswith(GZIP) and head != start else "a gzip archive"
