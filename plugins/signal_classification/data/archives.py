"""Sets in the two formats of the time series archives: `.ts` and `.arff`.

Both are read here, from their descriptions. aeon's reader of `.ts` drops signs and exponents of
values that stand beside a time, changes the case of labels and stops at an empty line; scipy's of
`.arff` knows no texts. Only sets of several channels in `.arff` are left to aeon.
"""

from __future__ import annotations

import csv
import re
import tempfile
from pathlib import Path

import numpy as np

from plugins.shared.files.file_kinds import printable
from plugins.signal_classification.data.tables import MISSING, plain_label
from plugins.signal_classification.errors import SignalError
from weights.messages import say

WHOLE = "See that it is whole and unchanged, or bring the set as CSV."
MOMENT = re.compile(r"\(([^()]*)\)")
Found = tuple[list[np.ndarray], list[str], list[str]]


def read_ts(text: str, where: str) -> Found:
    """Signals as (channels, length), their labels (none where it has none), and notes.

    Raises:
        SignalError: It is a regression set, or a line cannot be read; it says which.
    """
    header, rows = _divided(text)
    if header.get("targetlabel", "").lower().startswith("true"):
        raise SignalError(
            "It is a regression set: its targets are numbers and no classes",
            where=where,
            todo="Bring a classification set.",
        )
    if not rows:
        raise SignalError("It holds no signal", where=where, todo=WHOLE)
    labelled = header.get("classlabel", "false").lower().startswith("true")
    timed = header.get("timestamps", "false").lower().startswith("true")
    series, labels = [], []
    for line, row in rows:
        at = say("{where}, line {line}", where=where, line=line)
        parts = _channels(row, timed)
        if labelled:
            if len(parts) < 2:
                raise SignalError("The row has no label", where=at, todo=WHOLE)
            labels.append(plain_label(parts.pop()))
        series.append(_stacked([_values(part, timed, at) for part in parts], at))
    lengths = {one.shape[1] for one in series}
    notes = []
    if len(lengths) > 1 and header.get("equallength", "").lower().startswith("true"):
        told = "Its header says that all signals are of one length; they have {least} to {most}."
        notes.append(say(told, least=min(lengths), most=max(lengths)))
    return series, labels, notes


def _divided(text: str) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """The header by its words in small letters, and the lines of data with their numbers."""
    header, rows, begun = {}, [], False
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in "#%":
            continue
        if begun:
            rows.append((number, line))
        elif line.lower() == "@data":
            begun = True
        elif line[0] == "@":
            name, _, value = line[1:].partition(" ")
            header[name.lower()] = value.strip()
    return header, rows


def _channels(row: str, timed: bool) -> list[str]:
    """The parts between colons; a time of day has colons of its own, inside brackets."""
    if not timed:
        return row.split(":")
    kept: list[str] = []
    held = MOMENT.sub(lambda found: kept.append(found[0]) or f"({len(kept) - 1})", row)
    parts = held.split(":")
    return [MOMENT.sub(lambda found: kept[int(found[1])], part) for part in parts]


def _values(part: str, timed: bool, where: str) -> np.ndarray:
    cells = part.split(",")
    if timed:
        cells = [one.rpartition(",")[2] for one in MOMENT.findall(part)]
    return _numbers(cells, where)


def _numbers(cells: list[str], where: str) -> np.ndarray:
    values = []
    for cell in map(str.strip, cells):
        try:
            values.append(np.nan if cell.lower() in MISSING else float(cell))
        except ValueError as error:
            what = say("{cell} is no number", cell=repr(printable(cell)[:30]))
            raise SignalError(what, where=where, todo=WHOLE) from error
    return np.array(values, np.float32)


def _stacked(channels: list[np.ndarray], where: str) -> np.ndarray:
    if len(lengths := {len(one) for one in channels}) > 1:
        raise SignalError(
            say(
                "Its channels have {least} to {most} values", least=min(lengths), most=max(lengths)
            ),
            where=where,
            todo="Give all channels of a signal the same length.",
        )
    return np.stack(channels)


ATTRIBUTE = re.compile(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)\s+(.*)", re.I)
NUMERIC = ("numeric", "real", "integer")


def read_arff(text: str, where: str) -> Found:
    """The same of an ARFF file: each row is a signal. The class is the last attribute whose values
    are listed.

    Raises:
        SignalError: It is none, or has something else in it.
    """
    lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1)]
    lines = [(i, line) for i, line in lines if line and line[0] != "%"]
    found = [ATTRIBUTE.match(line) for _, line in lines]
    names = [one[1].strip("'\"") for one in found if one]
    kinds = [one[2].strip().lower() for one in found if one]
    if any(kind.startswith("relational") for kind in kinds):
        return _relational("\n".join(line for _, line in lines), where)
    listed = [i for i, kind in enumerate(kinds) if kind.startswith("{")]
    if not listed:
        raise SignalError(
            "Its signals have no class", where=where, todo="Bring a classification set."
        )
    begun = next((k for k, (_, line) in enumerate(lines) if line.lower() == "@data"), len(lines))
    rows = lines[begun + 1 :]
    if not rows:
        raise SignalError("It holds no signal", where=where, todo=WHOLE)
    samples = [i for i, kind in enumerate(kinds) if kind.startswith(NUMERIC)]
    values, labels = [], []
    for number, row in rows:
        at = say("{where}, line {line}", where=where, line=number)
        quote = "'" if "'" in row else '"'
        cells = next(csv.reader([row], quotechar=quote, skipinitialspace=True))
        if len(cells) != len(kinds):
            told = "The row has {cells} values, and there are {kinds} attributes"
            what = say(told, cells=len(cells), kinds=len(kinds))
            raise SignalError(what, where=at, todo=WHOLE)
        labels.append(plain_label(cells[listed[-1]]))
        values.append(_numbers([cells[i] for i in samples], at))
    table, notes = np.stack(values), []
    counts = [k for k in range(len(samples)) if len(rows) > 4 and (np.diff(table[:, k]) == 1).all()]
    others = [i for i in range(len(kinds)) if i not in samples and i != listed[-1]]
    for i in sorted([*others, *(samples[k] for k in counts)]):
        told = "Column {column} is no sample and was left out."
        notes.append(say(told, column=repr(printable(names[i]))))
    kept = np.delete(table, counts, axis=1)
    return [row[None] for row in kept], labels, notes


def _relational(text: str, where: str) -> Found:
    """A set of several channels, by aeon."""
    from aeon.datasets import load_from_arff_file

    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "set.arff")
            copy.write_text(text, encoding="utf-8")
            series, labels = load_from_arff_file(str(copy))
    except Exception as error:
        raise _unreadable(".arff", where) from error
    series = [np.atleast_2d(np.asarray(one, np.float32)) for one in series]
    labels = [] if labels is None else [plain_label(str(one)) for one in labels]
    if labels and len(labels) != len(series):
        told = "It has {series} signals and {labels} labels"
        raise SignalError(
            say(told, series=len(series), labels=len(labels)), where=where, todo=WHOLE
        )
    return series, labels, []


def _unreadable(kind: str, where: str) -> SignalError:
    return SignalError(say("The file cannot be read as {kind}", kind=kind), where=where, todo=WHOLE)
