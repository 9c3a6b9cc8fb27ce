"""Signals in files of arrays: `.npy`, `.npz`, `.mat`, `.parquet`, and EDF recordings.

NumPy's own files are read without pickle; `.mat` by scipy; `.parquet` by pandas and pyarrow, where
that is installed. EDF is a header of text and whole numbers of 16 bits: it is read here, since the
packages for it bring a C library (`pyedflib`) or would be one more to keep (`edfio`).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from plugins.signal_classification.data.tables import plain_label
from plugins.signal_classification.errors import SignalError
from weights.messages import say

SIGNALS = ("x", "data", "signals", "signal", "val", "samples", "ecg", "series")
LABELS = ("y", "label", "labels", "target", "targets", "class", "classes")
TODO = "Save signals as x (N, length) or (N, channels, length), and their classes as y (N)."
MOST = 50_000_000
"""Values that are read."""


@dataclass
class Arrays:
    """Signals of a file of arrays.

    Attributes:
        series: (channels, length) each.
        labels: One for each; empty: the file tells none.
        tested: As in `LabelledSet`.
        rate: Samples a second; 0: not known.
    """

    series: list[np.ndarray]
    labels: list[str]
    notes: list[str] = field(default_factory=list)
    tested: np.ndarray | None = None
    rate: float = 0.0


def read_npy(data: bytes, where: str) -> Arrays:
    """An array: (length), (N, length) or (N, channels, length)."""
    return Arrays(_signals(_numpy(data, where), where), [])


def read_npz(data: bytes, where: str) -> Arrays:
    """Arrays by name: x and y, or x_train, y_train, x_test and y_test."""
    found = _numpy(data, where)
    if isinstance(found, np.ndarray):
        return Arrays(_signals(found, where), [])
    try:
        with found:
            return _named({name.lower(): found[name] for name in found.files}, where)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(where) from error


def read_mat(data: bytes, where: str) -> Arrays:
    """The same of a MATLAB file."""
    from scipy.io import loadmat

    try:
        found = loadmat(io.BytesIO(data), squeeze_me=False, chars_as_strings=True)
    except NotImplementedError as error:
        todo = "Save it in MATLAB with the option -v7."
        raise SignalError("It is a MATLAB file of version 7.3", where=where, todo=todo) from error
    except Exception as error:
        raise _damaged(where) from error
    kept = {k.lower(): v for k, v in found.items() if not k.startswith("__")}
    return _named(kept, where)


def read_parquet(data: bytes, where: str) -> bytes:
    """A table of Parquet as CSV, to be understood as any other."""
    import pandas

    try:
        table = pandas.read_parquet(io.BytesIO(data))
    except ImportError as error:
        todo = "Run: pip install pyarrow, or bring the table as CSV."
        raise SignalError("Parquet needs the package pyarrow", where=where, todo=todo) from error
    except Exception as error:
        raise _damaged(where) from error
    return table.to_csv(index=False).encode()


def _numpy(data: bytes, where: str) -> np.ndarray | np.lib.npyio.NpzFile:
    try:
        return np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise _damaged(where) from error


def _named(arrays: Mapping[str, np.ndarray], where: str) -> Arrays:
    def one(names: tuple[str, ...], part: str) -> np.ndarray | None:
        spelled = [
            f"{name}{end}" for name in names for end in ((f"_{part}", part) if part else ("",))
        ]
        return next((arrays[name] for name in spelled if name in arrays), None)

    parts = [(one(SIGNALS, part), one(LABELS, part), part) for part in ("", "train", "test")]
    parts = [part for part in parts if part[0] is not None]
    if not parts and len(arrays) == 1:
        parts = [(next(iter(arrays.values())), None, "")]
    if not parts:
        told = "It holds {names}, and none of them is called x or data"
        raise SignalError(say(told, names=", ".join(list(arrays)[:9])), where=where, todo=TODO)
    found, tested = Arrays([], []), []
    for values, labels, part in parts:
        series = _signals(values, where)
        given = [] if labels is None else [plain_label(str(v)) for v in np.asarray(labels).ravel()]
        if labels is not None and len(given) != len(series):
            told = "It has {series} signals and {labels} labels"
            what = say(told, series=len(series), labels=len(given))
            raise SignalError(what, where=where, todo=TODO)
        found.series += series
        found.labels += given
        tested += [part == "test"] * len(series)
    if len({part for *_, part in parts}) > 1:
        found.tested = np.array(tested)
    return found


def _signals(values: np.ndarray, where: str) -> list[np.ndarray]:
    values = np.asarray(values)
    if values.dtype.kind not in "iufb" or values.ndim not in (1, 2, 3) or values.size > MOST:
        what = say("An array of {kind} and shape {shape} is no set of signals",
                   kind=values.dtype, shape=values.shape)  # fmt: skip
        raise SignalError(what, where=where, todo=TODO)
    values = values.astype(np.float32)
    if values.ndim == 1 or (values.ndim == 2 and 1 in values.shape):
        return [values.reshape(1, -1)]
    return list(values[:, None] if values.ndim == 2 else values)


def read_edf(data: bytes, where: str) -> Arrays:
    """A recording as one signal: the channels with the highest rate; the others are left out, and
    said.

    Raises:
        SignalError: It is none, or cut short.
    """
    try:
        count = int(data[252:256])
        heads = data[256 : 256 * (count + 1)]
        sizes = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
        starts = np.cumsum([0, *sizes]) * count
        columns = [
            [heads[start + i * size : start + (i + 1) * size].decode("latin-1").strip()
             for i in range(count)]
            for start, size in zip(starts, sizes, strict=False)
        ]  # fmt: skip
        begin, records, lasting = int(data[184:192]), int(data[236:244]), float(data[244:252])
        low, high, least, most = (np.array(columns[i], float) for i in (3, 4, 5, 6))
        each = np.array(columns[8], int)
    except (ValueError, IndexError) as error:
        raise _damaged(where) from error
    row = int(each.sum())
    if count < 1 or row < 1 or lasting < 0 or (each < 1).any() or begin != 256 * (count + 1):
        raise _damaged(where)
    values = np.frombuffer(data[begin : begin + (len(data) - begin) // 2 * 2], "<i2")
    have = len(values) // row
    if have < max(records, 1):
        told = "The file is cut short: {have:,} of {samples:,} samples are there"
        what = say(told, have=len(values), samples=row * max(records, 1))
        raise SignalError(what, where=where, todo="Copy or download it again.")
    values = values[: (records if records > 0 else have) * row].reshape(-1, row)
    kept = [i for i in range(count) if "annotation" not in columns[0][i].lower()]
    if not kept:
        raise SignalError("The recording holds no signal", where=where, todo=TODO)
    fast = max(each[i] for i in kept)
    left = [columns[0][i] for i in kept if each[i] != fast]
    rows, ends = [], np.cumsum(each)
    for i in (i for i in kept if each[i] == fast):
        raw = values[:, ends[i] - each[i] : ends[i]].ravel().astype(np.float64)
        gain = (high[i] - low[i]) / ((most[i] - least[i]) or 1)
        rows.append((raw - least[i]) * gain + low[i])
    notes = []
    if left:
        told = "Channels with a lower rate were left out: {names}."
        notes.append(say(told, names=", ".join(left)))
    rate = fast / lasting if lasting else 0.0
    return Arrays([np.stack(rows).astype(np.float32)], [], notes, rate=rate)


def _damaged(where: str) -> SignalError:
    todo = "See that it is whole and unchanged, or bring the signals as CSV."
    return SignalError("The file is damaged, or of another kind", where=where, todo=todo)
