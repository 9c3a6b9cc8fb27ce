"""The files of a set, each with a way to read it or the reason why it must not be read."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from plugins.shared.files.file_kinds import MARKUP, plain_name, size_text
from plugins.shared.files.limits import Limits
from weights.errors import ParagoneError
from weights.messages import say

LAYOUT = "Make one folder a person, with that person's pictures in it, and zip those folders."
NAME_LENGTH = 500
NOISE = frozenset(("__macosx", "thumbs.db", "desktop.ini"))


class LabelledError(ParagoneError):
    """A labelled set, or a picture in it, that cannot be used."""


class TooLarge(LabelledError):
    """More files or more bytes than the limits allow."""


class NotAZip(LabelledError):
    """A file that is no zip archive, or none that can be opened."""


@dataclass(frozen=True)
class Contents:
    """What an archive or a folder stands for, in messages.

    Attributes:
        name: What it is called.
        layout: How it must be made.
        fewer: What to do about too many files.
        smaller: What to do about too many bytes.
    """

    name: str
    layout: str
    fewer: str
    smaller: str


PEOPLE = Contents(
    "The set",
    LAYOUT,
    "Use fewer pictures a person, or fewer people.",
    "Use smaller pictures or fewer of them.",
)
"""A folder is a person, and its files are pictures of that person."""


@dataclass(frozen=True)
class Entry:
    """One file of a set.

    Attributes:
        name: Path inside the set, with `/`, as the set spells it.
        size: Bytes, as declared.
        read: Gives the bytes, or raises LabelledError.
        fault: Why the file must not be read, as a clause that follows its name; empty where it may.
    """

    name: str
    size: int
    read: Callable[[], bytes]
    fault: str = ""


def files_below(root: Path, limits: Limits) -> list[Entry]:
    """The files of a folder tree, without the hidden ones that systems leave behind.

    Raises:
        LabelledError: More files or more bytes than the limits allow.
    """
    entries, total = [], 0
    for entry in _walk(root, limits, plain_name(root.name)):
        entries.append(entry)
        total += entry.size
        check_amount(len(entries), total, plain_name(root.name), limits)  # A tree may be endless.
    return entries


def check_amount(
    files: int, total: int, where: str, limits: Limits, contents: Contents = PEOPLE
) -> None:
    """Refuse too many files or too many bytes.

    Raises:
        TooLarge: It says how many are read.
    """
    if files > limits.archive_files:
        raise too_many(where, limits, contents)
    if total > limits.archive_bytes:
        most = size_text(limits.archive_bytes)
        what = say(
            "{name} unpacks to {total}, more than the {most} that are read",
            name=contents.name,
            total=size_text(total),
            most=most,
        )
        raise TooLarge(what, where=where, todo=contents.smaller)


def too_many(where: str, limits: Limits, contents: Contents) -> TooLarge:
    """The error for too many files."""
    what = say(
        "{name} holds more than the {archive_files:,} files that are read",
        name=contents.name,
        archive_files=limits.archive_files,
    )
    return TooLarge(what, where=where, todo=contents.fewer)


def is_noise(name: str) -> bool:
    """Whether a file is one that macOS or Windows leaves behind, or hidden."""
    parts = PurePosixPath(name).parts
    return any(p.lower() in NOISE or (p[0] == "." and p[1:2] != ".") for p in parts)


def fault_of_name(name: str) -> str:
    """Why a file of this name must not be used; empty where it may."""
    if ".." in PurePosixPath(name.replace("\\", "/")).parts:
        return "has a name that leaves the set (..)"
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        return "has an absolute name"
    if "\\" in name:
        return "has a backslash in its name; rename it, or zip the folders with another program"
    if any(c in MARKUP or unicodedata.category(c) in ("Cc", "Cs") for c in name):
        return "has a character in its name that cannot be shown; rename it"
    if len(name) > NAME_LENGTH:
        return say(
            "has a name of more than {name_length} characters; shorten it", name_length=NAME_LENGTH
        )
    return ""


def fault_of_size(size: int, limits: Limits) -> str:
    """Why a file of this size must not be used; empty where it may."""
    if size > limits.picture_bytes:
        return say(
            "is larger than the {picture_bytes} that are read",
            picture_bytes=size_text(limits.picture_bytes),
        )
    return "" if size else "is empty"


def _walk(root: Path, limits: Limits, where: str) -> Iterator[Entry]:
    errors: list[OSError] = []
    for folder, folders, files in os.walk(root, onerror=errors.append):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = sorted(name for name in folders if not is_noise(name))
        for path in (Path(folder, name) for name in sorted((*files, *links))):
            name = path.relative_to(root).as_posix()
            if not is_noise(name):
                fault = fault_of_name(name) or _fault_of_path(path, root, limits)
                size = 0 if fault else path.stat().st_size
                yield Entry(
                    name,
                    size,
                    partial(_load, path, limits, say("{name} in {where}", name=name, where=where)),
                    fault,
                )
    for error in errors:
        name = os.path.relpath(error.filename, root)
        yield Entry(name, 0, bytes, say("cannot be opened: {strerror}", strerror=error.strerror))


def _fault_of_path(path: Path, root: Path, limits: Limits) -> str:
    target = Path(os.path.realpath(path))  # Path.resolve raises where links form a circle.
    if path.is_symlink() and not target.is_relative_to(os.path.realpath(root)):
        return "is a link that leaves the folder"
    if path.is_symlink() and path.is_dir():
        return "is a link to a folder, which is not followed"
    return fault_of_size(path.stat().st_size, limits) if path.is_file() else "is no regular file"


def _load(path: Path, limits: Limits, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limits.picture_bytes + 1)
    except OSError as error:
        what = say("The picture cannot be opened: {strerror}", strerror=error.strerror)
        raise LabelledError(what, where=where, todo="Check the file and try again.") from error
    if fault := fault_of_size(len(data), limits):
        raise LabelledError(
            say("The picture {fault}", fault=fault), where=where, todo="Use another copy of it."
        )
    return data
