"""The pictures of DICOM files, decoded one at a time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np

from plugins.volume_classification.dicom_files import PIXELS, Slice, guessed, quiet
from plugins.volume_classification.errors import VolumeError

DATA = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


class Pixels:
    """The pictures of files, one at a time."""

    def __init__(self) -> None:
        self._piece, self._dataset = -1, None

    def plane(self, data: Callable[[], bytes], one: Slice, where: str) -> np.ndarray:
        """A picture as float32 (rows, columns), in the units that the file gives.

        Args:
            data: Gives the bytes of the file; asked where another file was read last.
            where: What messages call it.

        Raises:
            VolumeError: It cannot be decoded.
        """
        found = None
        if one.piece != self._piece:
            self._dataset, raw = None, data()
            self._piece = one.piece
        else:
            raw = b""
        with quiet() as pydicom:
            try:
                if raw:
                    self._dataset = _with_pixels(pydicom, raw)
                found, signed, bits = _decoded(self._dataset, one)
            except Exception:  # As above.
                found = None
        if found is None:
            what = f"It is damaged or cut short ({name_of(one.syntax)})"
            raise VolumeError(what, where=where, todo="Copy or export the series again.")
        values = found.astype(np.float32)
        if one.inverted:
            values = (-1.0 if signed else 2.0**bits - 1) - values
        return values * np.float32(one.scale[0]) + np.float32(one.scale[1])


def readable(syntax: str) -> bool:
    """Whether pictures of this transfer syntax can be decoded here."""
    with quiet() as pydicom:
        from pydicom.pixels import get_decoder

        uid = pydicom.uid.UID(syntax)
        if not uid.is_transfer_syntax or not uid.is_compressed:
            return not uid.is_private
        try:
            return get_decoder(uid).is_available
        except NotImplementedError:
            return False


def name_of(syntax: str) -> str:
    """What a transfer syntax is called."""
    with quiet() as pydicom:
        uid = pydicom.uid.UID(syntax)
        return uid.name if uid.is_transfer_syntax else "an unknown transfer syntax"


def _with_pixels(pydicom: Any, data: bytes) -> Any:
    dataset = pydicom.dcmread(io.BytesIO(data), force=True, specific_tags=[*PIXELS, *DATA])
    if not getattr(dataset.file_meta, "TransferSyntaxUID", ""):
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(guessed(dataset))
    return dataset


def _decoded(dataset: Any, one: Slice) -> tuple[np.ndarray, bool, int]:
    from pydicom.pixels import pixel_array

    values = pixel_array(dataset, index=one.frame, raw=True)
    if values.shape != one.shape:
        raise ValueError
    signed = bool(dataset.get("PixelRepresentation"))
    return values, signed, int(dataset.get("BitsStored") or dataset.get("BitsAllocated"))
