"""A zip with one folder a class, and in it NIfTI files, arrays, or DICOM series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from plugins.shared.files.file_kinds import plain_name
from plugins.shared.files.folders import CHECK, PARTS, TEST, TRAIN
from plugins.shared.files.limits import Limits
from plugins.volume_classification.data import dicom_series as dicom
from plugins.volume_classification.data.cubes import Cubes
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.data.zip_contents import Inspection, inspect_files, read_bytes
from plugins.volume_classification.data.zip_pieces import WHERE, Piece, natural, pieces_of
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

LAYOUT = "Make one folder a class, with its volumes in it, and zip those folders."
Folders = tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """A volume of the zip, not yet read.

    Attributes:
        folders: That it lies in.
        read: Gives it, named as it is told to be.
    """

    folders: Folders
    read: Callable[[str], Volume]


def read_labelled(
    path: Path, limits: Limits, size: int, encoding: str = ""
) -> VolumeSet | tuple[VolumeSet, VolumeSet]:
    """A set, or one to train on and one to test on where the folders are called so.

    Args:
        size, encoding: As in `reader.read_set`.

    Raises:
        VolumeError: There is no folder or no volume, or one of them cannot be used.
    """
    with pieces_of(path, limits, encoding) as pieces:
        found = inspect_files(pieces)
        series = _by_folder(found.gathered, pieces)
        paths = [*(pieces[i].folders for i, _ in found.files), *series]
        if not paths:
            raise found.nothing()
        depth, divided = _layout(paths)
        items, lost = _items(found, pieces, series, depth, limits)
        part = [PARTS[item.folders[depth - 1].lower()] if divided else "" for item in items]
        used = [item for item, its in zip(items, part, strict=True) if its != CHECK]
        if not used:
            what = "It holds no series of two pictures or more"
            raise VolumeError(what, where=WHERE, todo=LAYOUT)
        names = sorted({item.folders[depth] for item in used}, key=natural)
        cubes, labels, titles = Cubes(len(used), size), [], []
        for item in used:
            label = names.index(item.folders[depth])
            titles.append(f"{plain_name(names[label])} {labels.count(label) + 1}")
            labels.append(label)
            cubes.add(item.read(titles[-1]))
        notes = (*cubes.notes, *found.said(lost))
        if len(used) < len(items):
            notes += (
                say(
                    "The {items} volumes for validation were not read.",
                    items=len(items) - len(used),
                ),
            )
        whole = VolumeSet(
            values=cubes.values,
            labels=np.array(labels),
            classes=tuple(plain_name(name) for name in names),
            names=tuple(titles),
            spacing=cubes.spacing,
            notes=notes,
            title=plain_name(path.name),
            oriented=cubes.oriented,
            units=cubes.units,
        )
        if not divided:
            return whole
        test = np.array([its == TEST for its in part if its != CHECK])
        return whole.only(~test), whole.only(test)


def _items(
    found: Inspection,
    pieces: list[Piece],
    series: dict[Folders, dicom.Gathered],
    depth: int,
    limits: Limits,
) -> tuple[list[Item], int]:
    """The volumes by folder and order in it, and how many pictures of DICOM belong to none.

    A folder in that of the class is one patient's: of several series in it the longest counts.
    """
    items = []
    for i, kind in found.files:
        read = partial(_one, pieces[i], kind, limits=limits)
        items.append((i, Item(pieces[i].folders, read)))
    lost = found.gathered.refused.total()
    for folders, gathered in series.items():
        chosen = gathered.series()[: 1 if len(folders) > depth + 1 else None]
        chosen = [one for one in chosen if len(one) > 1]
        lost += len(gathered.slices) - sum(map(len, chosen))
        for one in chosen:
            read = partial(dicom.volume_of_series, one, lambda i: pieces[i].read())
            items.append((one[0].piece, Item(folders, read)))
    items.sort(key=lambda one: ([natural(folder) for folder in one[1].folders], one[0]))
    return [item for _, item in items], lost


def _by_folder(gathered: dicom.Gathered, pieces: list[Piece]) -> dict[Folders, dicom.Gathered]:
    found: dict[Folders, dicom.Gathered] = {}
    for one in gathered.slices:
        found.setdefault(pieces[one.piece].folders, dicom.Gathered()).slices.append(one)
    return found


def _one(piece: Piece, kind: str, where: str, limits: Limits) -> Volume:
    return read_bytes(piece.read(), kind, where, limits)


def _layout(paths: list[Folders]) -> tuple[int, bool]:
    """How deep the folders of the classes lie, and whether those around them divide the set.

    Raises:
        VolumeError: Some volumes lie in no folder.
    """
    base = _base(paths)
    outer = {path[base].lower() for path in paths}
    divided = {TRAIN, TEST} <= {PARTS.get(name) for name in outer} and outer <= set(PARTS)
    divided = divided and all(len(path) > base + 1 for path in paths)
    return base + divided, divided


def _base(paths: list[Folders]) -> int:
    """How many folders all volumes lie in; the next one is the class.

    Raises:
        VolumeError: Some lie in no folder.
    """
    common = 0
    while all(len(path) > common for path in paths) and len({p[common] for p in paths}) == 1:
        common += 1
    if all(len(path) > common for path in paths):
        return common
    if not common:
        what = "A volume lies in no folder, so its class is not known"
        raise VolumeError(what, where=WHERE, todo=LAYOUT)
    return common - 1
