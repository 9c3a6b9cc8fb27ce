"""CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import ast
import csv
import io

import pytest
from serving import ROOT

from plugins.shared.files.csv_files import csv_cell, write_csv

READ_AGAIN = ROOT / "plugins/signal_classification/data/arrays.py"
"""What it writes is read again in the same call, and never reaches a spreadsheet."""


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "-1.5"]
)
def test_a_formula_is_quoted(text):
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Ana", "", "a=1", 7, -7.5, None, "éà", "1-2"])
def test_what_is_none_stays(value):
    assert csv_cell(value) == value


def test_rows_can_be_read_again():
    out = io.StringIO()
    write_csv(out, [["a", 'b"c'], ["=x", -1]], end="\n")
    assert out.getvalue() == 'a,"b""c"\n\'=x,-1\n'
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [["a", 'b"c'], ["'=x", "-1"]]


def test_no_other_module_writes_csv():
    """One that did might forget the cells that a spreadsheet runs."""
    wrong, here = [], [ROOT / "plugins/shared/files/csv_files.py", READ_AGAIN]
    for path in (
        p for room in ("plugins", "registry", "weights") for p in (ROOT / room).rglob("*")
    ):
        if path.suffix != ".py" or path in here:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in ("csv.writer", "csv.DictWriter", "DictWriter") or called.endswith(
                ".to_csv"
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []
