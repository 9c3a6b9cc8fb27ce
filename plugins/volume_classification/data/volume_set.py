"""Labelled volumes of one size, checked and divided."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from plugins.shared.classification.labelled import LabelledSet
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.errors import VolumeError
from weights.messages import say


@dataclass(frozen=True, eq=False)
class VolumeSet(LabelledSet):
    """Volumes with labels.

    Attributes:
        values: (N, size, size, size), float32 or uint8: (depth, height, width) of each.
        labels: (N,) indices into `classes`.
        names: Of the volumes, for people.
        spacing: mm between voxels, (z, y, x); where it is not known, 1.
        notes: What was done to the volumes and what is unusual about them, a sentence each.
        title: What the set is called.
        oriented: Whether every file says where the patient's sides are.
        units: Of the values, as all files say: `units.HOUNSFIELD`, `OTHER` or "".
        symmetry: Turns and mirrorings that are known to leave the class as it is: a key of
            `settings.SYMMETRIES`.

    Raises:
        VolumeError: Something does not fit together.
    """

    error = VolumeError
    alike = "All volumes are of one class", "Bring volumes of two classes or more."

    values: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    names: tuple[str, ...] = field(default=(), repr=False)
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    notes: tuple[str, ...] = ()
    title: str = "the set"
    oriented: bool = False
    units: str = ""
    symmetry: str = "none"
    groups: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        names = self.names or tuple(f"volume {i + 1}" for i in range(len(self.values)))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "labels", np.asarray(self.labels, dtype=np.int64))
        if not len(self.values):
            raise VolumeError("It holds no volume", where=self.title, todo="Bring some volumes.")
        if self.values.ndim != 4 or len(set(self.values.shape[1:])) != 1:
            shape = " x ".join(map(str, self.values.shape[1:]))
            todo = "Bring volumes of one size, all edges alike."
            raise VolumeError(
                say("The volumes are {shape}", shape=shape), where=self.title, todo=todo
            )
        if self.labels.shape != (len(self.values),) or len(names) != len(self.values):
            what = say(
                "There are {values} volumes and {size} labels",
                values=len(self.values),
                size=self.labels.size,
            )
            raise VolumeError(what, where=self.title, todo="Give one label a volume.")
        if not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            what = say("A label is none of the {classes} classes", classes=len(self.classes))
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

    def volume(self, i: int) -> Volume:
        """One of them, as float32."""
        values = np.asarray(self.values[i], np.float32)
        return Volume(values, self.spacing, self.names[i], oriented=self.oriented, units=self.units)

    def only(self, which: np.ndarray) -> VolumeSet:
        """The volumes with these indices, or where this mask is true."""
        chosen = np.arange(len(self))[which]
        return replace(
            self,
            values=self.values[chosen],
            labels=self.labels[chosen],
            names=tuple(self.names[i] for i in chosen),
            groups=None if self.groups is None else self.groups[chosen],
        )
