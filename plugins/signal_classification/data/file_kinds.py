"""What kinds of files are read, and the text of those that are tables."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from plugins.shared.files.file_kinds import plain_name, size_text
from plugins.shared.files.limits import Limits
from plugins.signal_classification.data.archives import read_arff, read_ts
from plugins.signal_classification.data.arrays import (
    read_edf,
    read_mat,
    read_npy,
    read_npz,
    read_parquet,
)
from plugins.signal_classification.errors import SignalError
from weights.messages import say

TEXTS = (".tsv", ".txt", ".csv")
ARCHIVES = {".ts": read_ts, ".arff": read_arff}
ARRAYS = {".npy": read_npy, ".npz": read_npz, ".mat": read_mat, ".edf": read_edf}
PACKED = (".csv.gz", ".tsv.gz", ".parquet")
KINDS = (*TEXTS, *ARCHIVES, *ARRAYS, *PACKED, ".zip")


def text_bytes(path: Path, kind: str, limits: Limits, where: str) -> bytes:
    """The text of a table, unpacked where it is packed, and never beyond the limit.

    Raises:
        SignalError: It is damaged, or too large.
    """
    if kind == ".parquet":
        return read_parquet(path.read_bytes(), where)
    if not kind.endswith(".gz"):
        return path.read_bytes()
    try:
        with gzip.open(path) as packed:
            data = packed.read(limits.archive_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        todo = "Copy or download it again."
        raise SignalError("The file is damaged", where=where, todo=todo) from error
    if len(data) > limits.archive_bytes:
        what = say("It unpacks to more than the {size} read", size=size_text(limits.archive_bytes))
        raise SignalError(what, where=where, todo="Bring fewer or shorter signals.")
    return data


def kind_of(path: Path, limits: Limits) -> tuple[str, str]:
    where = plain_name(path.name)
    kind = path.suffix.lower()
    if kind == ".gz":
        kind = "".join(path.suffixes[-2:]).lower()
    if kind not in KINDS:
        todo = say("Bring one of: {kinds}.", kinds=", ".join(KINDS))
        raise SignalError(
            say("Files {kind} are not read", kind=kind or "without an ending"),
            where=where,
            todo=todo,
        )
    try:
        size = path.stat().st_size
    except OSError as error:
        todo = "Choose the file again."
        what = say("The file cannot be opened: {strerror}", strerror=error.strerror)
        raise SignalError(what, where=where, todo=todo) from error
    if not size:
        raise SignalError("The file is empty", where=where, todo="Choose another file.")
    if kind != ".zip" and size > limits.archive_bytes:
        what = say(
            "It has {size}, more than the {archive_bytes} read",
            size=size_text(size),
            archive_bytes=size_text(limits.archive_bytes),
        )
        raise SignalError(what, where=where, todo="Bring fewer or shorter signals.")
    return kind, where
