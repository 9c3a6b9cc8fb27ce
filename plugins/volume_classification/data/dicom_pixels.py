"""The pictures of DICOM files, decoded one at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from plugins.volume_classification.data.dicom_decode import decoded, opened, table_in
from plugins.volume_classification.data.dicom_slice import Slice
from plugins.volume_classification.data.dicom_tags import quiet
from plugins.volume_classification.data.dicom_worker import Worker
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

EXTENDED_JPEG = "1.2.840.10008.1.2.4.51"


class Pixels:
    """Decodes pictures; of one file after another. Close it at the end."""

    def __init__(self) -> None:
        self._piece, self._dataset = -1, None
        self._worker: Worker | None = None
        self._table: tuple[int, np.ndarray] | None = None

    def close(self) -> None:
        """Let go of the last file, and end the process that decoded."""
        self._piece, self._dataset = -1, None
        if self._worker:
            self._worker.close()
            self._worker = None

    def plane(self, data: Callable[[], bytes], one: Slice, where: str) -> np.ndarray:
        """A picture (rows, columns), in the units that the file gives; NaN where it has padding.

        Args:
            data: Gives the bytes of the file; asked where another file was read last.
            where: What messages call it.

        Raises:
            VolumeError: It cannot be decoded.
        """
        raw = data() if one.piece != self._piece else None
        self._piece = one.piece
        if raw is not None:
            self._table = table_in(raw) if one.looked_up else None
        found = self._apart(raw, one) if compressed(one.syntax) else self._here(raw, one)
        if found is not None and one.tile:
            down, across = one.tile
            found = found[down : down + one.shape[0], across : across + one.shape[1]]
        if found is None or found.shape != one.shape:
            raise damaged(one, where)
        return self._measured(found, one)

    def _measured(self, stored: np.ndarray, one: Slice) -> np.ndarray:
        """Stored values in the units that the file gives; NaN where they stand for nothing."""
        values = stored.astype(np.float64)  # Since they may have 32 bits.
        if one.inverted:
            values = (-1.0 if one.signed else 2.0**one.bits - 1) - values
        if self._table is not None:
            first, table = self._table
            at = np.clip(values - first, 0, len(table) - 1)
            values = table[at.astype(np.int64)].astype(np.float64)
        else:
            values = values * one.scale[0] + one.scale[1]
        if one.padding:
            low, high = one.padding
            nothing = (stored >= low) & (stored <= high)
            if nothing.any():
                values[nothing] = np.nan
        exact = one.bits > 16 and not np.array_equal(values, values.astype(np.float32))
        return values if exact else values.astype(np.float32)

    def _here(self, raw: bytes | None, one: Slice) -> np.ndarray | None:
        if raw is not None:
            self._dataset = None
            self._dataset = opened(raw)
        return decoded(self._dataset, one.frame)

    def _apart(self, raw: bytes | None, one: Slice) -> np.ndarray | None:
        """In another process: decoders of compressed pictures may abort on damaged ones."""
        if self._worker is None:
            self._worker = Worker()
        return self._worker.ask(raw, one.frame)


def damaged(one: Slice, where: str) -> VolumeError:
    """The error for a picture that cannot be decoded."""
    if one.syntax == EXTENDED_JPEG and one.bits > 8:
        what = say("It is a JPEG of {bits} bits (JPEG Extended), which is not read", bits=one.bits)
        todo = "Export the series uncompressed (Explicit VR Little Endian)."
        return VolumeError(what, where=where, todo=todo)
    what = say("It is damaged or cut short ({name_of})", name_of=name_of(one.syntax))
    return VolumeError(what, where=where, todo="Copy or export the series again.")


def compressed(syntax: str) -> bool:
    """Whether pictures of this transfer syntax must be decoded, and may be larger than they say."""
    with quiet() as pydicom:
        uid = pydicom.uid.UID(syntax)
        return uid.is_transfer_syntax and uid.is_compressed


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
