"""The gallery: people enrolled by one photo or more, told apart by their encodings.

Enrolling is writing an encoding down: no network is trained (course week 4, "One-shot learning").
Identification is 1:K: the nearest of K people, or nobody when even that one is farther than tau
("Face recognition"). Which engine keeps the faces is for the store to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from plugins.shared.faces.gallery.names import person_name
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

        Raises:
            OtherName: A face is enrolled under another name.
            GalleryError: A name, id or encoding cannot be kept.
        """
        faces = [self._checked(face) for face in faces]
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

    def faces(self, person: str) -> list[EnrolledFace]:
        """One person's faces.

        Raises:
            NotThere: Nobody of this name is enrolled.
        """
        if found := self.store.faces(self.space.namespace, person):
            return found
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

    # --- correct --------------------------------------------------------------------------------

    def rename(self, old: str, new: str) -> None:
        """Give a person another name.

        Raises:
            NotThere: Nobody of the old name is enrolled.
            OtherName: The new name is another person's; `merge` makes them one on purpose.
        """
        ids, new = [face.id for face in self.faces(old)], person_name(new)
        if new == old:
            return
        if taken := self.store.faces(self.space.namespace, new):
            owners = {face.id: new for face in taken}
            todo = "Choose another name, or merge the two."
            what = say("{name} is enrolled already", name=new)
            raise OtherName(what, owners, where=new, todo=todo)
        self.store.relabel(self.space.namespace, ids, new)

    def merge(self, name: str, into: str) -> None:
        """ "This is one person": all faces of `name` become faces of `into`.

        Raises:
            NotThere: One of them is not enrolled.
        """
        ids = [face.id for face in self.faces(name)]
        self.faces(into)
        if name == into:
            what = "A person cannot be merged with themselves"
            raise GalleryError(what, where=name, todo="Choose two people.")
        self.store.relabel(self.space.namespace, ids, into)

    def split_off(self, ids: Sequence[str], new: str) -> None:
        """ "These are not the same person": some faces of a person become a person of their own.

        Raises:
            NotThere: A face is not enrolled.
            GalleryError: The faces are not one person's, are all that the person has, or the name
                is taken.
        """
        new, owners = person_name(new), self.owners(ids)
        if not ids or set(ids) - set(owners):
            raise NotThere("A chosen face is not enrolled", where=new, todo="Choose it again.")
        names = set(owners.values())
        if len(names) > 1:
            what = say("The chosen faces belong to {n} people", n=len(names))
            raise GalleryError(what, where=new, todo="Choose faces of one person.")
        if len(set(ids)) == len(self.faces(names.pop())):
            what = "All faces of the person are chosen, so nothing would be split"
            raise GalleryError(what, where=new, todo="Leave one out, or rename the person.")
        if self.store.faces(self.space.namespace, new):
            what = say("{name} is enrolled already", name=new)
            raise GalleryError(what, where=new, todo="Choose a name that nobody has.")
        self.store.relabel(self.space.namespace, list(ids), new)

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
