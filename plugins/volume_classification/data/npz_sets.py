"""Labelled sets in one .npz, images and labels, divided or not, as MedMNIST has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from plugins.shared.files.file_kinds import plain_name
from plugins.shared.files.limits import Limits
from plugins.volume_classification.data.assembly import (
    MOST_VALUE,
    check_sides,
    lowered,
    lowered_note,
)
from plugins.volume_classification.data.cubes import Cubes, edge_for, memory_note
from plugins.volume_classification.data.folder_sets import NO_TEST
from plugins.volume_classification.data.npy import NUMBERS, Array, Arrays, arrays_in
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

DIVIDED = (
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("X_train", "y_train", "X_test", "y_test"),
    ("x_train", "y_train", "x_test", "y_test"),
)
CHECKED = (
    ("train_images", "train_labels", "val_images", "val_labels"),
    ("X_train", "y_train", "X_val", "y_val"),
    ("x_train", "y_train", "x_val", "y_val"),
)
"""Where there is no part to test on, the one for validation is."""
ALONE = tuple(keys[:2] for keys in DIVIDED)
WHOLE = (("images", "labels"), ("X", "y"), ("x", "y"), ("data", "labels"), ("volumes", "labels"))
TODO = "Save arrays called train_images, train_labels, test_images and test_labels."


def read_array_set(
    path: Path, limits: Limits, size: int, names: tuple[str, ...] = ()
) -> VolumeSet | tuple[VolumeSet, VolumeSet]:
    """A set, or one to train on and one to test on where the file has them. Volumes to validate
    with are left out.

    Args:
        size: As in `readers.read_set`.
        names: Of the classes, in the order of their labels, if known.

    Raises:
        VolumeError: Arrays are missing, hold pictures or no numbers, or do not fit together.
    """
    title = plain_name(path.name)
    with arrays_in(path, limits) as arrays:
        known_sets = (*DIVIDED, *CHECKED, *ALONE, *WHOLE)
        keys = next((k for k in known_sets if set(k) <= set(arrays.names)), None)
        if keys is None:
            known = ", ".join(plain_name(name) for name in arrays.names[:8])
            what = say("It has no images with labels, but arrays called {known}", known=known)
            raise VolumeError(what, where=title, todo=TODO)
        found, count = [], sum(_count(arrays, name) for name in keys[::2])
        for images, labels in zip(keys[::2], keys[1::2], strict=True):
            values, notes = _values(arrays, images, size, count)
            found.append((values, _labels(arrays, labels), notes))
        left = {keys[2] for keys in CHECKED} & set(arrays.names)
        if keys in CHECKED:
            found[0] = (*found[0][:2], (*found[0][2], NO_TEST))
        for name in sorted(left.difference(keys)):
            more = say(
                "Its {count} volumes to validate with were left out.", count=_count(arrays, name)
            )
            found[0] = (*found[0][:2], (*found[0][2], more))
    known = np.unique(np.concatenate([labels for _, labels, _ in found]))
    classes = tuple(plain_name(str(label)) for label in known)
    if names and known.dtype.kind in "iu" and 0 <= known.min() <= known.max() < len(names):
        known, classes = np.arange(len(names)), names
    sets = [
        VolumeSet(values, np.searchsorted(known, labels), classes, notes=notes, title=title)
        for values, labels, notes in found
    ]
    return sets[0] if len(sets) == 1 else (sets[0], sets[1])


def _count(arrays: Arrays, name: str) -> int:
    with arrays.open(name) as array:
        return array.shape[0] if array.shape else 0


def _values(arrays: Arrays, name: str, size: int, count: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """(N, edge, edge, edge): uint8 where the file's values fit and stay as they are."""
    with arrays.open(name) as array:
        array = _checked(array)
        many, *shape = array.shape
        rows, base = lowered(array.whole() if array.reverse else array.rows())
        lower = lowered_note(base)
        narrow = array.dtype.kind in "bu" and array.dtype.itemsize == 1
        edge = edge_for(tuple(shape), count, size, 1 if narrow else 4)
        if tuple(shape) == (edge,) * 3:
            values, notes = _kept(rows, many, edge, array.where, narrow)
            return values, lower + notes
        edge = edge_for(tuple(shape), count, size)  # They become float32.
        cubes = Cubes(many, edge)
        bad = 0
        for i, row in enumerate(rows):
            values, wrong = _sound(
                row, say("volume {value} of {where}", value=i + 1, where=array.where)
            )
            bad += wrong
            cubes.add(Volume(values))
        return cubes.values, (
            *lower,
            *cubes.notes,
            *memory_note(size, edge),
            *_said(bad, cubes.values),
        )


