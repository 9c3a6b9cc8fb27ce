"""What a store of enrolled faces promises, whichever engine keeps them; and the rows it keeps.

A store holds namespaces that never see each other. In a namespace every face is one row: whose it
is, a small chip to show, and, where the visitor allows it, the picture around the face. Its
encodings lie beside it, one a network, and are only ever compared within one `Space`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from weights.errors import ParagoneError

Template = Literal["all", "mean"]
"""A person is as far as the nearest of all their encodings, or as their mean encoding."""
TEMPLATES: tuple[Template, ...] = ("all", "mean")
Points = tuple[tuple[float, float], ...]


class GalleryError(ParagoneError):
    """The gallery refuses, or its store cannot do, what was asked; nothing was changed."""


class NotThere(GalleryError):
    """No person or face of this name or id is enrolled."""


class OtherName(GalleryError):
    """A face is enrolled already, under another name.

    Attributes:
        owners: Face id -> the name it is enrolled under.
    """

    def __init__(self, what: str, owners: dict[str, str], **more: str):
        super().__init__(what, **more)
        self.owners = owners


class StoreError(GalleryError):
    """The engine failed: full disk, locked or damaged file, server gone. Nothing was changed."""


@dataclass(frozen=True)
class Space:
    """Where encodings may meet: one namespace, one network, one revision of what made them.

    Attributes:
        namespace: Whose gallery it is; galleries of two namespaces never see each other.
        network: Name of the weights that really ran, `arch.tag`.
        revision: Their sha256, then the detector and the alignment that made the chips, parted by
            colons. Only the sha256: whole pictures, or faces as dlib's detector found them, which
            earlier editions used.
        size: Numbers an encoding, D.
        distance: `euclidean` or `cosine`: what the network was trained for.
    """

    namespace: str
    network: str
    revision: str
    size: int
    distance: str

    def realigned(self, other: Space) -> bool:
        """Whether the two differ only in how faces are found and aligned."""
        ours, theirs = (space.revision.partition(":") for space in (self, other))
        return (self.network, ours[0]) == (other.network, theirs[0]) and ours != theirs


@dataclass(frozen=True)
class Enrolment:
    """One face as it is enrolled.

    Attributes:
        id: `gallery.face_id` of the picture's content and the face's number in it.
        person: The name it is enrolled under.
        encoding: (D,) float32.
        chip: A small JPEG of the aligned face, to show.
        label: Name of the picture file.
        picture: JPEG of the picture around the face, so that another network can encode it later;
            empty where it was not kept.
        landmarks: The five landmarks in pixels of `picture`; empty where that is.
    """

    id: str
    person: str
    encoding: np.ndarray = field(repr=False, compare=False)
    chip: bytes = field(repr=False)
    label: str = ""
    picture: bytes = field(default=b"", repr=False)
    landmarks: Points = ()


@dataclass(frozen=True)
class EnrolledFace:
    """One enrolled face, without its encodings."""

    id: str
    person: str
    label: str
    chip: bytes = field(repr=False)
    picture: bytes = field(repr=False)
    landmarks: Points


@dataclass(frozen=True)
class Candidate:
    """A person as the answer to a probe.

    Attributes:
        distance: In the space's own distance; with the template `all` that of the nearest
            encoding, with `mean` that of the mean.
        face: Id of the nearest enrolled face; with `mean` one face of the person.
    """

    person: str
    distance: float
    face: str


@dataclass(frozen=True)
class Counts:
    """What a namespace holds: all networks together, but for `index_rows`, which are the space's
    rows that are searched.
    """

    people: int = 0
    faces: int = 0
    chips: int = 0
    pictures: int = 0
    encodings: int = 0
    index_rows: int = 0


@dataclass(frozen=True)
class Erased:
    """Whether what was removed is also gone from where it lay.

    Attributes:
        proven: Whether the store looked for it afterwards and found nothing.
        sentence: What was done and looked at, in sentences for the receipt.
    """

    proven: bool
    sentence: str


class Store(Protocol):
    """An engine. Every method that changes something changes all of it or nothing, and what it
    acknowledged survives a crash of the process. All of them raise `StoreError` where the engine
    fails. All may be called from several threads.

    Attributes:
        place: Where faces are kept, one clause for the page: "in memory", "in the file …".
        kept: Whether they outlive the process.
    """

    place: str
    kept: bool

    def write(self, space: Space, rows: Sequence[Enrolment]) -> None:
        """Upsert faces and their encodings: a row whose id is there already is replaced."""

    def search(
        self, space: Space, encodings: np.ndarray, top: int, template: Template
    ) -> list[list[Candidate]]:
        """For each of (Q, D) encodings the `top` nearest people, the nearest first; exact."""

    def owners(self, namespace: str, ids: Sequence[str]) -> dict[str, str]:
        """Under which name each of these faces is enrolled; absent ids are left out."""

    def encoded(self, space: Space, ids: Sequence[str]) -> set[str]:
        """Those of the ids that have an encoding in this very space."""

    def people(self, namespace: str) -> dict[str, int]:
        """Every person's name and number of faces, sorted by name without regard to capitals."""

    def faces(self, namespace: str, person: str) -> list[EnrolledFace]:
        """One person's faces, in the order of their enrolment; empty for an unknown name."""

    def chips(self, namespace: str, ids: Sequence[str]) -> dict[str, bytes]:
        """The chips of these faces; absent ids are left out."""

    def covers(self, namespace: str, people: Sequence[str]) -> dict[str, bytes]:
        """The chip of each person's first face; absent people are left out."""

    def rows(self, space: Space, ids: Sequence[str] | None = None) -> Iterator[Enrolment]:
        """Every face with an encoding in the space, or those of the ids that have one, in the order
        of enrolment.
        """

    def spaces(self, namespace: str) -> dict[Space, int]:
        """The spaces that the namespace has encodings in, with how many."""

    def relabel(self, namespace: str, names: Mapping[str, str]) -> None:
        """Give faces other names, by their ids."""

    def restore(self, rows: Mapping[Space, Sequence[Enrolment]]) -> None:
        """Write faces that were removed, with their encodings in all spaces of a namespace."""

    def remove(self, namespace: str, ids: Sequence[str] | None) -> Erased:
        """Remove faces with all that belongs to them, in every network; None: the namespace. Then
        make sure that they are gone from files and journals too, and look for their bytes there.
        """

    def count(self, space: Space) -> Counts:
        """What the namespace and the space hold now."""

    def close(self) -> None:
        """Let go of files, connections and memory. Safe to call twice."""
