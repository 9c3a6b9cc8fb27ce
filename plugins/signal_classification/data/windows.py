"""Long recordings as signals: what runs down a table is cut into windows.

A recording with labels (`timestamp, acc_x, acc_y, acc_z, activity`) is cut where the label, or the
person, changes, and each stretch into windows of one length that do not overlap. Windows of one
stretch are alike, so a stretch, or a person where one is told, is not both trained and tested on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from plugins.signal_classification.data.reading import PERSON, TIME, Reading
from plugins.signal_classification.data.tables import MISSING, Table, is_number, plain_label
from plugins.signal_classification.errors import SignalError
from weights.messages import say

LONGEST, SHORTEST = 256, 8
"""Samples of a window."""
EACH = 8
"""Windows that each class should have, if they are not too short then."""
NUMBERED = re.compile(r"[ ._-]*\d+$")
"""What programs put behind names that come again."""
TESTED = 0.3
"""Of a stretch, where there are too few to keep whole ones for the test."""


@dataclass
class Cut:
    """What a table's columns came to.

    Attributes:
        tested, groups: As in `LabelledSet`.
        window: Samples of a window; 0: nothing was cut.
    """

    series: list[np.ndarray]
    labels: list[str]
    names: list[str]
    notes: list[str] = field(default_factory=list)
    tested: np.ndarray | None = None
    groups: np.ndarray | None = None
    window: int = 0


def stretches(table: Table, reading: Reading) -> list[tuple[int, int]]:
    """Where the label and the person stay and the time goes on: first row, and the row after."""
    watched = [reading.label, *reading.having(PERSON)]
    keys = [tuple(_cell(row, place) for place in watched) for row in table.rows]
    ends = [i for i in range(1, len(keys)) if keys[i] != keys[i - 1]]
    for place in reading.having(TIME):
        cells = [_cell(row, place) for row in table.rows]
        if all(map(is_number, cells)):
            back = np.flatnonzero(np.diff(np.array(cells, float)) < 0) + 1
            ends = sorted({*ends, *back.tolist()})
    return list(zip([0, *ends], [*ends, len(keys)], strict=True))


def labelled_windows(table: Table, reading: Reading, window: int = 0) -> Cut:
    """A recording with labels as windows.

    Args:
        window: Samples of each; 0: a power of two that fits the stretches.

    Raises:
        SignalError: No stretch is long enough, or a cell is no number.
    """
    values = np.stack(table.numbers(reading.others), 1)
    runs = stretches(table, reading)
    unnamed = [r for r in runs if _label(table, reading, r).lower() in MISSING]
    runs = [run for run in runs if run not in unnamed]
    lengths = np.array([end - first for first, end in runs] or [0])
    if not window:
        rows: dict[str, int] = {}
        for run in runs:
            label = _label(table, reading, run)
            rows[label] = rows.get(label, 0) + run[1] - run[0]
        some = max(min(rows.values(), default=0) / EACH, 2 * SHORTEST)
        fitting = min(float(np.median(lengths)), LONGEST, some)
        window = int(2 ** np.floor(np.log2(max(fitting, SHORTEST))))
    found, starts, groups = Cut([], [], [], window=window), [], []
    people: dict[tuple[str, ...], int] = {}
    for number, (first, end) in enumerate(runs):
        who = tuple(_cell(table.rows[first], place) for place in reading.having(PERSON))
        group = people.setdefault(who, len(people)) if who else number
        for at in range(first, end - window + 1, window):
            found.series.append(values[:, at : at + window])
            found.labels.append(_label(table, reading, (first, end)))
            lines = table.lines[at], table.lines[at + window - 1]
            found.names.append(say("lines {first} to {last}", first=lines[0], last=lines[1]))
            starts.append((at - first) / (end - first))
            groups.append(group)
    if not found.series:
        told = "Its labels stay for {n:,} rows at most, too few for a signal"
        todo = "See that the label column is right, or give each signal a row."
        raise SignalError(say(told, n=lengths.max()), where=table.where, todo=todo)
    found.groups = np.array(groups)
    if not _dividable(found):
        found.groups, found.tested = None, np.array(starts) >= 1 - TESTED
        if not _both(found):
            found.tested = None
    left = len(table.rows) - window * len(found.series)
    told = "Cut into {n:,} windows of {window} samples that do not overlap, each of one label."
    found.notes.append(say(told, n=len(found.series), window=window))
    if left:
        told = "{n:,} rows that fill no window, or have no label, were left out."
        found.notes.append(say(told, "{n} row that fills no window was left out.", n=left))
    return found


def by_header(table: Table, reading: Reading) -> Cut:
    """Each column as a signal, its class in the header: `walk, walk.1, run, run.1`.

    Raises:
        SignalError: The header tells no classes.
    """
    own = [i for i in range(table.width) if i not in reading.others]
    names = [table.header[i] if i < len(table.header) else "" for i in own]
    labels = [plain_label(NUMBERED.sub("", name)) for name in names]
    if not all(labels) or len(set(labels)) == len(labels):
        what = "Time runs down its rows, and neither a column nor the header tells the classes"
        todo = "Name the column of the labels, or put the class over each column."
        raise SignalError(what, where=table.where, todo=todo)
    rows = np.stack(table.numbers(reading.others), 1)
    return Cut(list(rows[:, None]), labels, names)


def rate_of(table: Table, reading: Reading) -> float:
    """Samples a second, where a column of numbers tells the time in seconds, or in ms by its name
    or its size; 0: none does.
    """
    for place in reading.having(TIME):
        cells = [_cell(row, place) for row in table.rows]
        if len(cells) > 1 and all(map(is_number, cells)):
            step = float(np.median(np.diff(np.array(cells, float))))
            name = table.header[place].lower() if place < len(table.header) else ""
            step /= 1000 if "ms" in name or "milli" in name or step >= 1 else 1
            if step > 0:
                return 1 / step
    return 0.0


def _label(table: Table, reading: Reading, run: tuple[int, int]) -> str:
    return plain_label(_cell(table.rows[run[0]], reading.label))


def _cell(row: list[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _dividable(found: Cut) -> bool:
    """Whether each class has two groups or more."""
    pairs = {*zip(found.labels, found.groups.tolist(), strict=True)}
    each = [label for label, _ in pairs]
    return all(each.count(label) > 1 for label in each)


def _both(found: Cut) -> bool:
    """Whether each class is trained and tested on."""
    parts = {*zip(found.labels, found.tested.tolist(), strict=True)}
    return len(parts) == 2 * len(set(found.labels))
