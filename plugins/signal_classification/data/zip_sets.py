"""Zips of signals: one folder a class, and in it tables (a signal each) or WFDB records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np

from plugins.shared.files.entries import Contents, Entry, LabelledError
from plugins.shared.files.file_kinds import plain_name
from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_files import files_in_zip
from plugins.signal_classification.data.tables import TIMES, Table, read_table
from plugins.signal_classification.data.wfdb import read_record
from plugins.signal_classification.errors import SignalError
from weights.messages import say

__all__ = ["LAYOUT", "one_signal", "read_zip"]

TABLES = (".csv", ".tsv", ".txt")
LAYOUT = "Make one folder a class, with its signals in it (.csv or WFDB records), and zip those."
FEWER = "Bring fewer or shorter signals, or several zips one after the other."
SIGNALS = Contents("The set", LAYOUT, FEWER, FEWER)
Found = tuple[list[np.ndarray], list[str], list[str], list[str]]


def read_zip(path: Path, limits: Limits, labelled: bool, encoding: str = "") -> Found:
    """The signals of a zip, their labels ("" where `labelled` is off), their names, and notes.

    Raises:
        SignalError: The zip cannot be used, holds no signal, or one of its signals is damaged.
    """
    try:
        with files_in_zip(path, limits, SIGNALS, encoding) as entries:
            return _read(entries, labelled, plain_name(path.name))
    except LabelledError as error:
        raise SignalError(error.what, where=error.where, todo=error.todo) from error


def _read(entries: list[Entry], labelled: bool, where: str) -> Found:
    known = {entry.name: entry for entry in entries}
    series, labels, names, notes = [], [], [], []
    skipped = 0
    for name in sorted(known):
        kind = PurePosixPath(name).suffix.lower()
        if kind not in (*TABLES, ".hea"):
            skipped += kind not in (".dat", ".atr", ".xws")
            continue
        folder = PurePosixPath(name).parent.name
        if labelled and not folder:
            raise SignalError("The file lies in no folder", where=name, todo=LAYOUT)
        data = _bytes(known, name)
        if kind == ".hea":
            signal, _, _ = read_record(data, _beside(known, name), name)
        else:
            signal = one_signal(read_table(data, name))
        series.append(signal)
        labels.append(folder if labelled else "")
        names.append(name)
    if not series:
        raise SignalError("The zip holds no signal", where=where, todo=LAYOUT)
    if skipped:
        files = "One file" if skipped == 1 else say("{skipped:,} files", skipped=skipped)
        notes.append(say("{files} in the zip that are no signals were left out.", files=say(files)))
    return series, labels, names, notes


def _bytes(known: dict[str, Entry], name: str) -> bytes:
    if name not in known:
        raise SignalError("The file is not in the zip", where=name, todo=LAYOUT)
    if known[name].fault:
        raise SignalError(say("The file {fault}", fault=known[name].fault), where=name, todo=LAYOUT)
    return known[name].read()


def _beside(known: dict[str, Entry], header: str) -> Callable[[str], bytes]:
    return lambda name: _bytes(known, str(PurePosixPath(header).parent / name))


def one_signal(table: Table) -> np.ndarray:
    """A table whose rows are moments as (channels, length); a column of the time is left out."""
    timed = bool(table.header) and table.header[0].lower() in TIMES and table.width > 1
    rows = table.numbers(0 if timed else None)
    width = max(map(len, rows))
    padded = [np.pad(row, (0, width - len(row)), constant_values=np.nan) for row in rows]
    return np.stack(padded, 1)
