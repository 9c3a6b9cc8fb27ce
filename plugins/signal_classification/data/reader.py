"""Files to signals: UCR `.tsv`, `.txt`, `.ts`, `.arff`, CSV, and zips with one folder a class.

A table of labelled signals has one signal a row, or is a recording with a label for each row. A
file that is one signal has time running down, and one column a channel. What a table was taken for
is a `Reading`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from plugins.shared.files.limits import Limits
from plugins.signal_classification.data import columns
from plugins.signal_classification.data.arrays import TODO as ARRAY_TODO
from plugins.signal_classification.data.file_kinds import ARCHIVES, ARRAYS, kind_of, text_bytes
from plugins.signal_classification.data.reading import (
    COUNT,
    DOWN,
    LABEL,
    PERSON,
    TIME,
    Asked,
    Reading,
    understood,
)
from plugins.signal_classification.data.signal_set import SignalSet, checked
from plugins.signal_classification.data.tables import (
    MISSING,
    Table,
    ordered,
    plain_label,
    read_table,
    text_of,
)
from plugins.signal_classification.data.windows import Cut, by_header, labelled_windows, rate_of
from plugins.signal_classification.data.zip_pairs import pair_in
from plugins.signal_classification.data.zip_sets import COUNTED, TIMED, one_signal, read_zip
from plugins.signal_classification.errors import SignalError
from weights.messages import say

LEAST = 8
"""Samples: what is shorter is no signal."""
WHOSE = "Column {column} says whose each signal is."


@dataclass(frozen=True, eq=False)
class Signals:
    """Signals to name.

    Attributes:
        series: (channels, length) each.
        labels: Their classes, where the file tells them, to score the answers by; else empty.
        reading: What the table was taken for; None: it was none.
        rate: Samples a second; 0: not known.
    """

    series: list[np.ndarray] = field(repr=False)
    names: tuple[str, ...]
    notes: tuple[str, ...]
    labels: tuple[str, ...] = ()
    reading: Reading | None = None
    rate: float = 0.0


def read_set(path: Path, limits: Limits, asked: Asked | None = None) -> SignalSet:
    """A labelled set.

    Raises:
        SignalError: It is no such file, or something in it cannot be used; it says where.
    """
    kind, where = kind_of(path, limits)
    asked, reading = asked or Asked(), None
    if kind != ".zip":
        data = text_bytes(path, kind, limits, where)
        found, reading = _set_in(data, kind, where, asked)
    elif pair := pair_in(path, limits, asked.encoding):
        found, other = (_set_in(data, its, name, asked)[0] for name, its, data in pair)
        found.tested = np.arange(len(found.series) + len(other.series)) >= len(found.series)
        found.groups = None
        for name in ("series", "labels", "names", "notes"):
            setattr(found, name, [*getattr(found, name), *getattr(other, name)])
        found.notes = [*dict.fromkeys(found.notes)]
    else:
        found = read_zip(path, limits, True, asked.encoding)
    _check_lengths(found.series, where)
    classes = ordered(found.labels)
    place = {name: i for i, name in enumerate(classes)}
    return SignalSet(
        list(found.series), np.array([place[one] for one in found.labels]), classes,
        tuple(found.names), tuple(found.notes), where, found.tested, found.groups, reading,
    )  # fmt: skip


def _set_in(data: bytes, kind: str, where: str, asked: Asked) -> tuple[Cut, Reading | None]:
    """The labelled signals of one file, and what it was taken for if it is a table."""
    if kind in ARCHIVES:
        series, labels, notes = ARCHIVES[kind](text_of(data, where), where)
        names = [say("signal {n}", n=i + 1) for i in range(len(series))]
        found, todo = Cut(series, labels, names, notes), "Bring a classification set."
    elif kind in ARRAYS:
        read = ARRAYS[kind](data, where)
        names = [say("signal {n}", n=i + 1) for i in range(len(read.series))]
        found = Cut(read.series, read.labels, names, read.notes, read.tested)
        todo = ARRAY_TODO
    else:
        table = read_table(data, where)
        reading = understood(table, kind, True, asked.label, asked.way)
        found = _labelled(table, reading, asked.window)
        return found, replace(reading, window=found.window)
    if not found.labels:
        raise SignalError("Its signals have no class", where=where, todo=todo)
    return found, None


def read_signals(
    path: Path, limits: Limits, channels: int = 1, asked: Asked | None = None
) -> Signals:
    """Signals to classify.

    A table with a column of the time, or with as many columns as the network has channels, is one
    signal, and time runs down its rows; in any other, each row is one.

    Args:
        channels: That the network takes.

    Raises:
        SignalError: As in `read_set`.
    """
    kind, where = kind_of(path, limits)
    asked, reading = asked or Asked(), None
    labels: list[str] = []
    rate = 0.0
    if kind == ".zip":
        found = read_zip(path, limits, labelled=False)
        rate = found.rate
        series, names, notes = found.series, found.names, found.notes
    elif kind in ARCHIVES:
        series, labels, notes = ARCHIVES[kind](text_of(path.read_bytes(), where), where)
        names = [say("signal {n}", n=i + 1) for i in range(len(series))]
    elif kind in ARRAYS:
        read = ARRAYS[kind](path.read_bytes(), where)
        series, labels, notes, rate = read.series, read.labels, read.notes, read.rate
        names = [say("signal {n}", n=i + 1) for i in range(len(series))]
    else:
        table = read_table(text_bytes(path, kind, limits, where), where)
        reading = understood(table, kind, False, asked.label, asked.way, channels)
        if reading.way == DOWN:
            signal, _, notes = one_signal(table, reading)
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
            series = table.numbers(reading.others)
            names = [say("line {line}", line=line) for line in table.lines]
            notes = _told(table, reading, "The labels in column {column} were left out.")
            labels = _labels(table, reading)
    _check_lengths(series, where)
    kept, more = checked(series, names, where)
    rate = rate_of(table, reading) if reading is not None and reading.way == DOWN else rate
    return Signals(kept, tuple(names), (*notes, *more), tuple(labels), reading, rate)


def _told(table: Table, reading: Reading, label: str) -> list[str]:
    """What the columns of a table with a signal a row were taken for.

    Args:
        label: What to say of the labels, a message with `{column}` in it.
    """
    notes = columns.left_out(table, reading.having(LABEL), label)
    notes += columns.left_out(table, reading.having(TIME), TIMED)
    notes += columns.left_out(table, reading.having(COUNT), COUNTED)
    return notes + columns.left_out(table, reading.having(PERSON), WHOSE)


def _labels(table: Table, reading: Reading) -> list[str]:
    """The labels beside signals that are to be named; none where one lacks."""
    place = reading.label
    if place is None or any(len(row) <= place for row in table.rows):
        return []
    cells = [row[place].strip() for row in table.rows]
    return [] if any(cell.lower() in MISSING for cell in cells) else [*map(plain_label, cells)]


def _labelled(table: Table, reading: Reading, window: int) -> Cut:
    place = reading.label
    if reading.way == DOWN:
        found = by_header(table, reading) if place is None else None
        found = found or labelled_windows(table, reading, window)
        found.notes = [
            "Time runs down the rows.",
            *one_signal(table, reading)[2],
            *columns.left_out(table, reading.having(LABEL), "The labels are in column {column}."),
            *columns.left_out(table, reading.having(PERSON), WHOSE),
            *found.notes,
        ]
        return found
    for row, line in zip(table.rows, table.lines, strict=True):
        if len(row) <= max(place, 1) or row[place].strip().lower() in MISSING:
            where = say("{where}, line {line}", where=table.where, line=line)
            raise SignalError("The row has no label", where=where, todo="Give each signal a label.")
    labels = [plain_label(row[place]) for row in table.rows]
    names = [say("line {line}", line=line) for line in table.lines]
    notes = _told(table, reading, "The labels are in column {column}.")
    found = Cut(table.numbers(reading.others), labels, names, notes)
    if people := reading.having(PERSON):
        whose = ["/".join(row[i].strip() for i in people if i < len(row)) for row in table.rows]
        found.groups = np.unique(whose, return_inverse=True)[1]
    return found


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
