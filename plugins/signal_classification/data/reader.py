"""Files to signals: UCR `.tsv`, `.txt`, `.ts`, `.arff`, CSV, and zips with one folder a class.

A table of labelled signals has one signal a row. A file that is one signal has time running down,
and one column a channel.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from plugins.shared.files.file_kinds import plain_name, printable, size_text
from plugins.shared.files.limits import Limits
from plugins.signal_classification.data.signal_set import SignalSet, checked
from plugins.signal_classification.data.tables import (
    LABELS,
    TIMES,
    Table,
    is_whole,
    ordered,
    plain_label,
    read_table,
)
from plugins.signal_classification.data.zip_sets import one_signal, read_zip
from plugins.signal_classification.errors import SignalError
from weights.messages import say

TEXTS = (".tsv", ".txt", ".csv")
ARCHIVES = (".ts", ".arff")
KINDS = (*TEXTS, *ARCHIVES, ".zip")
FEW = 0.5
"""A column of whole numbers is one of labels where they are fewer than this share of the rows."""


def read_set(path: Path, limits: Limits, label: str = "", encoding: str = "") -> SignalSet:
    """A labelled set.

    Args:
        label: The column with the labels, by name or number from 1; "": the one that is called so,
            else the first or the last.
        encoding: Of the names in a zip, as in `files_in_zip`.

    Raises:
        SignalError: It is no such file, or something in it cannot be used; it says where.
    """
    kind, where = _kind_of(path, limits)
    if kind == ".zip":
        series, labels, names, notes = read_zip(path, limits, True, encoding)
    elif kind in ARCHIVES:
        series, labels = _from_archive(path, kind, where)
        names, notes = [f"signal {i + 1}" for i in range(len(series))], []
        if not labels:
            todo = "Bring a classification set."
            raise SignalError("Its signals have no class", where=where, todo=todo)
    else:
        series, labels, names, notes = _labelled(read_table(path.read_bytes(), where), kind, label)
    classes = ordered(labels)
    place = {name: i for i, name in enumerate(classes)}
    return SignalSet(
        list(series), np.array([place[one] for one in labels]), classes, tuple(names),
        tuple(notes), where,
    )  # fmt: skip


def read_signals(
    path: Path, limits: Limits, channels: int = 1
) -> tuple[list[np.ndarray], tuple[str, ...], tuple[str, ...]]:
    """Signals to classify: (channels, length) each, their names, and notes. Labels are left out.

    A table with as many columns as the network has channels, beside one of the time, is one signal;
    in any other, each row is one.

    Args:
        channels: That the network takes.

    Raises:
        SignalError: As in `read_set`.
    """
    kind, where = _kind_of(path, limits)
    notes: list[str] = []
    if kind == ".zip":
        series, _, names, notes = read_zip(path, limits, labelled=False)
    elif kind in ARCHIVES:
        series, _ = _from_archive(path, kind, where)
        names = [f"signal {i + 1}" for i in range(len(series))]
    else:
        table = read_table(path.read_bytes(), where)
        timed = bool(table.header) and table.header[0].lower() in TIMES
        if len(table.rows) > 1 and table.width - timed == channels:
            series, names = [one_signal(table)], [where]
            notes.append("Time runs down the rows, and each column is a channel.")
        else:
            series, names, notes = _unlabelled(table, kind)
    found, more = checked(series, names, where)
    return found, tuple(names), (*notes, *more)


def _kind_of(path: Path, limits: Limits) -> tuple[str, str]:
    where = plain_name(path.name)
    kind = path.suffix.lower()
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


def _labelled(
    table: Table, kind: str, label: str
) -> tuple[list[np.ndarray], list[str], list[str], list[str]]:
    place, said = _label_column(table, kind, label)
    for row, line in zip(table.rows, table.lines, strict=True):
        if len(row) <= max(place, 1) or not row[place].strip():
            where = say("{where}, line {line}", where=table.where, line=line)
            raise SignalError("The row has no label", where=where, todo="Give each signal a label.")
    labels = [plain_label(row[place]) for row in table.rows]
    names = [say("line {line}", line=line) for line in table.lines]
    return (
        table.numbers(place),
        labels,
        names,
        [say("The labels are in the {said} column.", said=said)],
    )


def _label_column(table: Table, kind: str, label: str) -> tuple[int, str]:
    header = [name.lower() for name in table.header]
    if label:
        number = int(label) - 1 if label.isdigit() else -1
        place = header.index(label.lower()) if label.lower() in header else number
        if not 0 <= place < table.width:
            known = ", ".join(table.header[:10]) or say("1 to {width}", width=table.width)
            todo = say("Choose one of: {known}.", known=say(known))
            raise SignalError(
                say("There is no column {label}", label=repr(label)), where=table.where, todo=todo
            )
        return place, f"{label!r}" if label.lower() in header else f"{_nth(place)}"
    if named := [i for i, name in enumerate(header) if name in LABELS]:
        return named[0], f"{table.header[named[0]]!r}"
    if kind == ".tsv" or _like_labels([row[0] for row in table.rows]):
        return 0, "first"
    if _like_labels([row[-1] for row in table.rows]) and len({*map(len, table.rows)}) == 1:
        return table.width - 1, "last"
    what = "No column looks like labels: neither the first nor the last, and none is called label"
    todo = "Name the column, or put a header with the word label over it."
    raise SignalError(what, where=table.where, todo=todo)


def _like_labels(cells: list[str]) -> bool:
    """Words, or few whole numbers that come again and again."""
    if not all(is_whole(cell) for cell in cells):
        words = [cell for cell in cells if not _is_value(cell)]
        return len(words) == len(cells)
    return len(set(cells)) <= max(2, FEW * len(cells))


def _is_value(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return not cell.strip()
    return True


def _unlabelled(table: Table, kind: str) -> tuple[list[np.ndarray], list[str], list[str]]:
    names = [say("line {line}", line=line) for line in table.lines]
    named = [i for i, name in enumerate(table.header) if name.lower() in LABELS]
    words = all(not _is_value(row[0]) for row in table.rows)
    if named or words or kind == ".tsv":
        place = named[0] if named else 0
        notes = [say("The labels in the {nth} column were left out.", nth=_nth(place))]
        return table.numbers(place), names, notes
    return table.numbers(), names, []


def _from_archive(path: Path, kind: str, where: str) -> tuple[list[np.ndarray], list[str]]:
    """A set in one of the two formats of the time series archives, read by aeon."""
    from aeon.datasets import load_from_arff_file, load_from_ts_file

    load: Callable = load_from_ts_file if kind == ".ts" else load_from_arff_file
    try:
        # aeon takes the kind from the name, which may be spelled in capitals.
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, f"set{kind}")
            copy.write_bytes(path.read_bytes())
            series, labels = load(str(copy))
        series = [np.atleast_2d(np.asarray(one, np.float32)) for one in series]
        labels = [plain_label(str(one)) for one in labels] if labels is not None else []
    except Exception as error:  # It checks little, so anything may come out of a damaged file.
        reason = printable(str(error).strip().partition("\n")[0])[:160] or type(error).__name__
        what = say("The file cannot be read as {kind}: {reason}", kind=kind, reason=reason)
        todo = "See that it is whole and unchanged, or bring the set as CSV."
        raise SignalError(what, where=where, todo=todo) from error
    if labels and len(labels) != len(series):
        what = say(
            "It has {series} signals and {labels} labels", series=len(series), labels=len(labels)
        )
        raise SignalError(what, where=where, todo="See that it is whole and unchanged.")
    return series, labels


def _nth(place: int) -> str:
    return {0: "first", 1: "second", 2: "third"}.get(place, f"{place + 1}th")
