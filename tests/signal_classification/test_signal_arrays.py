"""Signals in files of arrays and packed tables: each kind is read, or refused in words."""

from __future__ import annotations

import gzip
import io

import numpy as np
import pytest
import zips
from signal_classification.test_signal_columns import LENGTH, noise, records, table

from plugins.signal_classification.data.reader import read_set, read_signals
from plugins.signal_classification.errors import SignalError
from registry.context import Limits

X = np.array(noise(8), np.float32)
Y = np.arange(8) % 2


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def mat(**arrays) -> bytes:
    from scipy.io import savemat

    file = io.BytesIO()
    savemat(file, arrays)
    return file.getvalue()


def edf(signal: np.ndarray, rate: int = 50, slow: bool = False) -> bytes:
    """One record a second; values -1..1; a second channel of half the rate where `slow`."""
    names = ["EEG Fz", "Resp"][: 1 + slow]
    rates = [rate, rate // 2][: 1 + slow]
    seconds = len(signal) // rate
    head = "0".ljust(8) + "X".ljust(160) + "01.01.2401.01.01"
    head += str(256 * (len(names) + 1)).ljust(8) + " " * 44 + str(seconds).ljust(8) + "1".ljust(8)
    head += str(len(names)).ljust(4)
    fields = [(16, names), (80, [""] * 2), (8, ["mV"] * 2), (8, ["-1"] * 2), (8, ["1"] * 2),
              (8, ["-32767"] * 2), (8, ["32767"] * 2), (80, [""] * 2), (8, rates),
              (32, [""] * 2)]  # fmt: skip
    for width, values in fields:
        head += "".join(str(v).ljust(width) for v in values[: len(names)])
    body = b""
    for i in range(seconds):
        part = signal[i * rate : (i + 1) * rate]
        body += (part * 32767).astype("<i2").tobytes()
        body += (part[::2] * 32767).astype("<i2").tobytes() if slow else b""
    return head.encode() + body


CSV = table([["ab"[k], *row] for k, row in zip(Y, noise(8), strict=True)])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("made.npz", npz(x=X, y=Y)),
        ("made.npz", npz(X=X[:, None], labels=np.array(list("ab"))[Y])),
        ("made.npz", npz(x_train=X[:6], y_train=Y[:6], x_test=X[6:], y_test=Y[6:])),
        ("made.mat", mat(data=X, labels=Y)),
        ("made.csv.gz", gzip.compress(CSV.encode())),
    ],
)
def test_labelled_arrays_are_sets(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    found = read_set(path, Limits())
    assert len(found) == 8 and len(found.classes) == 2 and set(found.lengths) == {LENGTH}
    assert np.allclose(found.series[3], X[3], atol=1e-5)
    assert (found.tested is not None) == (b"x_test" in data)


def test_a_table_of_parquet_is_understood_as_any_other(tmp_path):
    pytest.importorskip("pyarrow")
    import pandas

    path = tmp_path / "made.parquet"
    pandas.DataFrame(X).assign(label=np.array(list("ab"))[Y]).rename(columns=str).to_parquet(path)
    found = read_set(path, Limits())
    assert found.classes == ("a", "b") and set(found.lengths) == {LENGTH}


@pytest.mark.parametrize(
    ("name", "data", "many"),
    [("made.npy", X, 8), ("made.npy", X[0], 1), ("made.npy", X[:4].reshape(2, 2, LENGTH), 2)],
)
def test_arrays_to_classify(tmp_path, name, data, many):
    np.save(tmp_path / name, data)
    found = read_signals(tmp_path / name, Limits())
    assert len(found.series) == many and found.series[0].shape[1] == LENGTH


@pytest.mark.parametrize("slow", [True, False])
def test_a_recording_in_edf(tmp_path, slow):
    signal = np.sin(np.arange(200) / 7)
    path = tmp_path / "made.edf"
    path.write_bytes(edf(signal, slow=slow))
    found = read_signals(path, Limits())
    assert found.rate == 50 and found.series[0].shape == (1, 200)
    assert np.abs(found.series[0][0] - signal).max() < 1e-4
    assert any("lower rate were left out: Resp" in note for note in found.notes) == slow
    path.write_bytes(edf(signal)[:-20])
    with pytest.raises(SignalError, match="cut short"):
        read_signals(path, Limits())


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.npz", npz(a=X, b=X), "holds a, b, and none of them"),
        ("a.npz", npz(x=X, y=Y[:3]), "8 signals and 3 labels"),
        ("a.npz", npz(x=X), "have no class"),
        ("a.npy", b"\x93NUMPY\x01\x00 and then nothing", "damaged"),
        ("a.npz", b"PK\x03\x04 cut", "damaged"),
        ("a.mat", b"no matlab at all", "damaged"),
        ("a.edf", b"0       " + b"x" * 400, "damaged"),
        ("a.csv.gz", b"\x1f\x8b and nothing", "damaged"),
        ("a.parquet", b"PAR1 and nothing", "damaged|pyarrow"),
        ("a.npz", npz(x=np.array(list("abcdefgh"))), "is no set of signals"),
    ],
)
def test_what_is_damaged_is_refused_in_words(tmp_path, name, data, said):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SignalError, match=said):
        read_set(path, Limits())


