"""Labelled volumes of one size, checked and divided."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from plugins.shared.classification.labelled import test_part
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.errors import VolumeError

FEWEST = 2
"""Examples of a class: one to train on and one to test on."""


@dataclass(frozen=True, eq=False)
class VolumeSet:
    """Volumes with labels.

    Attributes:
        values: (N, size, size, size), float32 or uint8: (depth, height, width) of each.
        labels: (N,) indices into `classes`.
        names: Of the volumes, for people.
        spacing: mm between voxels, (z, y, x); where it is not known, 1.
        notes: What was done to the volumes and what is unusual about them, a sentence each.
        title: What the set is called.

    Raises:
        VolumeError: Something does not fit together.
    """

    values: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    names: tuple[str, ...] = field(default=(), repr=False)
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    notes: tuple[str, ...] = ()
    title: str = "the set"

    def __post_init__(self) -> None:
        names = self.names or tuple(f"volume {i + 1}" for i in range(len(self.values)))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "labels", np.asarray(self.labels, dtype=np.int64))
        if not len(self.values):
            raise VolumeError("It holds no volume", where=self.title, todo="Bring some volumes.")
        if self.values.ndim != 4 or len(set(self.values.shape[1:])) != 1:
            shape = " x ".join(map(str, self.values.shape[1:]))
            todo = "Bring volumes of one size, all edges alike."
            raise VolumeError(f"The volumes are {shape}", where=self.title, todo=todo)
        if self.labels.shape != (len(self.values),) or len(names) != len(self.values):
            what = f"There are {len(self.values)} volumes and {self.labels.size} labels"
            raise VolumeError(what, where=self.title, todo="Give one label a volume.")
        if not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            what = f"A label is none of the {len(self.classes)} classes"
            raise VolumeError(what, where=self.title, todo="Count labels from 0.")
        if np.issubdtype(self.values.dtype, np.floating):
            for name, one in zip(names, self.values, strict=True):
                if not np.isfinite(one).all():
                    todo = "Leave it out, or give those voxels a value."
                    raise VolumeError("Some of its voxels hold no number", where=name, todo=todo)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def size(self) -> int:
        """Voxels along an edge."""
        return self.values.shape[1]

    @property
    def counts(self) -> np.ndarray:
        """(classes,) how many examples each has."""
        return np.bincount(self.labels, minlength=len(self.classes))

    def volume(self, i: int) -> Volume:
        """One of them, as float32."""
        values = np.asarray(self.values[i], np.float32)
        return Volume(values, self.spacing, self.names[i])

    def only(self, which: np.ndarray) -> VolumeSet:
        """The volumes with these indices, or where this mask is true."""
        chosen = np.arange(len(self))[which]
        return replace(
            self,
            values=self.values[chosen],
            labels=self.labels[chosen],
            names=tuple(self.names[i] for i in chosen),
        )


def check_trainable(volumes: VolumeSet) -> None:
    """See that there is something to tell apart, and enough of each.

    Raises:
        VolumeError: There is one class, or a class has fewer than two examples.
    """
    counts = volumes.counts
    if (counts > 0).sum() < 2:
        todo = "Bring volumes of two classes or more."
        raise VolumeError("All volumes are of one class", where=volumes.title, todo=todo)
    if (counts < FEWEST).any():
        rare = volumes.classes[int(np.flatnonzero(counts < FEWEST)[0])]
        what = f"The class {rare!r} has {'one example' if counts.min() else 'no example'}"
        todo = "Bring two or more of each class, one to train on and one to test on."
        raise VolumeError(what, where=volumes.title, todo=todo)


def split(volumes: VolumeSet, share: float = 0.3, seed: int = 0) -> tuple[VolumeSet, VolumeSet]:
    """A set to train on and one to test on, each with every class.

    Args:
        share: Of each class that is tested on, 0..1; at least one example, and one remains.

    Raises:
        VolumeError: There is one class, or a class has fewer than two examples.
    """
    check_trainable(volumes)
    test = test_part(volumes.labels, share, seed)
    return volumes.only(~test), volumes.only(test)
