"""The files of a zip: what each of them is, and reading one of them."""

from __future__ import annotations

import io

from plugins.shared.files.limits import Limits
from plugins.volume_classification.data import dicom_series as dicom
from plugins.volume_classification.data import formats as kinds
from plugins.volume_classification.data import npy as arrays
from plugins.volume_classification.data.nifti import head_of
from plugins.volume_classification.data.single_files import Single, others_of
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.zip_pieces import WHERE, Piece
from plugins.volume_classification.errors import VolumeError
from weights.messages import say


def read_bytes(
    data: bytes, kind: str, where: str, limits: Limits, voxels: bytes | None = None
) -> Volume:
    """A volume from a file's bytes; the first where there are several.

    Args:
        kind: As `kinds.kind_of` says; no ZIP.
        where: What the volume is called, and the place of errors.
        voxels: Of the other file of two, where they are apart.

    Raises:
        VolumeError: Something is wrong with it.
    """
    if kind in kinds.SINGLE:
        other = None if voxels is None else io.BytesIO(voxels)
        return Single(io.BytesIO(data), kind, where, other).read(limits.archive_bytes)
    if kind == kinds.ARRAY:
        return arrays.read_npy(io.BytesIO(data), where, limits.archive_bytes)
    gathered = dicom.Gathered()
    gathered.add(data, 0)
    return dicom.volume_of(gathered, lambda _: data, where)


class Inspection:
    """What the files of a zip are.

    Attributes:
        files: Which of them are volumes or arrays, and their kinds.
        voxels: For the header of a volume in two files which one the voxels are in.
        gathered: The DICOM pictures among them.
        others: How many are neither. `zips`: are zips.
        fault: Why the first file that must not be read must not; empty if there is none.
    """

    def __init__(self) -> None:
        self.files: list[tuple[int, str]] = []
        self.voxels: dict[int, int] = {}
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
    found, others = Inspection(), set()
    by_name = {piece.order.lower(): i for i, piece in enumerate(pieces)}
    for i, piece in enumerate(pieces):
        if piece.fault:
            if piece.fault != "is empty":
                found.faulty += 1
                found.fault = found.fault or piece.fault
            continue
        data = piece.read()
        file = io.BytesIO(data)
        kind = kinds.kind_of(file)
        if kind == kinds.DICOM:
            found.gathered.add(data, i)
        elif kind in (*kinds.SINGLE, kinds.ARRAY):
            found.files.append((i, kind))
            for name in others_of(head_of(file), kind, piece.order):
                if (other := by_name.get(name.lower(), i)) != i:
                    found.voxels[i] = other
        elif kind == kinds.ZIP:
            found.zips += 1
        else:
            others.add(i)
    apart = set(found.voxels.values())
    found.files = [one for one in found.files if one[0] not in apart]
    found.others = len(others - apart)
    return found


def read_piece(
    found: Inspection, pieces: list[Piece], i: int, kind: str, where: str, limits: Limits
) -> Volume:
    """One of `Inspection.files`. As `read_bytes`."""
    other = found.voxels.get(i)
    voxels = None if other is None else pieces[other].read()
    return read_bytes(pieces[i].read(), kind, where, limits, voxels)
