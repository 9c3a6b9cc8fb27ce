"""What a file is, by how it begins; its name does not count."""

from __future__ import annotations

from plugins.faces.wording import guess_kind
from plugins.volume_classification.arrays import NPY
from plugins.volume_classification.nifti import GZIP, is_nifti

NIFTI, ARRAY, DICOM, ZIP, OTHER = "nifti", "npy", "dicom", "zip", ""
STRANGERS = (
    (b"NRRD", "a volume in the format NRRD"),
    (b"ObjectType", "a volume in the format MetaImage"),
    (b"NDims", "a volume in the format MetaImage"),
    (b"\x89HDF", "an HDF5 file"),
    (b"MATLAB", "a file of MATLAB"),
    (b"MINC", "a volume in the format MINC"),
)
TODO = "Bring NIfTI (.nii, .nii.gz), a zip of DICOM files, or NumPy (.npy, .npz)."


def kind_of(head: bytes) -> str:
    """NIFTI, ARRAY, DICOM, ZIP or OTHER.

    Args:
        head: The first bytes, unpacked if they were packed with gzip.
    """
    if head.startswith(NPY):
        return ARRAY
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    if is_nifti(head):
        return NIFTI
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


def named(head: bytes) -> str:
    """What a file of no such kind seems to be, as a noun with its article."""
    for start, name in STRANGERS:
        if head.startswith(start):
            return name
    return "a gzip archive" if head.startswith(GZIP) else guess_kind(head)
