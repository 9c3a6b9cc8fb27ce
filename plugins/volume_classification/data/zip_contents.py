"""The files of a zip: what each of them is, and reading one of them."""

from __future__ import annotations

import io

from plugins.shared.files.limits import Limits
from plugins.volume_classification.data import dicom_series as dicom
from plugins.volume_classification.data import formats as kinds
from plugins.volume_classification.data import npy as arrays
from plugins.volume_classification.data.nifti import read_nifti
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.zip_pieces import WHERE, Piece
from plugins.volume_classification.errors import VolumeError
from weights.messages import say


def read_bytes(data: bytes, kind: str, where: str, limits: Limits) -> Volume:
    """A volume from a file's bytes.

    Args:
        kind: As `kinds.kind_of` says; no ZIP.
        where: What the volume is called, and the place of errors.

    Raises:
        VolumeError: Something is wrong with it.
    """
    if kind == kinds.NIFTI:
        return read_nifti(io.BytesIO(data), where, limits.archive_bytes)
    if kind == kinds.ARRAY:
        return arrays.read_npy(io.BytesIO(data), where, limits.archive_bytes)
    gathered = dicom.Gathered()
    gathered.add(data, 0)
    return dicom.volume_of(gathered, lambda _: data, where)


class Inspection:
    """What the files of a zip are.

    Attributes:
        files: Which of them are NIfTI or arrays, and their kinds.
        gathered: The DICOM pictures among them.
        others: How many are neither. `zips`: are zips.
        fault: Why the first file that must not be read must not; empty if there is none.
    """

    def __init__(self) -> None:
        self.files: list[tuple[int, str]] = []
        self.gathered = dicom.Gathered()
        self.others = self.zips = self.faulty = 0
        self.fault = ""

    def said(self, more: int) -> tuple[str, ...]:
        """What was left out."""
        notes = []
        if many := self.others + self.zips + more:
            files = "1 other file" if many == 1 else say("{many:,} other files", many=many)
            notes.append(say("{files} in the zip: not read.", files=say(files)))
        if self.faulty:
            files = "One file" if self.faulty == 1 else say("{faulty:,} files", faulty=self.faulty)
            notes.append(
                say(
                    "{files} in the zip: not read, since the first {fault}.",
                    files=say(files),
                    fault=self.fault,
                )
            )
        return tuple(notes)

    def nothing(self) -> VolumeError:
        """The error for a zip without a volume."""
        if self.fault:
            what = say("It holds no volume that can be read: a file {fault}", fault=self.fault)
        elif self.zips:
            what = "It holds another zip and no volume"
            todo = "Unpack it and bring the inner one."
            return VolumeError(what, where=WHERE, todo=todo)
        elif self.gathered.refused:
            return dicom.nothing(self.gathered, WHERE)
        elif self.others:
            what = "It holds no volume"
        else:
            what = "It is empty"
        return VolumeError(what, where=WHERE, todo=kinds.TODO)


def inspect_files(pieces: list[Piece]) -> Inspection:
    """See what the files of a zip are.

    Raises:
        VolumeError: One of them is damaged.
    """
    found = Inspection()
    for i, piece in enumerate(pieces):
        if piece.fault:
            if piece.fault != "is empty":
                found.faulty += 1
                found.fault = found.fault or piece.fault
            continue
        data = piece.read()
        kind = kinds.kind_of(io.BytesIO(data))
        if kind == kinds.DICOM:
            found.gathered.add(data, i)
        elif kind in (kinds.NIFTI, kinds.ARRAY):
            found.files.append((i, kind))
        elif kind == kinds.ZIP:
            found.zips += 1
        else:
            found.others += 1
    return found
