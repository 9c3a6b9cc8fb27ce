"""Files of volumes, made by the tests."""

from __future__ import annotations

import io
from pathlib import Path

import nibabel
import numpy as np
import zips
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from registry import Limits

LIMITS = Limits()
SLOPE, INTERCEPT = 2.0, -1000.0


def lump(*shape: int, seed: int = 0) -> np.ndarray:
    """Whole numbers from 0 to 2000."""
    return np.random.default_rng(seed).integers(0, 2000, shape).astype(np.int16)


def nifti(values: np.ndarray, affine: np.ndarray | None = None) -> bytes:
    """A file of values (i, j, k); without an affine voxels are 1 mm, to the right, front, head."""
    return nibabel.Nifti1Image(values, np.eye(4) if affine is None else affine).to_bytes()


def dicom_set(values: np.ndarray, **tags: object) -> Dataset:
    """A slice of whole numbers, or several as frames; `tags` are set or, if None, left out."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = CTImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = generate_uid()
    made.SeriesInstanceUID, made.Modality, made.ImageType = "1.2.3", "CT", ["ORIGINAL", "PRIMARY"]
    made.Rows, made.Columns = values.shape[-2:]
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 16, 15
    made.PixelRepresentation, made.SamplesPerPixel = 1, 1
    made.PhotometricInterpretation = "MONOCHROME2"
    made.RescaleSlope, made.RescaleIntercept = SLOPE, INTERCEPT
    made.PixelSpacing, made.ImageOrientationPatient = [0.5, 0.7], [1, 0, 0, 0, 1, 0]
    made.PixelData = values.astype("<i2").tobytes()
    for name, value in tags.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    return made


def dicom(values: np.ndarray, **tags: object) -> bytes:
    """The bytes of such a slice."""
    file = io.BytesIO()
    dicom_set(values, **tags).save_as(file, enforce_file_format=True)
    return file.getvalue()


def series(values: np.ndarray, step: float = 2.5, **tags: object) -> list[bytes]:
    """One file a slice (depth, rows, columns), from the feet to the head."""
    return [
        dicom(plane, ImagePositionPatient=[0, 0, step * i], InstanceNumber=i + 1, **tags)
        for i, plane in enumerate(values)
    ]


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """A zip of files by name."""
    return stored(path, zips.zipped(files))


def stored(path: Path, data: bytes) -> Path:
    """A file with this content."""
    path.write_bytes(data)
    return path


def array(values: np.ndarray) -> bytes:
    """The same as .npy."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()
