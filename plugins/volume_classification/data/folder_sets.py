"""A zip with one folder a class, and in it NIfTI files, arrays, or DICOM series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from plugins.shared.files.file_kinds import plain_name
from plugins.shared.files.folders import CHECK, TEST, TRAIN
from plugins.shared.files.limits import Limits
from plugins.shared.files.places import Place, places_of
from plugins.volume_classification.data import dicom_series as dicom
from plugins.volume_classification.data.cubes import Cubes
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.data.zip_contents import Inspection, inspect_files, read_piece
from plugins.volume_classification.data.zip_pieces import WHERE, Piece, natural, pieces_of
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

LAYOUT = "Make one folder a class, with its volumes in it, and zip those folders."
Folders = tuple[str, ...]
PATIENTS = "Folders within a class are taken for one patient each."
NO_TEST = "There is no part to test on, so the one for validation is."


@dataclass(frozen=True)
class Item:
    """A volume of the zip, not yet read.

    Attributes:
        place: Where it lies.
        read: Gives it, named as it is told to be.
    """

    place: Place
    read: Callable[[str], Volume]


def read_labelled(
    path: Path, limits: Limits, size: int, encoding: str = ""
) -> VolumeSet | tuple[VolumeSet, VolumeSet]:
    """A set, or one to train on and one to test on where the folders are called so. Folders in
    that of a class are of one patient each.

    Args:
        size, encoding: As in `reader.read_set`.

    Raises:
        VolumeError: There is no folder or no volume, or one of them cannot be used.
    """
    with pieces_of(path, limits, encoding) as pieces:
        found = inspect_files(pieces)
        items, lost = _items(found, pieces, limits)
        parts = {item.place.part for item in items}
        checked = TRAIN in parts and CHECK in parts and TEST not in parts
        used = [item for item in items if checked or item.place.part != CHECK]
        if not used:
            what = "It holds no series of two pictures or more"
            raise VolumeError(what, where=WHERE, todo=LAYOUT)
        names = sorted({item.place.label for item in used}, key=natural)
        cubes, labels, titles = Cubes(len(used), size), [], []
        for item in used:
            label = names.index(item.place.label)
            titles.append(f"{plain_name(names[label])} {labels.count(label) + 1}")
            labels.append(label)
            cubes.add(item.read(titles[-1]))
        groups = _groups(used)
        notes = (*cubes.notes, *found.said(lost), *([PATIENTS] if groups is not None else []))
        if checked:
            notes += (NO_TEST,)
        elif left := len(items) - len(used):
            many = "The {n} volumes for validation were not read."
            notes += (say(many, one="The volume for validation was not read.", n=left),)
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
            groups=groups,
        )
        if not checked and not {TRAIN, TEST} <= parts:
            return whole
        test = np.array([item.place.part != TRAIN for item in used])
        return whole.only(~test), whole.only(test)


def _items(found: Inspection, pieces: list[Piece], limits: Limits) -> tuple[list[Item], int]:
    """The volumes by folder and order in it, and how many pictures of DICOM belong to none.

    A folder in that of the class is one patient's: of several series in it the longest counts.

    Raises:
        VolumeError: There is no volume, or some lie in no folder.
    """
    series = _by_folder(found.gathered, pieces)
    first = {folders: one.slices[0].piece for folders, one in series.items()}
    used = [*(i for i, _ in found.files), *first.values()]
    if not used:
        raise found.nothing()
    places = places_of([pieces[i].order for i in used])
    if any(not place.label for place in places.values()):
        what = "A volume lies in no folder, so its class is not known"
        raise VolumeError(what, where=WHERE, todo=LAYOUT)
    items = []
    for i, kind in found.files:
        read = partial(_one, found, pieces, i, kind, limits)
        items.append((i, Item(places[pieces[i].order], read)))
    lost = found.gathered.refused.total()
    for folders, gathered in series.items():
        place = places[pieces[first[folders]].order]
        chosen = gathered.series()[: 1 if len(place.group) > 1 else None]
        chosen = [one for one in chosen if len(one) > 1]
        lost += len(gathered.slices) - sum(map(len, chosen))
        for one in chosen:
            read = partial(dicom.volume_of_series, one, lambda i: pieces[i].read())
            items.append((one[0].piece, Item(place, read)))
    items.sort(key=lambda one: ([natural(part) for part in one[1].place.group], one[0]))
    return [item for _, item in items], lost


def _groups(items: list[Item]) -> np.ndarray | None:
    """Whose each volume is, as a number; None where no folder says so. A patient who lies in two
    classes is one.
    """
    if not any(len(item.place.group) > 1 for item in items):
        return None
    own = [item.place.group[1:] or (f"\0{i}",) for i, item in enumerate(items)]
    known = sorted(set(own))
    return np.array([known.index(one) for one in own])


def _by_folder(gathered: dicom.Gathered, pieces: list[Piece]) -> dict[Folders, dicom.Gathered]:
    found: dict[Folders, dicom.Gathered] = {}
    for one in gathered.slices:
        found.setdefault(pieces[one.piece].folders, dicom.Gathered()).slices.append(one)
    return found


def _one(
    found: Inspection, pieces: list[Piece], i: int, kind: str, limits: Limits, where: str
) -> Volume:
    return read_piece(found, pieces, i, kind, where, limits)
