"""Zips of signals: one folder a class, and in it tables (a signal each) or WFDB records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from plugins.shared.files.entries import Contents, Entry, LabelledError
from plugins.shared.files.file_kinds import plain_name
from plugins.shared.files.folders import CHECK, TEST, TRAIN
from plugins.shared.files.limits import Limits
from plugins.shared.files.places import Place, places_of
from plugins.shared.files.zip_files import files_in_zip
from plugins.signal_classification.data import columns
from plugins.signal_classification.data.annotations import beats_in, cut
from plugins.signal_classification.data.reading import COUNT, TIME, Reading
from plugins.signal_classification.data.reference import listed
from plugins.signal_classification.data.resampling import resampled
from plugins.signal_classification.data.tables import Table, read_table
from plugins.signal_classification.data.wfdb import read_record
from plugins.signal_classification.errors import SignalError
from weights.messages import say

TABLES = (".csv", ".tsv", ".txt")
BESIDE = (".dat", ".mat", ".atr", ".xws")
"""What lies beside a header of WFDB."""
LAYOUT = "Make one folder a class, with its signals in it (.csv or WFDB records), and zip those."
FEWER = "Bring fewer or shorter signals, or several zips one after the other."
SIGNALS = Contents("The set", LAYOUT, FEWER, FEWER)
COUNTED = "Column {column} counts the rows and was left out."
TIMED = "Column {column} is the time and was left out."


@dataclass
class Found:
    """What a zip holds.

    Attributes:
        series: (channels, length) each. labels: Their classes, "" where none are asked for.
        names: Paths. notes: Sentences.
        tested, groups: As in `LabelledSet`; None where the folders do not say.
        rate: Samples a second of its records; 0: not known.
    """

    series: list[np.ndarray]
    labels: list[str]
    names: list[str]
    notes: list[str]
    tested: np.ndarray | None = None
    groups: np.ndarray | None = None
    rate: float = 0.0


def read_zip(path: Path, limits: Limits, labelled: bool, encoding: str = "") -> Found:
    """The signals of a zip. A class is the outermost folder, below those that divide the set;
    folders in it are of one patient each.

    Raises:
        SignalError: The zip cannot be used, holds no signal, or one of its signals is damaged.
    """
    try:
        with files_in_zip(path, limits, SIGNALS, encoding) as entries:
            return _read(entries, labelled, plain_name(path.name))
    except LabelledError as error:
        raise SignalError(error.what, where=error.where, todo=error.todo) from error


def _read(entries: list[Entry], labelled: bool, where: str) -> Found:
    known = {entry.name: entry for entry in entries}
    kinds = {name: PurePosixPath(name).suffix.lower() for name in known}
    used = sorted(name for name, kind in kinds.items() if kind in (*TABLES, ".hea"))
    inner = {part for name in used if kinds[name] == ".hea" for part in _segments(known, name)}
    used = [name for name in used if name not in inner]
    if labelled and (annotated := [n for n in used if _beside_it(known, n, ".atr")]):
        return _beats(known, annotated)
    classes = listed(known, used, partial(_bytes, known)) if labelled else {}
    used = [name for name in used if name in classes] if classes else used
    places = places_of(used) if labelled and not classes else {}
    validation = [name for name in places if places[name].part == CHECK]
    used = [name for name in used if name not in validation]
    if not used:
        raise SignalError("The zip holds no signal", where=where, todo=LAYOUT)
    found = Found([], [], used, [])
    leads: tuple[str, ...] = ()
    for name in used:
        if places and not places[name].label:
            raise SignalError("The file lies in no folder", where=name, todo=LAYOUT)
        data = _bytes(known, name)
        if kinds[name] == ".hea":
            signal, its, rate = read_record(data, _beside(known, name), name)
            signal, notes = _at_rate(signal, rate, found.rate or rate)
            found.rate = found.rate or rate
        else:
            signal, its, notes = one_signal(read_table(data, name))
        leads = leads or its
        found.series.append(_in_order(signal, its, leads, name))
        found.labels.append(places[name].label if places else classes.get(name, ""))
        found.notes += [note for note in notes if note not in found.notes]
    _divide(found, places)
    if classes:
        found.notes.append("The classes are those of the table in the zip.")
    if validation:
        many = "The {n} signals for validation were not read."
        one = "The signal for validation was not read."
        found.notes.append(say(many, one, n=len(validation)))
    skipped = len(known) - len(used) - len(validation) - sum(k in BESIDE for k in kinds.values())
    skipped -= len(inner) + bool(classes)
    if skipped:
        many = "{n:,} files in the zip that are no signals were left out."
        one = "{n} file in the zip that is no signal was left out."
        found.notes.append(say(many, one, n=skipped))
    return found


def _segments(known: dict[str, Entry], header: str) -> set[str]:
    """The headers that are segments of another record."""
    lines = [one.split() for one in _bytes(known, header).decode("latin-1").splitlines()]
    lines = [words for words in lines if words and not words[0].startswith("#")]
    if not lines or "/" not in lines[0][0]:
        return set()
    folder = PurePosixPath(header).parent
    return {str(folder / f"{words[0]}.hea") for words in lines[1:]} & known.keys()


def _beside_it(known: dict[str, Entry], header: str, ending: str) -> str:
    """The file of another ending beside a WFDB header; "": there is none."""
    name = str(PurePosixPath(header).with_suffix(ending))
    return name if header.endswith(".hea") and name in known else ""


def _beats(known: dict[str, Entry], headers: list[str]) -> Found:
    """The annotated beats of records; a record is one patient."""
    found, groups, leads = Found([], [], [], []), [], ()
    for number, name in enumerate(headers):
        signal, its, rate = read_record(_bytes(known, name), _beside(known, name), name)
        signal, notes = _at_rate(signal, rate, found.rate or rate)
        marks = _beside_it(known, name, ".atr")
        times = [(round(at * (found.rate or rate) / rate), label)
                 for at, label in beats_in(_bytes(known, marks), marks)]  # fmt: skip
        found.rate, leads = found.rate or rate, leads or its
        beats, labels = cut(_in_order(signal, its, leads, name), times, found.rate)
        found.series += beats
        found.labels += labels
        stem = PurePosixPath(name).stem
        found.names += [say("{name}, beat {n:,}", name=stem, n=i + 1) for i in range(len(beats))]
        found.notes += [note for note in notes if note not in found.notes]
        groups += [number] * len(beats)
    found.groups = np.array(groups)
    told = "Cut into the {n:,} beats that are annotated; each record is taken for one patient."
    found.notes.append(say(told, n=len(found.series)))
    return found


def _divide(found: Found, places: dict[str, Place]) -> None:
    """Keep the division and the patients that the folders tell of."""
    if not places:
        return
    its = [places[name] for name in found.names]
    if {TRAIN, TEST} <= {one.part for one in its}:
        found.tested = np.array([one.part == TEST for one in its])
    if any(len(one.group) > 1 for one in its):
        # A patient who lies in two classes is one.
        names = [one.group[1] if len(one.group) > 1 else name
                 for one, name in zip(its, found.names, strict=True)]  # fmt: skip
        found.groups = np.unique(names, return_inverse=True)[1]
        found.notes.append("Folders within a class are taken for one patient each.")


def _in_order(
    signal: np.ndarray, its: tuple[str, ...], wanted: tuple[str, ...], where: str
) -> np.ndarray:
    """A signal with its channels in the order of the first one's.

    Raises:
        SignalError: It has other channels.
    """
    if its == wanted or not its or not wanted:
        return signal
    if sorted(its) != sorted(wanted):
        told = "Its channels are {its}, and those of the first signal {wanted}"
        raise SignalError(
            say(told, its=", ".join(its), wanted=", ".join(wanted)),
            where=where,
            todo="Bring signals that have the same channels.",
        )
    return signal[[its.index(name) for name in wanted]]


def _at_rate(signal: np.ndarray, rate: float, wanted: float) -> tuple[np.ndarray, list[str]]:
    """A signal (channels, samples) with as many samples a second as the first record has."""
    if rate == wanted or min(rate, wanted) <= 0:
        return signal, []
    length = max(1, round(signal.shape[1] * wanted / rate))
    told = "A record at {rate:g} Hz was brought to {wanted:g} Hz, that of the first."
    return resampled(signal, length), [say(told, rate=rate, wanted=wanted)]


def _bytes(known: dict[str, Entry], name: str) -> bytes:
    if name not in known:
        raise SignalError("The file is not in the zip", where=name, todo=LAYOUT)
    if known[name].fault:
        raise SignalError(say("The file {fault}", fault=known[name].fault), where=name, todo=LAYOUT)
    return known[name].read()


def _beside(known: dict[str, Entry], header: str) -> Callable[[str], bytes]:
    return lambda name: _bytes(known, str(PurePosixPath(header).parent / name))


def one_signal(
    table: Table, reading: Reading | None = None
) -> tuple[np.ndarray, tuple[str, ...], list[str]]:
    """A table as one signal: (channels, length), the names of its channels, and notes. Time runs
    down the rows, unless there is one row only; a column of the time is left out.

    Args:
        reading: What its columns are taken for; None: found by their look.
    """
    if reading is None and len(table.rows) == 1 and table.width > 1:
        return table.numbers()[0][None], (), ["The only row of each file is its signal."]
    timed, counted = columns.down(table)
    others = {*timed, *counted}
    if reading is not None:
        timed, counted, others = reading.having(TIME), reading.having(COUNT), reading.others
    notes = columns.left_out(table, timed, TIMED)
    notes += columns.left_out(table, counted, COUNTED)
    rows = table.numbers(others)
    width = max(map(len, rows))
    padded = [np.pad(row, (0, width - len(row)), constant_values=np.nan) for row in rows]
    names = [name for i, name in enumerate(table.header) if i not in others]
    return np.stack(padded, 1), tuple(names if len(names) == width else ()), notes
