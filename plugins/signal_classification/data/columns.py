"""What the columns of a table are: samples, or a clock, a counter or an identity, which are none.

A column that only counts or tells the time gives a class away (the rows of one class lie together),
and is no signal. It is known by its name, by dates or clock readings in it, or because it only ever
rises by one step. Whatever is left out is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from plugins.signal_classification.data.tables import LABELS, Table, is_number
from weights.messages import say

CLOCKS = frozenset(
    "time t sec secs second seconds ms msec us min minutes timestamp timestamps date datetime "
    "clock elapsed epoch zeit zeitpunkt datum temps tiempo tempo hora fecha время".split()
) | {"时间", "時間", "时刻", "時刻", "日期", "시간"}
COUNTERS = frozenset(
    "index idx id ids no nr num number row rows sample samples n key uid uuid record recording "
    "subject patient person unnamed frame nummer numero".split()
) | {"序号", "编号", "番号", "번호"}
PEOPLE = frozenset(
    "subject subjects patient person participant user user_id proband 受试者 患者 病人".split()
)
WHEN = re.compile(
    r"[\s'\"\[]*\d{1,4}([-/.:]\d{1,2}){1,2}([ T]\d{1,2}(:\d{1,2}){1,2})?([.,]\d+)?Z?[\s'\"\]]*"
)
"""A date, a time of day, both, or minutes and seconds."""
FEWEST = 5
"""Rows: in fewer, a column that only rises may do so by chance."""


def clocks(table: Table) -> list[int]:
    """The columns that tell the time of each row."""
    named = [i for i, words in _named(table) if words & CLOCKS]
    return sorted({*named, *(i for i in range(table.width) if is_when(_cells(table, i)))})


def counters(table: Table, by_look: bool = True) -> list[int]:
    """The columns that count the rows or say whose they are: by name, or because whole numbers
    rise by one from row to row.

    Args:
        by_look: Whether the numbers count as well as the name.
    """
    named = [i for i, words in _named(table) if words and words <= COUNTERS]
    if not by_look:
        return named
    counted = [i for i in range(table.width) if _steps(_cells(table, i)) == 1]
    blank = [0] if table.header and not table.header[0] and _steps(_cells(table, 0)) else []
    return sorted({*named, *counted, *blank})


def ramps(table: Table) -> list[int]:
    """The columns that rise by the same step from row to row, whatever they are called."""
    return [i for i in range(table.width) if _steps(_cells(table, i))]


def labels(table: Table) -> list[int]:
    """The columns that are called so. A y beside an x is an axis."""
    names = [name.lower() for name in table.header]
    known = LABELS - {"y"} if "x" in names else LABELS
    return [i for i, name in enumerate(names) if name in known]


def people(table: Table) -> list[int]:
    """The columns that say whose each row is; where each row is of another, they only count."""
    named = [i for i, words in _named(table) if words & PEOPLE]
    return [i for i in named if len(set(_cells(table, i))) < len(table.rows)]


def down(table: Table, kept: Sequence[int] = ()) -> tuple[list[int], list[int]]:
    """Where time runs down the rows: the columns that tell it, and those that count the rows.

    Args:
        kept: Columns that are neither.
    """
    timed = [i for i in clocks(table) if i not in kept]
    # A lead may rise evenly, too: it is taken for a clock only where there is no other.
    counted = {*counters(table, not timed), *(() if timed else ramps(table))}
    counted -= {*timed, *kept}
    if len(timed) + len(counted) + len(kept) == table.width:  # Then what counts is all there is.
        timed, counted = timed[: table.width - len(kept) - 1], set()
    return timed, sorted(counted)


def left_out(table: Table, places: Sequence[int], why: str) -> list[str]:
    """Notes on columns that are no samples.

    Args:
        why: A message with `{column}` in it.
    """
    return [say(why, column=name_of(table, place)) for place in places]


def name_of(table: Table, place: int) -> str:
    """A column's name, or its number."""
    named = place < len(table.header) and table.header[place]
    return repr(table.header[place]) if named else str(place + 1)


def _named(table: Table) -> list[tuple[int, frozenset[str]]]:
    """The words of each column's name, without its unit."""
    found = []
    for i, name in enumerate(table.header):
        plain = re.sub(r"[(\[{].*?[)\]}]", " ", name.lower())
        found.append((i, frozenset(filter(None, re.split(r"[\W_]+", plain)))))
    return found


def _cells(table: Table, place: int) -> list[str]:
    return [row[place].strip() if place < len(row) else "" for row in table.rows]


def is_when(cells: list[str]) -> bool:
    """Whether cells are dates or clock readings."""
    return len(cells) > 1 and all(WHEN.fullmatch(cell) and not is_number(cell) for cell in cells)


def _steps(cells: list[str]) -> float:
    """By how much a column rises from row to row; 0 where it does not, or not evenly. A clock that
    is written with few decimals rises by its step within the last of them.
    """
    if len(cells) < FEWEST or not all(map(is_number, cells[:FEWEST])):
        return 0.0
    if np.diff(np.array(cells[:FEWEST], float)).min() < 0:  # As in most columns: soon known.
        return 0.0
    if not all(map(is_number, cells)):
        return 0.0
    values = np.array(cells, float)
    steps = np.diff(values)
    decimals = max(len(cell.partition(".")[2]) if "e" not in cell.lower() else 15 for cell in cells)
    step = float((values[-1] - values[0]) / len(steps))
    slack = 1.01 * 10.0**-decimals if step != round(step) or decimals else 1e-9
    if not np.isfinite(step) or step <= 0 or np.abs(steps - step).max() > slack:
        return 0.0
    # Where the last decimal is as large as the step itself, nothing can be told.
    return step if slack < step / 2 or (steps > 0).all() else 0.0
