"""How a table is understood: what its rows and columns are taken for, which a visitor may change.

Nothing is trained or answered on a guess that is not shown: `Reading` is what the page draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from plugins.shared.files.file_kinds import printable
from plugins.signal_classification.data import columns
from plugins.signal_classification.data.tables import Table, is_whole
from plugins.signal_classification.errors import SignalError
from weights.messages import say

ROWS, DOWN = "rows", "columns"
"""Each row is a signal, or time runs down the rows."""
SAMPLE, TIME, COUNT, LABEL, PERSON = "sample", "time", "count", "label", "person"
FEW = 0.5
"""A column of whole numbers is one of labels where they are fewer than this share of the rows."""
RUN = 8
"""Rows: a label that stays for as many, on average, is one of a recording."""
SHOWN = 5
"""Rows that are shown."""


@dataclass(frozen=True)
class Asked:
    """How a visitor wants a file to be read.

    Attributes:
        label: The column with the labels, by name or number from 1; "": found by its look.
        way: `ROWS` or `DOWN`; "": found by its look.
        window: Samples of a window, where a recording is cut; 0: as fits.
        encoding: Of the names in a zip, as in `files_in_zip`.
    """

    label: str = ""
    way: str = ""
    window: int = 0
    encoding: str = ""


@dataclass(frozen=True)
class Reading:
    """What a table was taken for.

    Attributes:
        where: What messages call it.
        way: `ROWS` or `DOWN`.
        roles: Of each column.
        header: Names of the columns; empty where it has none.
        head: Its first rows.
        count: Of all rows.
        window: Samples of a window, where a recording was cut; 0: it was not.
    """

    where: str
    way: str
    roles: tuple[str, ...]
    header: tuple[str, ...] = ()
    head: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    count: int = 0
    window: int = 0

    def having(self, role: str) -> list[int]:
        """The columns of a role."""
        return [i for i, one in enumerate(self.roles) if one == role]

    @property
    def others(self) -> set[int]:
        """The columns that are no samples."""
        return {i for i, one in enumerate(self.roles) if one != SAMPLE}

    @property
    def label(self) -> int | None:
        """The column of the labels."""
        return next(iter(self.having(LABEL)), None)


def understood(
    table: Table, kind: str, labelled: bool, label: str = "", way: str = "", channels: int = 1
) -> Reading:
    """What a table is taken for.

    Args:
        kind: The file's ending, with a dot.
        labelled: Whether it is a set with labels; else its signals are to be named.
        label: The column with the labels, by name or number from 1; "": found by its look.
        way: `ROWS` or `DOWN`; "": found by its look.
        channels: That a network takes, where there is one.

    Raises:
        SignalError: A column is asked for that is not there, or none looks like labels.
    """
    named = _asked(table, label) if label else next(iter(columns.labels(table)), None)
    clocks, counters = columns.clocks(table), columns.counters(table)
    if not way:
        way = DOWN if _runs_down(table, kind, labelled, named, clocks, counters, channels) else ROWS
    if way == DOWN:
        timed, counted = columns.down(table, () if named is None else (named,))
        if named is None:
            named = next((i for i in reversed(range(table.width)) if _words(table, i)), None)
    else:
        timed, counted = clocks, counters
        if labelled and named is None:
            named = _label_column(table, kind, counters)
        elif named is None:
            named = _unlabelled(table, kind)
    people = columns.people(table)
    roles = [SAMPLE] * table.width
    for role, places in ((COUNT, counted), (TIME, timed), (PERSON, people)):
        for place in places:
            roles[place] = role
    if named is not None:
        roles[named] = LABEL
    head = tuple(tuple(printable(cell.strip())[:24] for cell in row) for row in table.rows[:SHOWN])
    return Reading(table.where, way, tuple(roles), table.header, head, len(table.rows))


def _runs_down(
    table: Table,
    kind: str,
    labelled: bool,
    named: int | None,
    clocks: list[int],
    counters: list[int],
    channels: int,
) -> bool:
    """Whether time runs down the rows."""
    if len(table.rows) < 2:
        return False
    if labelled:
        if named is None:
            named = next((i for i in reversed(range(table.width)) if _words(table, i)), None)
        if named is None or not _stays(table, named):
            return False
        own = table.width - len({*clocks, *counters, *columns.people(table), named})
        return bool(own) and (bool(clocks) or own < RUN)
    if clocks:
        return True
    if named is not None:
        return False
    counted = {*counters, *columns.ramps(table)} if kind != ".tsv" else set()
    return channels in (table.width, table.width - len(counted))


def _stays(table: Table, place: int) -> bool:
    """Whether a column's value stays for many rows in succession."""
    cells = [row[place].strip() if place < len(row) else "" for row in table.rows]
    changes = sum(a != b for a, b in zip(cells, cells[1:], strict=False))
    return len(cells) / (changes + 1) >= RUN


def _asked(table: Table, label: str) -> int:
    header = [name.lower() for name in table.header]
    number = int(label) - 1 if label.isdigit() else -1
    place = header.index(label.lower()) if label.lower() in header else number
    if not 0 <= place < table.width:
        known = ", ".join(table.header[:10]) or say("1 to {width}", width=table.width)
        todo = say("Choose one of: {known}.", known=say(known))
        what = say("There is no column {label}", label=repr(label))
        raise SignalError(what, where=table.where, todo=todo)
    return place


def _label_column(table: Table, kind: str, counted: list[int]) -> int:
    even = len({*map(len, table.rows)}) == 1
    ends = [0, table.width - 1] if even and table.width > 1 else [0]
    likely = [i for i in ends if i not in counted and _like_labels([row[i] for row in table.rows])]
    if kind == ".tsv" and not table.header and 0 not in counted:
        return 0  # As the UCR archive has it.
    if likely:  # Of two, the one with fewer values that come again.
        return min(likely, key=lambda i: len({row[i].strip() for row in table.rows}))
    what = "No column looks like labels: neither the first nor the last, and none is called label"
    todo = "Name the column, or put a header with the word label over it."
    raise SignalError(what, where=table.where, todo=todo)


def _unlabelled(table: Table, kind: str) -> int | None:
    """A column of labels beside signals that are only to be named."""
    if _words(table, 0) or (kind == ".tsv" and not table.header):
        return 0
    return table.width - 1 if _words(table, table.width - 1) else None


def _words(table: Table, place: int) -> bool:
    """Whether a column holds words, and no times."""
    cells = [row[place].strip() if place < len(row) else "" for row in table.rows]
    return all(cell and not _is_value(cell) for cell in cells) and not columns.is_when(cells)


def _like_labels(cells: list[str]) -> bool:
    """Words, or few whole numbers that come again and again; two of them at least."""
    cells = [cell.strip() for cell in cells]
    if not all(is_whole(cell) for cell in cells):
        return all(not _is_value(cell) for cell in cells)
    return 1 < len(set(cells)) <= max(2, FEW * len(cells))


def _is_value(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return not cell.strip()
    return True
