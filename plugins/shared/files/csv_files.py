"""Tables as CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any, TextIO

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def csv_cell(value: Any) -> Any:
    """A value as it may stand in a cell: a text that a spreadsheet would run as a formula gets an
    apostrophe before it, which shows as nothing there. Numbers stay as they are.
    """
    formula = isinstance(value, str) and value.lstrip(" ").startswith(FORMULA)
    return f"'{value}" if formula else value


def write_csv(file: TextIO, rows: Iterable[Iterable[Any]], end: str = "\r\n") -> None:
    """Write rows to an open text file, which was opened with `newline=""`.

    Args:
        end: What ends a line; RFC 4180 says CR LF.
    """
    writer = csv.writer(file, lineterminator=end)
    writer.writerows(map(csv_cell, row) for row in rows)
