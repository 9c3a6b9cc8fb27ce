"""The one door for volumes and sets of them: what a file is, its content says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from plugins.shared.files.file_kinds import plain_name, size_text
from plugins.shared.files.limits import Limits
from plugins.volume_classification.data import dicom_series as dicom
from plugins.volume_classification.data import formats as kinds
from plugins.volume_classification.data import npy as arrays
from plugins.volume_classification.data.cubes import check_size
from plugins.volume_classification.data.folder_sets import read_labelled
from plugins.volume_classification.data.medmnist import classes_of
from plugins.volume_classification.data.nifti import read_nifti
from plugins.volume_classification.data.npz_sets import read_array_set
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.data.zip_contents import inspect_files, read_bytes
from plugins.volume_classification.data.zip_pieces import WHERE, pieces_of
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

ENDINGS = (".nii", ".gz", ".zip", ".dcm", ".npy", ".npz")
"""Of files that are worth choosing; none of them decides."""
SERIES = "the DICOM series"
SINGLE = "It is one volume, not a labelled set"


def read_volume(path: Path, limits: Limits) -> Volume:
    """One volume: NIfTI, DICOM (a zip of files, or one file of many frames), .npy or .npz; or a zip
    of one such file.

    Raises:
        VolumeError: It is none of these, or something is wrong with it; it says what and where.
    """
    kind, where = _kind_of(path, limits)
    if kind == kinds.ZIP:
        if names := array_names(path, limits):
            return _from_arrays(path, limits, names)
        return _from_zip(path, limits)
    with path.open("rb") as file:
        if kind == kinds.NIFTI:
            return read_nifti(file, where, limits.archive_bytes)
        if kind == kinds.ARRAY:
            return arrays.read_npy(file, where, limits.archive_bytes)
        return read_bytes(file.read(), kind, SERIES, limits)


def read_set(
    path: Path, limits: Limits, size: int = 0, encoding: str = ""
) -> VolumeSet | tuple[VolumeSet, VolumeSet]:
    """A labelled set: an .npz of images and labels as MedMNIST's, or a zip of one folder a class.

    Args:
        size: Voxels along each edge of the cubes that the volumes are brought to, 8..128; 0: as the
            volumes are if they are cubes of one size, else at most 64.
        encoding: Of the names in a zip, as in `files_in_zip`.

    Returns:
        The set; or, where the file divides it itself, one to train on and one to test on.

    Raises:
        VolumeError: It is no such set, or something in it cannot be used; it says what and where.
    """
    kind, where = _kind_of(path, limits)
    if kind != kinds.ZIP:
        todo = "Bring a zip with one folder a class, or an .npz of images and labels."
        raise VolumeError(SINGLE, where=SERIES if kind == kinds.DICOM else where, todo=todo)
    check_size(size)
    if array_names(path, limits):
        return read_array_set(path, limits, size, classes_of(path.stem))
    return read_labelled(path, limits, size, encoding)


def array_names(path: Path, limits: Limits) -> tuple[str, ...]:
    """The names of a zip's arrays if it is an .npz: arrays only, in no folder."""
    with arrays.arrays_in(path, limits) as found:
        plain = found.alone and not any("/" in name for name in found.names)
        return found.names if plain else ()


def _kind_of(path: Path, limits: Limits) -> tuple[str, str]:
    where = plain_name(path.name)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            kind = kinds.kind_of(file)
            name = "" if kind else kinds.named(file)
    except OSError as error:
        what = say("The file cannot be opened: {strerror}", strerror=error.strerror)
        raise VolumeError(what, where=where, todo="Choose the file again.") from None
    if not size:
        raise VolumeError("The file is empty", where=where, todo="Choose another file.")
    # A file of DICOM is held whole while it is read.
    if size > (limit := limits.upload_bytes if kind == kinds.DICOM else limits.archive_bytes):
        most = size_text(limit)
        what = say(
            "It has {size}, more than the {most} that are read", size=size_text(size), most=most
        )
        raise VolumeError(what, where=where, todo="Bring it at a lower resolution.")
    if kind == kinds.OTHER:
        what = say("This is no volume that can be read; it seems to be {name}", name=name)
        raise VolumeError(what, where=where, todo=kinds.TODO)
    return kind, where


def _from_arrays(path: Path, limits: Limits, names: tuple[str, ...]) -> Volume:
    with arrays.arrays_in(path, limits) as found:
        solid = []
        for name in names:
            with found.open(name) as array:
                if len(array.shape) == 3 and array.dtype.kind in arrays.NUMBERS:
                    solid.append(name)
        chosen = solid or list(names)
        if len(chosen) > 1:
            known = ", ".join(arrays.printable(name)[:40] for name in names[:8])
            what = say(
                "It holds {names} arrays, so it is not clear which is meant ({known})",
                names=len(names),
                known=known,
            )
            todo = "Save one volume, or open it as a labelled set."
            raise VolumeError(what, where=plain_name(path.name), todo=todo)
        with found.open(chosen[0]) as array:
            return replace(arrays.volume_of(array), name=plain_name(path.name))


def _from_zip(path: Path, limits: Limits) -> Volume:
    with pieces_of(path, limits) as pieces:
        found = inspect_files(pieces)
        gathered = found.gathered
        if gathered.slices:
            volume = dicom.volume_of(gathered, lambda i: pieces[i].read(), SERIES)
            return volume.noted(*found.said(len(found.files)))
        if len(found.files) == 1:
            i, kind = found.files[0]
            where = say("the volume in {where}", where=say(WHERE))
            return read_bytes(pieces[i].read(), kind, where, limits).noted(*found.said(0))
        if len(found.files) > 1:
            what = say("It holds {files} volumes", files=len(found.files))
            todo = "Bring one of them, or open the zip as a labelled set."
            raise VolumeError(what, where=WHERE, todo=todo)
        raise found.nothing()
