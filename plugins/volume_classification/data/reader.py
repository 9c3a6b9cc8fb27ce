"""The one door for volumes and sets of them: what a file is, its content says."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO

from plugins.shared.files.file_kinds import plain_name, size_text
from plugins.shared.files.limits import Limits
from plugins.volume_classification.data import dicom_series as dicom
from plugins.volume_classification.data import formats as kinds
from plugins.volume_classification.data import npy as arrays
from plugins.volume_classification.data.cubes import check_size
from plugins.volume_classification.data.folder_sets import read_labelled
from plugins.volume_classification.data.medmnist import classes_of
from plugins.volume_classification.data.npz_sets import read_array_set
from plugins.volume_classification.data.single_files import Single
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.data.zip_contents import inspect_files, read_piece
from plugins.volume_classification.data.zip_pieces import WHERE, Piece, pieces_of
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

SERIES = "the DICOM series"
SINGLE = "It is one volume, not a labelled set"


@dataclass(frozen=True)
class Part:
    """One of the volumes of a file: a series of DICOM, or a moment of a series in time.

    Attributes:
        title: For people.
        read: Gives it. What it raises is a `VolumeError`.
    """

    title: str
    read: Callable[[], Volume] = field(repr=False)


def read_volume(path: Path, limits: Limits, part: int = 0) -> Volume:
    """One volume: NIfTI, NRRD, MetaImage, MGH, DICOM (a zip of files, or one file of many frames),
    .npy or .npz; or a zip of one such file.

    Args:
        part: Which one, where the file holds several (`parts_of`).

    Raises:
        VolumeError: It is none of these, or something is wrong with it; it says what and where.
    """
    with parts_of(path, limits) as parts:
        return part_read(parts, part + 1)


def part_read(parts: list[Part], number: int) -> Volume:
    """One of a file's volumes, counted from 1.

    Raises:
        VolumeError: There is no such one, or something is wrong with it.
    """
    if not isinstance(number, int) or not 1 <= number <= len(parts):
        todo = say("Give a whole number from 1 to {most}.", most=len(parts))
        raise VolumeError(say("It is {part}", part=repr(number)), where="part", todo=todo)
    return parts[number - 1].read()


@contextmanager
def parts_of(path: Path, limits: Limits) -> Iterator[list[Part]]:
    """The volumes of a file, readable while it is open; one at least, the most likely first.

    Raises:
        VolumeError: It holds none, or something is wrong with it; it says what and where.
    """
    kind, where = _kind_of(path, limits)
    if kind == kinds.ZIP:
        if names := array_names(path, limits):
            yield [Part(where, lambda: _from_arrays(path, limits, names))]
            return
        with pieces_of(path, limits) as pieces:
            yield _in_zip(pieces, limits)
        return
    with path.open("rb") as file:
        if kind in kinds.SINGLE:
            yield _frames(lambda: file, None, kind, where, limits)
        elif kind == kinds.ARRAY:
            yield [Part(where, lambda: arrays.read_npy(file, where, limits.archive_bytes))]
        else:
            data, gathered = file.read(), dicom.Gathered()
            gathered.add(data, 0)
            yield _series(gathered, lambda _: data, ())


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
        todo = kinds.ONCE if name == kinds.TWICE else kinds.TODO
        raise VolumeError(what, where=where, todo=todo)
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


def _in_zip(pieces: list[Piece], limits: Limits) -> list[Part]:
    found = inspect_files(pieces)
    if found.gathered.slices:
        left = found.said(len(found.files))
        return _series(found.gathered, lambda i: pieces[i].read(), left)
    if len(found.files) == 1:
        i, kind = found.files[0]
        where = say("the volume in {where}", where=say(WHERE))
        if kind == kinds.ARRAY:
            read = partial(read_piece, found, pieces, i, kind, where, limits)
            return [Part(where, lambda: read().noted(*found.said(0)))]
        other = found.voxels.get(i)
        voxels = None if other is None else pieces[other].read()
        data = pieces[i].read()
        parts = _frames(lambda: io.BytesIO(data), voxels, kind, where, limits)
        return [replace(one, read=_noted(one.read, found.said(0))) for one in parts]
    if len(found.files) > 1:
        what = say("It holds {files} volumes", files=len(found.files))
        todo = "Bring one of them, or open the zip as a labelled set."
        raise VolumeError(what, where=WHERE, todo=todo)
    raise found.nothing()


def _series(
    gathered: dicom.Gathered, data: Callable[[int], bytes], notes: tuple[str, ...]
) -> list[Part]:
    if not gathered.slices:
        raise dicom.nothing(gathered, SERIES)
    found = gathered.parts()
    found = [part for part in found if len(part.slices) > 1] or found[:1]

    def read(i: int) -> Volume:
        return dicom.volume_of(gathered, data, SERIES, i).noted(*notes)

    return [Part(part.title, partial(read, i)) for i, part in enumerate(found)]


def _frames(
    file: Callable[[], IO[bytes]], voxels: bytes | None, kind: str, where: str, limits: Limits
) -> list[Part]:
    def single() -> Single:
        opened = file()
        opened.seek(0)
        return Single(opened, kind, where, None if voxels is None else io.BytesIO(voxels))

    many = single().layout.frames

    def read(frame: int) -> Volume:
        return single().read(limits.archive_bytes, frame)

    if many == 1:
        return [Part(where, partial(read, 0))]
    return [
        Part(say("moment {number} of {many}", number=i + 1, many=many), partial(read, i))
        for i in range(many)
    ]


def _noted(read: Callable[[], Volume], notes: tuple[str, ...]) -> Callable[[], Volume]:
    return lambda: read().noted(*notes)