def _checked(array: Array) -> Array:
    """An array of volumes, without sides of 1.

    Raises:
        VolumeError: It holds pictures, or no numbers.
    """
    shape, where = array.shape, array.where
    if array.dtype.kind not in NUMBERS:
        what = say("Its values are no real numbers but {name}", name=array.dtype.name)
        raise VolumeError(what, where=where, todo="Save arrays of numbers.")
    sides = " x ".join(map(str, shape))
    if len(shape) == 3 or len(shape) in (4, 5) and shape[-1] in (3, 4):
        colours = " in colours" if len(shape) > 3 else ""
        what = say(
            "Its images are pictures{colours}, not volumes ({sides})",
            colours=say(colours),
            sides=sides,
        )
        todo = "Bring a set of volumes, such as those of MedMNIST whose names end with 3D."
        raise VolumeError(what, where=where, todo=todo)
    if len(shape) == 5 and 1 in (shape[1], shape[4]):
        shape = (shape[0], *(shape[2:] if shape[1] == 1 else shape[1:4]))
    if len(shape) != 4 or min(shape) < 2 and shape[0] != 1:
        what = say("Its images are {sides}", sides=sides or "one value")
        todo = "Save them as volumes x depth x height x width."
        raise VolumeError(what, where=where, todo=todo)
    return replace(array, shape=(shape[0], *check_sides(shape[1:], where)))


def _kept(
    rows: Iterator[np.ndarray], many: int, edge: int, where: str, narrow: bool
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Values as they are: uint8 while they fit, else float32."""
    values, bad = None, 0
    for i, row in enumerate(rows):
        row = row.reshape((edge,) * 3)
        fits = narrow or row.dtype.kind in "biu" and 0 <= row.min() and row.max() <= 255
        if values is None:
            values = np.empty((many, *row.shape), np.uint8 if fits else np.float32)
        if values.dtype == np.uint8 and not fits:
            values = values.astype(np.float32)
        if row.dtype.kind == "f":
            row, wrong = _sound(row, say("volume {value} of {where}", value=i + 1, where=where))
            bad += wrong
        values[i] = row
    return values, _said(bad, values)


def _sound(row: np.ndarray, where: str) -> tuple[np.ndarray, int]:
    """A volume with its lowest number in place of what is no number, and how often that is."""
    with np.errstate(over="ignore", invalid="ignore"):
        row = row.astype(np.float32)
        bad = ~(np.abs(row) < MOST_VALUE)
    if bad.all():
        todo = "Leave it out."
        raise VolumeError("None of its voxels holds a number", where=where, todo=todo)
    if bad.any():
        row[bad] = row[~bad].min()
    return row, int(bad.sum())


def _said(bad: int, values: np.ndarray) -> tuple[str, ...]:
    notes = []
    if bad:
        notes.append(
            say(
                "{n:,} voxels are no numbers; the volume's lowest value was put in.",
                one="{n} voxel is no number; the volume's lowest value was put in.",
                n=bad,
            )
        )
    flat = values.reshape(len(values), -1)
    if constant := int(sum(one.min() == one.max() for one in flat)):
        notes.append(
            say(
                "{n} volumes hold one value only.",
                one="{n} volume holds one value only.",
                n=constant,
            )
        )
    return tuple(notes)


def _labels(arrays: Arrays, name: str) -> np.ndarray:
    """(N,) whole numbers or texts.

    Raises:
        VolumeError: They are neither, or a volume has several.
    """
    with arrays.open(name) as array:
        if array.dtype.kind not in "biufUS":
            what = say("Its labels are neither numbers nor texts but {name}", name=array.dtype.name)
            raise VolumeError(what, where=array.where, todo="Save one whole number a volume.")
        labels, where = array.whole(), array.where
    if labels.ndim == 2 and labels.shape[1] > 1:
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(1) == 1).all()):
            what = say("Its volumes have {shape} labels each", shape=labels.shape[1])
            raise VolumeError(what, where=where, todo="Bring a set with one label a volume.")
        labels = labels.argmax(1)
    labels = labels.reshape(-1)
    if labels.dtype.kind == "f":
        if not (np.isfinite(labels).all() and (labels == np.round(labels)).all()):
            what = "Its labels are no whole numbers"
            raise VolumeError(what, where=where, todo="Save one whole number a volume.")
        labels = labels.astype(np.int64)
    if labels.dtype.kind == "S":
        return np.array([one.decode("utf-8", "replace") for one in labels.tolist()])
    return labels.astype(np.int64) if labels.dtype.kind == "b" else labels
