"""Folders as people name them: what they are called, and which of them divide a set."""

from __future__ import annotations

import os
import unicodedata
from pathlib import PurePosixPath

TRAIN, TEST, CHECK = "train", "test", "validation"
PARTS = {
    "train": TRAIN, "training": TRAIN, "test": TEST, "testing": TEST,
    "val": CHECK, "valid": CHECK, "validation": CHECK,
}  # fmt: skip
"""What the folders are called that divide a set; in them lie the people's, or the classes'."""

Folder = tuple[str, ...]


def folded(name: str) -> str:
    """A name as Windows and macOS compare it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def folder_of(name: str) -> Folder:
    """The folders above a file, composed and with single blanks; a name of blanks is none."""
    parts = PurePosixPath(unicodedata.normalize("NFC", name)).parent.parts
    return tuple(clean for part in parts if (clean := " ".join(part.split())))


def undivided(folders: dict[str, Folder]) -> dict[str, Folder]:
    """The same (folded) folders without those that divide a set: where nothing else lies beside
    them.
    """
    if len(set(folders.values())) == 1:  # Then it is the only one, whatever it is called.
        return folders
    beside: dict[Folder, set[str]] = {}
    for folder in set(folders.values()):
        for depth, part in enumerate(folder):
            beside.setdefault(folder[:depth], set()).add(part)
    divided = {above for above, parts in beside.items() if parts <= PARTS.keys()}
    return {
        key: tuple(part for depth, part in enumerate(folder) if folder[:depth] not in divided)
        for key, folder in folders.items()
    }


def common_root(folders: dict[str, Folder]) -> Folder:
    """The folders that lie above all others."""
    return os.path.commonprefix(list(folders.values())) if folders else ()
