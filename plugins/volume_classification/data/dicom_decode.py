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


def table_in(data: bytes) -> tuple[int, np.ndarray] | None:
    """The first stored value that a file's table (Modality LUT) is for, and what stands for it and
    those after it; None where there is none that can be used.
    """
    with quiet() as pydicom:
        try:
            tags = ["ModalityLUTSequence", "PixelRepresentation"]
            dataset = pydicom.dcmread(
                io.BytesIO(data), force=True, stop_before_pixels=True, specific_tags=tags
            )
            item = dataset.ModalityLUTSequence[0]
            count, first, bits = (int(v) for v in item.LUTDescriptor)
            values = item.LUTData
            if isinstance(values, bytes):
                values = np.frombuffer(values, "<u2" if bits > 8 else "u1")
            values = np.asarray(values, np.int64)
        except Exception:  # As above.
            return None
        if dataset.get("PixelRepresentation") and first >= 2**15:
            first -= 2**16
        return (first, values) if 0 < len(values) <= 2**16 >= count else None
