"""The files of a zip, read without extracting.

An entry is unpacked into memory when it is read, and never beyond the size it declares, which is
checked first. So a header that lies gives an error, not a flood.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from plugins.shared.files.entries import (
    PEOPLE,
    Contents,
    Entry,
    LabelledError,
    NotAZip,
    check_amount,
    fault_of_name,
    fault_of_size,
    is_noise,
    too_many,
)
from plugins.shared.files.file_kinds import guess_kind, plain_name
from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_names import Reading, spelled, undeclared
from weights.messages import say

ZIP_AGAIN = "Copy or download it again, or zip the folders anew."
RATIO = 100
RATIO_FREE_BYTES = 2**20  # A small entry may be packed as tightly as it likes.
DIRECTORY_BYTES = 512  # An entry in a zip's directory: 46 bytes, its name, a few extras.
ENCRYPTED = 0x1  # A bit of a zip entry's flags.
# What zipfile raises for damaged, unusual and hostile archives.
ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    UnicodeDecodeError,
)


@contextmanager
def files_in_zip(
    source: Path, limits: Limits, contents: Contents = PEOPLE, encoding: str = ""
) -> Iterator[list[Entry]]:
    """The files of a zip, without the hidden ones that systems leave behind, readable while open.

    Args:
        contents: What it stands for, in messages.
        encoding: Of the names, where the zip does not say; one of `zip_names.ENCODINGS`; empty: the
            likeliest.

    Raises:
        NotAZip: No such file, or no zip.
        TooLarge: Too many files or too many bytes.
        LabelledError: A damaged zip, or names in another encoding.
    """
    where = plain_name(source.name)
    with opened(source, where, limits, contents) as archive:
        entries = list(_inside(archive, limits, where, encoding))
        total = sum(entry.size for entry in entries)
        check_amount(len(entries), total, where, limits, contents)
        yield entries


def readings_of(source: Path, limits: Limits) -> list[Reading]:
    """How the names of a zip may be meant, the likeliest first; none where it says so, or where the
    file is no zip that can be read, which is for its reader to say.
    """
    try:
        with opened(source, plain_name(source.name), limits) as archive:
            return undeclared(archive.infolist())
    except LabelledError:
        return []


class _Guarded(io.FileIO):
    """A file that refuses to read more than `most` bytes at once, while `most` is set.

    ZipFile reads a zip's whole directory in one call and makes an object of each entry, before
    anyone can count them.
    """

    most: int | None = None

    def read(self, size: int = -1) -> bytes:
        if self.most is not None and size > self.most:
            raise MemoryError
        return super().read(size)


@contextmanager
def opened(
    source: Path, where: str, limits: Limits, contents: Contents = PEOPLE
) -> Iterator[zipfile.ZipFile]:
    """A zip whose directory is no larger than the limits allow.

    Raises:
        LabelledError: No such file, no zip, a damaged zip, or too many files.
    """
    try:
        file = _Guarded(source)
    except OSError as error:
        what = say("The file cannot be opened: {strerror}", strerror=error.strerror)
        raise NotAZip(what, where=where, todo="Choose a zip archive.") from None
    with file:
        head = file.read(1024)
        if not head:
            raise LabelledError("The file is empty", where=where, todo=ZIP_AGAIN)
        if not zipfile.is_zipfile(file):
            raise _not_a_zip(head, where, contents)
        file.most = limits.archive_files * DIRECTORY_BYTES + 2**16
        try:
            archive = zipfile.ZipFile(file)
        except MemoryError:
            raise too_many(where, limits, contents) from None
        except (*ZIP_FAULTS, ValueError) as error:
            what = "The zip archive is damaged"
            raise LabelledError(what, where=where, todo=ZIP_AGAIN) from error
        file.most = None
        with archive:
            yield archive


def _not_a_zip(head: bytes, where: str, contents: Contents) -> LabelledError:
    kind = guess_kind(head)
    if kind == "a zip archive":
        return LabelledError("The zip archive is cut short", where=where, todo=ZIP_AGAIN)
    what = say("This is no zip archive; it seems to be {kind}", kind=say(kind))
    return NotAZip(what, where=where, todo=contents.layout)


def _inside(archive: zipfile.ZipFile, limits: Limits, where: str, encoding: str) -> Iterator[Entry]:
    infos = archive.infolist()
    try:
        names = spelled(infos, encoding)
    except UnicodeDecodeError:
        what = say("The names in the archive are not {encoding}", encoding=encoding)
        raise LabelledError(what, where=where, todo="Choose another encoding.") from None
    for info, name in zip(infos, names, strict=True):
        if not info.is_dir() and not is_noise(name):
            fault = fault_of_name(name) or _fault_of_info(info, limits)
            read = partial(_unpack, archive, info, say("{name} in {where}", name=name, where=where))
            yield Entry(name, info.file_size, read, fault)


def _fault_of_info(info: zipfile.ZipInfo, limits: Limits) -> str:
    if info.flag_bits & ENCRYPTED:
        return "is encrypted; zip it without a password"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a symbolic link"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a rare way; zip it with the usual method, deflate"
    if info.file_size > max(RATIO_FREE_BYTES, RATIO * info.compress_size):
        return say(
            "unpacks to more than {ratio} times its packed size, as a zip bomb does", ratio=RATIO
        )
    return fault_of_size(info.file_size, limits)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> bytes:
    try:
        with archive.open(info) as file:
            data = file.read(info.file_size + 1)  # A bounded read: never beyond what is declared.
    except ZIP_FAULTS as error:
        what = "The zip archive is damaged here"
        if "CRC" in str(error):
            what = "The zip archive is damaged here: a checksum (CRC-32) does not match"
        raise LabelledError(what, where=where, todo=ZIP_AGAIN) from error
    if len(data) != info.file_size:
        what = say(
            "The zip archive declares {file_size} bytes here but holds {data}",
            file_size=info.file_size,
            data=len(data),
        )
        raise LabelledError(what, where=where, todo=ZIP_AGAIN)
    return data
