"""One DICOM file's pictures with pydicom, here or in the process of `dicom_worker`."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from plugins.volume_classification.data.dicom_tags import PIXELS, guessed, quiet

DATA = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def opened(data: bytes) -> Any:
    """A file as pydicom sees it, its pixels and their format only; None where it is damaged."""
    with quiet() as pydicom:
        try:
            dataset = pydicom.dcmread(io.BytesIO(data), force=True, specific_tags=[*PIXELS, *DATA])
            if not getattr(dataset.file_meta, "TransferSyntaxUID", ""):
                dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(guessed(dataset))
            return dataset
        except Exception:  # Whatever a damaged file brings up; its message may hold values.
            return None


def decoded(dataset: Any, frame: int) -> np.ndarray | None:
    """One picture of such a file, as it is stored; None where it is damaged."""
    with quiet():
        from pydicom.pixels import pixel_array

        try:
            return pixel_array(dataset, index=frame, raw=True)
        except Exception:  # As above.
            return None
