"""Where the files of a labelled set lie: the class, whose each is, and which part of a division."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugins.shared.files.folders import (
    PARTS,
    Folder,
    common_root,
    folded,
    folder_of,
    undivided,
)


@dataclass(frozen=True)
class Place:
    """Where a file lies: its class, whose it is within the class, and for which part.

    Attributes:
        label: As it is spelled first; "" where the file lies in no folder.
        group: Folded folders from that of the class on.
        part: A value of `PARTS`; "" where nothing divides the set.
    """

    label: str
    group: Folder
    part: str


def places_of(names: Sequence[str]) -> dict[str, Place]:
    """Where each of these files lies. A class is the outermost folder, below those that divide the
    set. Names of classes that differ in capitals, blanks or the way an accent is written are one.
    """
    spelled: dict[str, str] = {}
    whole = {name: tuple(map(folded, folder_of(name))) for name in names}
    folders = undivided(whole)
    root = common_root(folders)
    places = {}
    for name, folder in folders.items():
        inner = folder[len(root) :] or folder[-1:]
        label = inner[0] if inner else ""
        as_written = {folded(part): part for part in folder_of(name)}
        spelled.setdefault(label, as_written.get(label, ""))
        divides = [PARTS[p] for p in whole[name] if p in PARTS and p not in folder]
        places[name] = Place(spelled[label], inner, divides[0] if divides else "")
    return places
