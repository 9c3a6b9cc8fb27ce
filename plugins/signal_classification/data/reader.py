"""Files to signals: UCR `.tsv`, `.txt`, `.ts`, `.arff`, CSV, and zips with one folder a class.

A table of labelled signals has one signal a row. A file that is one signal has time running down,
and one column a channel.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from plugins.shared.files.file_kinds import plain_name, size_text
from plugins.shared.files.limits import Limits
from plugins.signal_classification.data import columns
from plugins.signal_classification.data.archives import read_arff, read_ts
from plugins.signal_classification.data.signal_set import SignalSet, checked
from plugins.signal_classification.data.tables import (
    MISSING,
    Table,
    is_whole,
    ordered,
    plain_label,
    read_table,
    text_of,
)
from plugins.signal_classification.data.zip_sets import COUNTED, one_signal, read_zip
from plugins.signal_classification.errors import SignalError
from weights.messages import say

TEXTS = (".tsv", ".txt", ".csv")
ARCHIVES = {".ts": read_ts, ".arff": read_arff}
KINDS = (*TEXTS, *ARCHIVES, ".zip")
LEAST = 8
"""Samples: what is shorter is no signal."""
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
    more: dict[str, np.ndarray | None] = {}
    if kind == ".zip":
        found = read_zip(path, limits, True, encoding)
        series, labels, names, notes = found.series, found.labels, found.names, found.notes
        more = {"tested": found.tested, "groups": found.groups}
    elif kind in ARCHIVES:
        series, labels, notes = ARCHIVES[kind](text_of(path.read_bytes(), where), where)
        names = [say("signal {n}", n=i + 1) for i in range(len(series))]
        if not labels:
            todo = "Bring a classification set."
            raise SignalError("Its signals have no class", where=where, todo=todo)
    else:
        series, labels, names, notes = _labelled(read_table(path.read_bytes(), where), kind, label)
    _check_lengths(series, where)
    classes = ordered(labels)
    place = {name: i for i, name in enumerate(classes)}
    return SignalSet(
        list(series), np.array([place[one] for one in labels]), classes, tuple(names),
        tuple(notes), where, **more,
    )  # fmt: skip


def read_signals(
    path: Path, limits: Limits, channels: int = 1
) -> tuple[list[np.ndarray], tuple[str, ...], tuple[str, ...]]:
    """Signals to classify: (channels, length) each, their names, and notes. Labels are left out.

    A table with a column of the time, or with as many columns as the network has channels, is one
    signal, and time runs down its rows; in any other, each row is one.

    Args:
        channels: That the network takes.

    Raises:
        SignalError: As in `read_set`.
    """
    kind, where = _kind_of(path, limits)
    if kind == ".zip":
        found = read_zip(path, limits, labelled=False)
        series, names, notes = found.series, found.names, found.notes
    elif kind in ARCHIVES:
        series, _, notes = ARCHIVES[kind](text_of(path.read_bytes(), where), where)
        names = [say("signal {n}", n=i + 1) for i in range(len(series))]
    else:
        table = read_table(path.read_bytes(), where)
        if _runs_down(table, kind, channels):
            signal, _, notes = one_signal(table)
            series, names = [signal], [where]
            notes.insert(0, "Time runs down the rows, and each column is a channel.")
            if len(signal) != channels:
                raise SignalError(
                    say(
                        "It has {found} channels beside the time, and the network takes {wanted}",
                        found=len(signal),
                        wanted=channels,
                    ),
                    where=where,
                    todo="Keep the columns that the network was trained on.",
                )
        else:
            series, names, notes = _unlabelled(table, kind)
    _check_lengths(series, where)
    found, more = checked(series, names, where)
    return found, tuple(names), (*notes, *more)


def _runs_down(table: Table, kind: str, channels: int) -> bool:
    """Whether time runs down the rows, and the table is one signal."""
    if len(table.rows) < 2:
        return False
    if columns.clocks(table):
        return True
    if columns.labels(table):
        return False
    counted = {*columns.counters(table), *columns.ramps(table)} if kind != ".tsv" else set()
    return channels in (table.width, table.width - len(counted))


def _check_lengths(series: list[np.ndarray], where: str) -> None:
    """Refuse what is too short to be a signal.

    Raises:
        SignalError: The longest signal has fewer than `LEAST` samples.
    """
    longest = max((one.shape[-1] for one in series), default=LEAST)
    if longest < LEAST:
        raise SignalError(
            say(
                "Its signals have {n} samples at most, and {least} are needed",
                "Its signals have one sample, and {least} are needed",
                n=longest,
                least=LEAST,
            ),
            where=where,
            todo="A signal is one row of a table, or one column where time runs down the rows.",
        )


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
    place = _label_column(table, kind, label)
    for row, line in zip(table.rows, table.lines, strict=True):
        if len(row) <= max(place, 1) or row[place].strip().lower() in MISSING:
            where = say("{where}, line {line}", where=table.where, line=line)
            raise SignalError("The row has no label", where=where, todo="Give each signal a label.")
    labels = [plain_label(row[place]) for row in table.rows]
    names = [say("line {line}", line=line) for line in table.lines]
    counted = [one for one in columns.counters(table) if one != place]
    notes = [
        say("The labels are in column {column}.", column=columns.name_of(table, place)),
        *columns.left_out(table, counted, COUNTED),
    ]
    return table.numbers({place, *counted}), labels, names, notes


def _label_column(table: Table, kind: str, label: str) -> int:
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
        return place
    if named := columns.labels(table):
        return named[0]
    even = len({*map(len, table.rows)}) == 1
    ends = [0, table.width - 1] if even and table.width > 1 else [0]
    counted = columns.counters(table)
    likely = [i for i in ends if i not in counted and _like_labels([row[i] for row in table.rows])]
    if kind == ".tsv" and not table.header and 0 not in counted:
        return 0  # As the UCR archive has it.
    if likely:  # Of two, the one with fewer values that come again.
        return min(likely, key=lambda i: len({row[i].strip() for row in table.rows}))
    what = "No column looks like labels: neither the first nor the last, and none is called label"
    todo = "Name the column, or put a header with the word label over it."
    raise SignalError(what, where=table.where, todo=todo)


def _like_labels(cells: list[str]) -> bool:
    """Words, or few whole numbers that come again and again; two of them at least."""
    cells = [cell.strip() for cell in cells]
    if not all(is_whole(cell) for cell in cells):
        words = [cell for cell in cells if not _is_value(cell)]
        return len(words) == len(cells)
    return 1 < len(set(cells)) <= max(2, FEW * len(cells))


def _is_value(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return not cell.strip()
    return True


def _unlabelled(table: Table, kind: str) -> tuple[list[np.ndarray], list[str], list[str]]:
    names = [say("line {line}", line=line) for line in table.lines]
    named, counted = columns.labels(table), columns.counters(table)
    words = all(not _is_value(row[0]) for row in table.rows)
    last = all(len(row) == table.width and not _is_value(row[-1]) for row in table.rows)
    place = next(iter(named), None)
    if place is None and (words or (kind == ".tsv" and not table.header)):
        place = 0
    if place is None and last:
        place = table.width - 1
    notes = (
        []
        if place is None
        else columns.left_out(table, [place], "The labels in column {column} were left out.")
    )
    counted = [one for one in counted if one != place]
    notes += columns.left_out(table, counted, COUNTED)
    return table.numbers({*counted, *([] if place is None else [place])}), names, notes
