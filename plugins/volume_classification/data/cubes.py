"""Volumes of any size, one after another, as cubes of one size."""

from __future__ import annotations

from collections import Counter

import numpy as np

from plugins.volume_classification.data.volume import Volume, fitted
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

LEAST, MOST = 8, 128
USUAL = 64
"""Larger volumes are brought to this unless another size is asked for."""
SMALLER = (96, 64, 48, 40, 32, 28, 24, 20, 16, 12, 8)
MOST_BYTES = 768 * 2**20
"""What the cubes of one set may take in memory."""
TOLD = 6
"""Notes of single volumes that a set repeats."""


def check_size(size: int) -> None:
    """Refuse a size that no network takes; 0 stands for whatever fits.

    Raises:
        VolumeError: So it is.
    """
    if not isinstance(size, int) or size and not LEAST <= size <= MOST:
        todo = say("Give a whole number from {least} to {most}.", least=LEAST, most=MOST)
        raise VolumeError(say("It is {size}", size=repr(size)), where="size", todo=todo)


def edge_for(shape: tuple[int, ...], count: int, asked: int, item: int = 4) -> int:
    """Voxels along the edges of cubes.

    Args:
        shape: Of the first volume.
        count: How many volumes there are.
        asked: What was asked for; 0: whatever fits.
        item: Bytes a voxel.

    Raises:
        VolumeError: There are too many volumes for any size.
    """
    cubic = len(set(shape)) == 1 and LEAST <= shape[0] <= MOST
    edge = asked or (shape[0] if cubic else max(LEAST, min(USUAL, max(shape))))
    fitting = [e for e in (edge, *SMALLER) if e <= edge and count * e**3 * item <= MOST_BYTES]
    if not fitting:
        what = say("There are {count:,} volumes, too many to hold at once", count=count)
        raise VolumeError(what, where="the set", todo="Bring fewer volumes.")
    return fitting[0]


def memory_note(asked: int, edge: int) -> tuple[str, ...]:
    """A word where the memory did not allow what was asked for."""
    if asked <= edge:
        return ()
    return (
        say(
            "Cubes of {asked} voxels would take too much memory, so they have {edge}.",
            asked=asked,
            edge=edge,
        ),
    )


class Cubes:
    """Takes volumes and makes cubes of them.

    Args:
        count: Volumes that will come.
        size: Voxels along an edge; 0: as `edge_for` finds with the first of them.
    """

    def __init__(self, count: int, size: int = 0):
        self._count, self._asked = count, size
        self._shapes: Counter[tuple[int, ...]] = Counter()
        self._edges: list[float] = []
        self._said: Counter[str] = Counter()
        self._units: Counter[str] = Counter()
        self._oriented = 0
        self._values = np.empty(0, np.float32)
        self._size = 0

    def add(self, volume: Volume) -> None:
        """One more volume."""
        shape = volume.values.shape
        if not self._shapes:
            self._size = edge_for(shape, self._count, self._asked)
            self._values = np.empty((self._count, *(self._size,) * 3), np.float32)
        cube = fitted(volume, self._size)
        self._values[self._shapes.total()] = cube.values
        self._shapes[shape] += 1
        self._edges.append(cube.spacing[0])
        self._said.update(volume.notes)
        self._units[volume.units] += 1
        self._oriented += volume.oriented

    @property
    def values(self) -> np.ndarray:
        """(volumes so far, size, size, size) float32."""
        return self._values[: self._shapes.total()]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """mm between voxels, the same for all; 1 where it differs."""
        low, high = min(self._edges), max(self._edges)
        edge = float(np.mean(self._edges)) if high <= 1.01 * low else 1.0
        return (edge,) * 3

    @property
    def units(self) -> str:
        """Of the values, where all volumes say the same."""
        return next(iter(self._units)) if len(self._units) == 1 else ""

    @property
    def oriented(self) -> bool:
        """Whether every volume says where the patient's sides are."""
        return self._oriented == self._shapes.total()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the volumes and what is unusual about them, a sentence each."""
        notes = []
        cube = say("cubes of {size} voxels", size=self._size)
        if len(self._shapes) > 1:
            (first, many), *_ = self._shapes.most_common()
            sides = " x ".join(map(str, first))
            notes.append(
                say(
                    "The volumes have {shapes} sizes ({sides} in {many} of {total}); all "
                    "were brought to {cube}, the longest side filling it.",
                    shapes=len(self._shapes),
                    sides=sides,
                    many=many,
                    total=self._shapes.total(),
                    cube=say(cube),
                )
            )
        elif (only := next(iter(self._shapes))) != (self._size,) * 3:
            sides = " x ".join(map(str, only))
            notes.append(
                say(
                    "The volumes of {sides} voxels were brought to {cube}.",
                    sides=sides,
                    cube=say(cube),
                )
            )
        notes += memory_note(self._asked, self._size)
        if max(self._edges) > 1.01 * min(self._edges):
            span = say(
                "{edges:.2g} to {edges_2:.2g} mm", edges=min(self._edges), edges_2=max(self._edges)
            )
            notes.append(
                say("Their voxels are then {span} wide, so sizes in mm are lost.", span=span)
            )
        if 0 < self._oriented < self._shapes.total():
            notes.append(
                say(
                    "{n:,} of {total:,} volumes say how the patient lies; the others do not, so "
                    "left may be right in them.",
                    n=self._oriented,
                    total=self._shapes.total(),
                )
            )
        for note, times in self._said.most_common(TOLD):
            notes.append(
                say(
                    "In {times} of {total} volumes: {note}",
                    times=times,
                    total=self._shapes.total(),
                    note=note,
                )
            )
        return tuple(notes)
