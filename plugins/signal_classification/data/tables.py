"""Tables of numbers as text: separated by tabs, semicolons, commas or spaces, with or without a
header.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from plugins.shared.files.file_kinds import guess_kind, printable
from plugins.signal_classification.errors import SignalError
from weights.messages import say

MISSING = frozenset(("", "?", "na", "n/a", "nan", "null", "none", "-", "missing"))
LABELS = frozenset(("label", "labels", "class", "classes", "target", "y", "category", "diagnosis"))
DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*")
FEWEST_NUMBERED = 8
"""Cells: in fewer, 0, 1, 2 may be samples."""
MOST_VALUES = 50_000_000
csv.field_size_limit(1_000_000)


@dataclass(frozen=True)
class Table:
    """Rows of cells.

    Attributes:
        where: What messages call it.
        header: The names of the columns; empty where it has none.
        lines: The number of each row's line in the file, counted from 1.
    """

    where: str
    header: tuple[str, ...]
    rows: list[list[str]] = field(repr=False)
    lines: list[int] = field(repr=False)

    @property
    def width(self) -> int:
        return max(len(row) for row in self.rows)

    def numbers(self, without: Collection[int] = ()) -> list[np.ndarray]:
        """Each row's cells, but those of some columns, as float32; NaN where a value is missing.

        Raises:
            SignalError: A cell is no number; it says which.
        """
        return [self._row(i, without) for i in range(len(self.rows))]

    def _row(self, i: int, without: Collection[int]) -> np.ndarray:
        places = [place for place in range(len(self.rows[i])) if place not in without]
        cells = [self.rows[i][place] for place in places]
        try:
            return np.array(cells, dtype=np.float64).astype(np.float32)
        except ValueError:
            pass  # Cell by cell, then.
        values = []
        for place, cell in zip(places, cells, strict=True):
            gone = cell.strip().lower() in MISSING
            if not gone and not is_number(cell):
                what = say(
                    "{strip} in column {place} is no number",
                    strip=repr(printable(cell.strip())[:30]),
                    place=place + 1,
                )
                where = say("{where}, line {lines}", where=self.where, lines=self.lines[i])
                todo = "Leave a missing value empty, and write 1.5 with a point."
                raise SignalError(what, where=where, todo=todo)
            values.append(np.nan if gone else float(cell))
        return np.array(values, dtype=np.float32)


def read_table(data: bytes, where: str) -> Table:
    """Take a text apart.

    Raises:
        SignalError: It is no text, is empty, or holds too many values.
    """
    lines = text_of(data, where).splitlines()
    kept = [(i + 1, line) for i, line in enumerate(lines) if line.strip() and line[0] != "#"]
    separator = ""
    if kept and (told := re.fullmatch(r"\s*\"?sep=(.)\"?\s*", kept[0][1])):  # Excel's.
        separator, kept = told[1], kept[1:]
    if not kept:
        raise SignalError("The file holds no values", where=where, todo="Bring a table of numbers.")
    rows = _cells([line for _, line in kept], separator)
    if (values := sum(map(len, rows))) > MOST_VALUES:
        what = say(
            "It holds {values:,} values, more than the {most_values:,} that are read",
            values=values,
            most_values=MOST_VALUES,
        )
        raise SignalError(what, where=where, todo="Bring fewer or shorter signals.")
    numbers = [number for number, _ in kept]
    header: tuple[str, ...] = ()
    if _is_header(rows[0]):
        header = tuple(printable(cell.strip().strip("'\"")) for cell in rows[0])
        rows, numbers = rows[1:], numbers[1:]
    if header and len(rows) > 1 and _is_units(rows):
        rows, numbers = rows[1:], numbers[1:]
    if not rows:
        raise SignalError("There is only a header", where=where, todo="Bring the values as well.")
    return Table(where, header, rows, numbers)


def text_of(data: bytes, where: str) -> str:
    """The text of a file.

    Raises:
        SignalError: It is none.
    """
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        todo = "Bring a table as plain text (UTF-8)."
        raise SignalError(
            say("This is no text; it seems to be {guess_kind}", guess_kind=guess_kind(data)),
            where=where,
            todo=todo,
        )
    return text


def _cells(lines: list[str], separator: str = "") -> list[list[str]]:
    first = lines[0]
    bare = re.sub(r'"[^"]*"', "", first)
    separator = separator or next((one for one in "\t;," if one in bare), "")
    if not separator:
        return [line.split() for line in lines]
    rows = [list(row) for row in csv.reader(lines, delimiter=separator)]
    if (
        len({*map(len, rows)}) == 1
        and len(rows[0]) > 1
        and not any(row[-1].strip() for row in rows)
    ):
        rows = [row[:-1] for row in rows]  # Each line ends in a separator.
    if separator != "," and _writes_commas(rows[1:] or rows):
        rows = [
            [cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell for cell in row]
            for row in rows
        ]
    return rows


def _writes_commas(rows: list[list[str]]) -> bool:
    """Whether 1,5 stands for one and a half; the first rows tell."""
    cells = [cell for row in rows[:20] for cell in row]
    points = any("." in cell and is_number(cell) for cell in cells)
    return not points and any(DECIMAL_COMMA.fullmatch(cell) for cell in cells)


def _is_header(cells: list[str]) -> bool:
    if any(cell.strip().lower() in LABELS for cell in cells):
        return True
    words = [c for c in cells if not is_number(c) and c.strip().lower() not in MISSING]
    if not cells[0].strip():  # As pandas writes the index.
        cells = cells[1:]
    return len(words) > len(cells) / 2 or _counts(cells)


def _counts(cells: list[str]) -> bool:
    """Whether they are 0, 1, 2 … or 1, 2, 3 …, as a table's columns are numbered by programs; the
    first may be empty, and a word may stand at either end.
    """
    plain = [cell.strip() for cell in cells]
    inner = plain[1:] if plain and not plain[0].isdigit() else plain
    inner = inner[:-1] if inner and not inner[-1].isdigit() else inner
    if len(inner) < FEWEST_NUMBERED or not all(cell.isdigit() for cell in inner):
        return False
    first = int(inner[0])
    return first in (0, 1) and [*map(int, inner)] == [*range(first, first + len(inner))]


def _is_units(rows: list[list[str]]) -> bool:
    """Whether the row below the header says units: it has no number, and the next one has."""
    return not any(map(is_number, rows[0])) and any(map(is_number, rows[1]))


def is_whole(text: str) -> bool:
    """Whether a cell is a whole number, such as 2 or 2.0000000e+00."""
    return is_number(text) and float(text).is_integer()


def plain_label(text: str) -> str:
    """A label as people write it: 1 for 1.0000000e+00."""
    text = text.strip().strip("'\"")
    return str(int(float(text))) if is_whole(text) else printable(text)


def ordered(labels: list[str]) -> tuple[str, ...]:
    """The labels that occur, numbers by size, others by alphabet."""
    found = set(labels)
    if all(re.fullmatch(r"-?\d+", one) for one in found):
        return tuple(sorted(found, key=int))
    return tuple(sorted(found))


def is_number(text: str) -> bool:
    """Whether a cell is a number, and neither infinite nor none."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
