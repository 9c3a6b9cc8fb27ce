"""The files of a zip of volumes. Their names may say who a patient is: no message repeats them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from plugins.shared.files.entries import Entry, LabelledError
from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_files import files_in_zip
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

WHERE = "the zip"
AGAIN = "Copy it again, or zip the folders anew."


@dataclass(frozen=True)
class Piece:
    """A file with bytes.

    Attributes:
        folders: That it lies in.
        order: What files are sorted by. It is the name: not to be shown.
        where: What messages call it.
        fault: Why it must not be read, as a clause; empty where it may.
    """

    folders: tuple[str, ...] = field(repr=False)
    order: str = field(repr=False)
    where: str
    fault: str
    _entry: Entry = field(repr=False)

    def read(self) -> bytes:
        """The bytes.

        Raises:
            VolumeError: The archive is damaged here.
        """
        try:
            return self._entry.read()
        except LabelledError:
            pass  # Its message has the file's name.
        raise VolumeError("The zip archive is damaged here", where=self.where, todo=AGAIN)


@contextmanager
def pieces_of(path: Path, limits: Limits, encoding: str = "") -> Iterator[list[Piece]]:
    """The files of a zip, readable while it is open, without those that systems leave behind.

    Raises:
        VolumeError: It is no zip, is damaged, or holds too many files or bytes.
    """
    bounds = Limits(
        picture_bytes=limits.upload_bytes,  # A file of the zip is held whole while it is read.
        archive_files=limits.archive_files,
        archive_bytes=limits.archive_bytes,
    )
    problem = ""
    try:
        with files_in_zip(path, bounds, encoding=encoding) as entries:
            entries = sorted(entries, key=lambda entry: natural(entry.name))
            yield [_piece(entry, i, len(entries)) for i, entry in enumerate(entries)]
    except LabelledError as error:
        problem = error.what
    if problem:
        raise VolumeError(
            problem,
            where=WHERE,
            todo=say("{again} Or bring fewer or smaller volumes.", again=say(AGAIN)),
        )


def natural(text: str) -> list[tuple[int, str]]:
    """What texts are sorted by so that 2 comes before 10."""
    parts, digits = [""], False
    for c in text:
        if c.isdecimal() != digits:
            parts.append("")
            digits = c.isdecimal()
        parts[-1] += c
    return [(int(p), "") if p.isdecimal() else (-1, p.lower()) for p in parts]


def _piece(entry: Entry, i: int, many: int) -> Piece:
    folders = PurePosixPath(entry.name).parts[:-1]
    return Piece(
        folders,
        entry.name,
        say("file {value} of {many} in the zip", value=i + 1, many=many),
        entry.fault,
        entry,
    )
