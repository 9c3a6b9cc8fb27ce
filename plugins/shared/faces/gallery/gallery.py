"""The gallery: people enrolled by one photo or more, told apart by their encodings.

Enrolling is writing an encoding down: no network is trained (course week 4, "One-shot learning").
Identification is 1:K: the nearest of K people, or nobody when even that one is farther than tau
("Face recognition"). Which engine keeps the faces is for the store to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from plugins.shared.faces.gallery.names import name_key, person_name
from plugins.shared.faces.gallery.stores.contract import (
    TEMPLATES,
    Candidate,
    Counts,
    EnrolledFace,
    Enrolment,
    Erased,
    GalleryError,
    NotThere,
    OtherName,
    Space,
    Store,
    Template,
)
from weights.messages import say


@dataclass(frozen=True)
class Written:
    """What an enrolment did: faces that are new, and faces that were enrolled already."""

    new: int
    known: int


@dataclass(frozen=True)
class Receipt:
    """What a deletion removed.

    Attributes:
        what: Who or what was deleted.
    """

    what: str
    before: Counts
    after: Counts
    erased: Erased


class Gallery:
    """One namespace's faces, as one network sees them."""

    def __init__(self, store: Store, space: Space):
        self.store, self.space = store, space

    # --- enrol and identify -------------------------------------------------------------------

    def enrol(self, faces: Sequence[Enrolment]) -> Written:
        """Enrol faces, all or none; durable when this returns. Enrolling a face again replaces it.
        Whose name differs in case, width or accents alone keeps the spelling that is enrolled.

        Raises:
            OtherName: A face is enrolled under another name.
            GalleryError: A name, id or encoding cannot be kept.
        """
        faces = self.spelled([self._checked(face) for face in faces])
        wanted = {face.id: face.person for face in faces}
        clash = {face.id: face.person for face in faces if wanted[face.id] != face.person}
        owners = self.store.owners(self.space.namespace, list(wanted))
        clash |= {i: name for i, name in owners.items() if name != wanted[i]}
        if clash:
            face, other = next(iter(clash.items()))
            raise OtherName(
                say("This face is enrolled already, as {name}", name=other),
                clash,
                where=wanted[face],
                todo=say("Rename {name}, or choose another picture.", name=other),
            )
        if faces:
            self.store.write(self.space, faces)
        return Written(new=len(wanted) - len(owners), known=len(owners))

    def identify(
        self, encodings: np.ndarray, top: int = 5, template: Template = "all"
    ) -> list[list[Candidate]]:
        """For each of (Q, D) encodings the nearest people, the nearest first, each person once.

        Raises:
            GalleryError: The encodings are of another size, or not finite.
        """
        if template not in TEMPLATES:
            raise GalleryError(
                say("There is no template '{template}'", template=template),
                todo=say("Choose one of: {known}.", known=", ".join(TEMPLATES)),
            )
        return self.store.search(self.space, self._vectors(encodings), top, template)

    def missing(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that have no encoding here yet: what a resumed enrolment must do."""
        return set(ids) - self.store.encoded(self.space, ids)

    # --- read -----------------------------------------------------------------------------------

    def people(self) -> dict[str, int]:
        """Every person's name and number of faces, sorted by name."""
        return self.store.people(self.space.namespace)

    def known(self, names: Iterable[str]) -> dict[str, str]:
        """For each of these names the enrolled spelling of it: itself, or else one that has the
        same `name_key`. Names that nobody has are left out.
        """
        names = list(dict.fromkeys(names))
        found = {name: name for name in self.covers(names)}
        if rest := [name for name in names if name not in found]:
            spelled = {name_key(person): person for person in self.people()}
            keys = {name: name_key(name) for name in rest}
            found |= {name: spelled[key] for name, key in keys.items() if key in spelled}
        return found

    def spelled(self, faces: Sequence[Enrolment]) -> list[Enrolment]:
        """Faces of one person under one spelling: that which is enrolled, or else the first."""
        known = self.known(face.person for face in faces)
        first: dict[str, str] = {}
        spelled = []
        for face in faces:
            name = known.get(face.person) or first.setdefault(name_key(face.person), face.person)
            spelled.append(face if name == face.person else replace(face, person=name))
        return spelled

    def faces(self, person: str) -> list[EnrolledFace]:
        """One person's faces.

        Raises:
            NotThere: Nobody of this name is enrolled.
        """
        if found := self.store.faces(self.space.namespace, person):
            return found
        if spelled := self.known([person]):
            return self.store.faces(self.space.namespace, spelled[person])
        raise NotThere("Nobody of this name is enrolled", where=person, todo="Look at the list.")

    def owners(self, ids: Sequence[str]) -> dict[str, str]:
        """Under which name each of these faces is enrolled."""
        return self.store.owners(self.space.namespace, ids)

    def chips(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The chips of these faces."""
        return self.store.chips(self.space.namespace, ids)

    def covers(self, people: Sequence[str]) -> dict[str, bytes]:
        """One chip of each of these people, to show."""
        return self.store.covers(self.space.namespace, people)

    def rows(self) -> Iterator[Enrolment]:
        """Every face with its encoding."""
        return self.store.rows(self.space)

    def count(self) -> Counts:
        return self.store.count(self.space)

    def elsewhere(self) -> dict[Space, int]:
        """Encodings of this namespace that this network cannot use, by the space they are in."""
        return {s: n for s, n in self.store.spaces(self.space.namespace).items() if s != self.space}

    # --- forget ---------------------------------------------------------------------------------

    def delete(self, person: str) -> Receipt:
        """Delete a person: every picture, chip and encoding, in every network.

        Raises:
            NotThere: Nobody of this name is enrolled.
        """
        return self._delete(person, [face.id for face in self.faces(person)])

    def delete_faces(self, ids: Sequence[str]) -> Receipt:
        """Delete single faces; a person who has none left is gone."""
        return self._delete(say("{n} faces", "{n} face", n=len(set(ids))), list(ids))

    def delete_everything(self) -> Receipt:
        """Empty the namespace."""
        return self._delete(say("everybody"), None)

    def _delete(self, what: str, ids: list[str] | None) -> Receipt:
        before = self.count()
        erased = self.store.remove(self.space.namespace, ids)
        return Receipt(what, before, self.count(), erased)

    # --- checks ---------------------------------------------------------------------------------

    def _checked(self, face: Enrolment) -> Enrolment:
        (encoding,) = self._vectors(face.encoding)
        if face.person != person_name(face.person):
            raise GalleryError(
                "The name is not in the form that is kept", where=face.person, todo="Report this."
            )
        if not re.fullmatch("[0-9a-f]{32}", face.id):
            raise GalleryError("The face's id is damaged", where=face.person, todo="Enrol again.")
        landmarks = face.landmarks if face.picture else ()
        return replace(face, encoding=encoding, landmarks=landmarks)

    def _vectors(self, encodings: np.ndarray) -> np.ndarray:
        """(Q, D) float32, checked: an encoding of another network must never slip in."""
        array = np.atleast_2d(np.asarray(encodings, np.float32))
        if array.ndim != 2 or array.shape[1] != self.space.size:
            what = "An encoding of {network} has {size} numbers, not {found}"
            found = {"network": self.space.network, "size": self.space.size}
            what = say(what, **found, found=array.shape[-1])
            todo = "Encode the picture with the gallery's own network."
            raise GalleryError(what, where="encoding", todo=todo)
        if not np.isfinite(array).all():
            todo = "Use another picture."
            raise GalleryError("The encoding is not finite", where="encoding", todo=todo)
        return array
