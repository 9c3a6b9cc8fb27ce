"""Corrections of a gallery, each of which can be undone.

Each is one transaction of the store: all of it or nothing, durable when it returns; and so is its
undoing. What was deleted is held in the `Change` alone, so it is gone with that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plugins.shared.faces.gallery.gallery import Gallery, Receipt
from plugins.shared.faces.gallery.names import person_name
from plugins.shared.faces.gallery.stores.contract import (
    Enrolment,
    GalleryError,
    NotThere,
    OtherName,
    Space,
    StoreError,
)
from weights.messages import say

MOST = 50
"""Corrections that one visit can undo."""


@dataclass(frozen=True)
class Change:
    """A correction that was made, and what undoes it.

    Attributes:
        words: What was done, without a full stop.
        was: Id of each face -> whose it was.
        now: Whose they are since then; "": nobody's, they were deleted.
        rows: The deleted faces, by the space of their encodings.
    """

    words: str
    was: Mapping[str, str]
    now: str
    rows: Mapping[Space, Sequence[Enrolment]] = field(default_factory=dict, repr=False)


def rename(gallery: Gallery, old: str, new: str) -> Change:
    """Give a person another name, or another spelling.

    Raises:
        NotThere: Nobody of the old name is enrolled.
        OtherName: The new name is another person's; `merge` makes them one on purpose.
    """
    faces, new = gallery.faces(old), person_name(new)
    old = faces[0].person
    taken = gallery.known([new]).get(new, old)
    if taken != old:
        owners = {face.id: taken for face in gallery.faces(taken)}
        todo = "Choose another name, or merge the two."
        raise OtherName(say("{name} is enrolled already", name=taken), owners, where=new, todo=todo)
    words = say("{person} is now called {name}", person=old, name=new)
    return _relabelled(gallery, words, {face.id: old for face in faces}, new)


def merge(gallery: Gallery, name: str, into: str) -> Change:
    """ "This is one person": all faces of `name` become faces of `into`, whose name stays.

    Raises:
        NotThere: One of them is not enrolled.
    """
    gone, into = gallery.faces(name), gallery.faces(into)[0].person
    name = gone[0].person
    if name == into:
        what = "A person cannot be merged with themselves"
        raise GalleryError(what, where=name, todo="Choose two people.")
    words = say("{other} and {person} are one person now: {person}", person=into, other=name)
    return _relabelled(gallery, words, {face.id: name for face in gone}, into)


def move(gallery: Gallery, ids: Sequence[str], to: str) -> Change:
    """ "These show somebody else": faces become those of another person, or of a new one.

    Raises:
        NotThere: A face is not enrolled.
        GalleryError: The name cannot be kept, or all faces bear it already.
    """
    to, was = person_name(to), gallery.owners(ids)
    if not ids or set(ids) - set(was):
        raise NotThere("A chosen face is not enrolled", where=to, todo="Choose it again.")
    known = gallery.known([to])
    to = known.get(to, to)
    was = {i: person for i, person in was.items() if person != to}
    if not was:
        what = "The chosen photos bear this name already"
        raise GalleryError(what, where=to, todo="Type another name.")
    words = say("{n} photos moved to {name}", "{n} photo moved to {name}", n=len(was), name=to)
    if not known:
        many, one = (
            "{n} photos are {name} now, a new person",
            "{n} photo is {name} now, a new person",
        )
        words = say(many, one, n=len(was), name=to)
    return _relabelled(gallery, words, was, to)


def delete(gallery: Gallery, ids: Sequence[str]) -> tuple[Receipt, Change]:
    """Delete faces. Until the change is dropped, its copy of them is in memory.

    Raises:
        NotThere: A face is not enrolled.
    """
    was = gallery.owners(ids)
    if not ids or set(ids) - set(was):
        raise NotThere("A chosen face is not enrolled", todo="Choose it again.")
    store = gallery.store
    spaces = store.spaces(gallery.space.namespace)
    rows = {space: tuple(store.rows(space, list(was))) for space in spaces}
    rows = {space: some for space, some in rows.items() if some}
    people = {person: list(was.values()).count(person) for person in was.values()}
    here = gallery.people()
    whole = [person for person, n in people.items() if here[person] == n]
    words = say("{n} photos deleted", "{n} photo deleted", n=len(was))
    if len(people) == 1 and whole:
        words = say("{person} deleted", person=whole[0])
        receipt = gallery.delete(whole[0])
    else:
        receipt = gallery.delete_faces(list(was))
    return receipt, Change(words, was, "", rows)


def undo(gallery: Gallery, change: Change) -> None:
    """Bring back what was before a change.

    Raises:
        GalleryError: Since then, somebody has changed the same faces.
    """
    now = gallery.owners(list(change.was))
    if now != ({i: change.now for i in change.was} if change.now else {}):
        what = "These photos were changed again since then, elsewhere"
        raise GalleryError(what, todo="Correct them by hand.")
    if not change.now:
        gallery.store.restore({space: gallery.spelled(some) for space, some in change.rows.items()})
        return
    known = gallery.known(change.was.values())
    names = {i: known.get(name, name) for i, name in change.was.items()}
    gallery.store.relabel(gallery.space.namespace, names)


def _relabelled(gallery: Gallery, words: str, was: Mapping[str, str], now: str) -> Change:
    gallery.store.relabel(gallery.space.namespace, dict.fromkeys(was, now))
    return Change(words, was, now)


class History:
    """The corrections of one visit, the latest last; of each gallery by itself."""

    def __init__(self) -> None:
        self._changes: dict[str, list[Change]] = {}

    def add(self, gallery: Gallery, change: Change) -> None:
        """Remember a correction that was made."""
        changes = self._changes.setdefault(gallery.space.namespace, [])
        changes.append(change)
        del changes[:-MOST]

    def last(self, gallery: Gallery) -> Change | None:
        """What is undone next."""
        return next(reversed(self._changes.get(gallery.space.namespace, ())), None)

    def undo(self, gallery: Gallery) -> Change:
        """Undo the last correction, which is forgotten then; also where it cannot be undone.

        Raises:
            GalleryError: There is none, or it cannot be undone.
        """
        change = self.last(gallery)
        if change is None:
            raise GalleryError("There is nothing to undo", todo="Correct something first.")
        try:
            undo(gallery, change)
        except StoreError:  # It may succeed later.
            raise
        except GalleryError:
            self._changes[gallery.space.namespace].pop()
            raise
        self._changes[gallery.space.namespace].pop()
        return change

    def forget(self, gallery: Gallery) -> None:
        """Drop them all, with what they hold of deleted faces."""
        self._changes.pop(gallery.space.namespace, None)