def test_what_unpacks_to_too_much_is_refused(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"1," * 100_000))
    with pytest.raises(SignalError, match="unpacks to more than"):
        read_signals(path, Limits(archive_bytes=50_000))


# --- WFDB -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "stored"), [(24, "<i4"), (32, "<i4"), (61, ">i2")])
def test_further_formats_of_wfdb(tmp_path, kind, stored):
    raw = (np.arange(LENGTH) * 10 - 50).astype(stored)
    if kind == 24:
        raw = raw.view(np.uint8).reshape(-1, 4)[:, :3].copy()
    head = f"r 1 100 {LENGTH}\nr.dat {kind} 10 16 0 0 0 0 I\n"
    found = read_set(records(tmp_path, head, raw), Limits())
    assert found.series[0][0] == pytest.approx(np.arange(LENGTH) - 5)


def test_segments_are_joined_by_the_names_of_their_leads(tmp_path):
    raw = np.arange(2 * LENGTH).astype("<i2").reshape(-1, 2)
    leads = "{n}.dat 16 1 16 0 0 0 0 {a}\n{n}.dat 16 1 16 0 0 0 0 {b}\n"
    files = {"m.hea": f"m/4 2 100\nm_0 0\np {LENGTH}\n~ 3\nq {LENGTH}\n".encode()}
    for name, (a, b) in {"p": ("I", "II"), "q": ("II", "I")}.items():
        head = f"{name} 2 100 {LENGTH}\n" + leads.format(n=name, a=a, b=b)
        files |= {f"{name}.hea": head.encode(), f"{name}.dat": raw.tobytes()}
    path = tmp_path / "one.zip"
    path.write_bytes(zips.zipped(files))
    found = read_signals(path, Limits(), 2)
    whole = next(one for one in found.series if one.shape[1] == 2 * LENGTH + 3)
    assert np.array_equal(whole[0, :LENGTH], raw[:, 0])
    assert np.array_equal(whole[0, -LENGTH:], raw[:, 1]) and np.isnan(whole[:, LENGTH]).all()


# --- sets as archives give them -------------------------------------------------------------------


def test_two_files_of_the_archive_are_a_set_with_its_division(tmp_path):
    rows = noise(10)
    text = [table([["12"[i % 2], *row] for i, row in enumerate(part)], separator="\t")
            for part in (rows[:6], rows[6:])]  # fmt: skip
    path = tmp_path / "Toy.zip"
    files = {"Toy/Toy_TRAIN.tsv": text[0], "Toy/Toy_TEST.tsv": text[1], "Toy/README.md": "words"}
    path.write_bytes(zips.zipped(files))
    found = read_set(path, Limits())
    assert found.tested.sum() == 4 and len(found) == 10 and "own division" in found.division


def test_a_table_beside_the_records_tells_their_classes(tmp_path):
    signal = "\n".join(noise(1)[0])
    files = {f"A0{i}.csv": signal for i in range(4)}
    path = tmp_path / "set.zip"
    path.write_bytes(zips.zipped({**files, "REFERENCE.csv": "A00,N\nA01,A\nA02,N\nA03,A\n"}))
    found = read_set(path, Limits())
    assert found.classes == ("A", "N") and len(found) == 4
    assert any("table in the zip" in note for note in found.notes)


def test_annotated_beats_are_cut_and_records_are_patients(tmp_path):
    """Codes 1 and 5 are beats; 28 is a change of rhythm with a text; a far one is skipped to."""
    raw = np.arange(2000).astype("<i2")
    marks = [(1 << 10) | 100, (28 << 10) | 10, (63 << 10) | 3, 0x4E28, 0x0000,
             (5 << 10) | 90, 59 << 10, 0, 800, (1 << 10) | 0, 0]  # fmt: skip
    atr = np.array(marks, "<u2").tobytes()
    files = {}
    for name in "pq":
        files |= {f"{name}.hea": f"{name} 1 100 2000\n{name}.dat 16 1 16 0 0 0 0 I\n".encode(),
                  f"{name}.dat": raw.tobytes(), f"{name}.atr": atr}  # fmt: skip
    path = tmp_path / "mitdb.zip"
    path.write_bytes(zips.zipped(files))
    found = read_set(path, Limits())
    assert found.classes == ("N normal", "V premature ventricular contraction")
    assert len(found) == 6 and set(found.lengths) == {80} and len(set(found.groups)) == 2
    assert [int(one[0, 30]) for one in found.series[:3]] == [100, 200, 1000]
