"""The pictures of DICOM files, decoded one at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from plugins.volume_classification.data.dicom_decode import decoded, opened
from plugins.volume_classification.data.dicom_tags import Slice, quiet
from plugins.volume_classification.data.dicom_worker import Worker
from plugins.volume_classification.errors import VolumeError
from weights.messages import say


class Pixels:
    """Decodes pictures; of one file after another. Close it at the end."""

    def __init__(self) -> None:
        self._piece, self._dataset = -1, None
        self._worker: Worker | None = None

    def close(self) -> None:
        """Let go of the last file, and end the process that decoded."""
        self._piece, self._dataset = -1, None
        if self._worker:
            self._worker.close()
            self._worker = None

    def plane(self, data: Callable[[], bytes], one: Slice, where: str) -> np.ndarray:
        """A picture as float32 (rows, columns), in the units that the file gives.

        Args:
            data: Gives the bytes of the file; asked where another file was read last.
            where: What messages call it.

        Raises:
            VolumeError: It cannot be decoded.
        """
        raw = data() if one.piece != self._piece else None
        self._piece = one.piece
        found = self._apart(raw, one) if compressed(one.syntax) else self._here(raw, one)
        if found is None or found.shape != one.shape:
            what = say("It is damaged or cut short ({name_of})", name_of=name_of(one.syntax))
            raise VolumeError(what, where=where, todo="Copy or export the series again.")
        values = found.astype(np.float32)
        if one.inverted:
            values = (-1.0 if one.signed else 2.0**one.bits - 1) - values
        return values * np.float32(one.scale[0]) + np.float32(one.scale[1])

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
