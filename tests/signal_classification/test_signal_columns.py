"""Files as people have them: what is a sample, and what only counts, tells the time or names."""

from __future__ import annotations

import numpy as np
import pytest
import zips

from plugins.shared.classification.labelled import split
from plugins.signal_classification.data.reader import read_set, read_signals
from plugins.signal_classification.errors import SignalError
from registry.context import Limits

LENGTH = 12
WAVE = [round(float(v), 4) for v in np.sin(np.arange(LENGTH))]


def noise(count: int, seed: int = 0) -> list[list[str]]:
    values = np.random.default_rng(seed).normal(size=(count, LENGTH)).round(3)
    return [[str(v) for v in row] for row in values]


def written(tmp_path, text: str, name: str = "made.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def table(rows: list[list[str]], header: list[str] | None = None, separator: str = ",") -> str:
    return "\n".join(separator.join(row) for row in ([header] if header else []) + rows) + "\n"


def down(clock: list[str], name: str) -> str:
    return table([[t, str(v)] for t, v in zip(clock, WAVE, strict=True)], [name, "mV"])


TICKS = [f"{i / 360:.4f}" for i in range(LENGTH)]
COUNT = [str(i) for i in range(LENGTH)]
DATES = [f"2024-01-01 00:00:{i:02d}" for i in range(LENGTH)]
CLOCK = [f"'00:{i:02d}.000'" for i in range(LENGTH)]


@pytest.mark.parametrize(
    ("name", "clock"),
    [
        *((name, TICKS) for name in ("Time (s)", "time[s]", "Seconds", "Elapsed time", "Zeit")),
        ("时间", TICKS),
        *((name, COUNT) for name in ("timestamp", "Sample Index", "x", "time_ms", "")),
        ("date", DATES), ("'Elapsed time'", CLOCK), ("when", DATES),
    ],
)  # fmt: skip
def test_a_column_that_tells_the_time_is_no_channel(tmp_path, name, clock):
    read = read_signals(written(tmp_path, down(clock, name)), Limits())
    series, notes = read.series, read.notes
    assert len(series) == 1 and series[0][0].tolist() == pytest.approx(WAVE, abs=1e-6)
    assert any("left out" in note for note in notes), "it is said"
    files = {f"{c}/{i}.csv": down(clock, name) for c in "ab" for i in range(2)}
    path = tmp_path / "set.zip"
    path.write_bytes(zips.zipped(files))
    found = read_set(path, Limits())
    assert found.channels == 1 and found.series[0][0].tolist() == pytest.approx(WAVE, abs=1e-6)
    assert any("left out" in note for note in found.notes)


@pytest.mark.parametrize("name", ["", "id", "index", "Unnamed: 0", "patient_id", "what"])
def test_a_column_that_counts_the_rows_is_no_sample(tmp_path, name):
    """White noise in two classes, one after the other: the counter alone gave the class away."""
    rows = [[str(i), *row, "a" if i < 6 else "b"] for i, row in enumerate(noise(12))]
    header = [name, *(f"t{i}" for i in range(LENGTH)), "label"]
    found = read_set(written(tmp_path, table(rows, header)), Limits())
    assert set(found.lengths) == {LENGTH} and found.classes == ("a", "b")
    assert any("counts the rows and was left out" in note for note in found.notes)
    bare = read_set(written(tmp_path, table(rows)), Limits())
    assert set(bare.lengths) == {LENGTH}


def test_the_axes_x_y_z_are_channels(tmp_path):
    rows = [[*cells] for cells in zip(*noise(3), strict=True)]
    series = read_signals(written(tmp_path, table(rows, ["x", "y", "z"])), Limits(), 3).series
    assert series[0].shape == (3, LENGTH)


def test_beside_a_clock_a_lead_may_rise_evenly(tmp_path):
    rows = [[t, c, str(v)] for t, c, v in zip(TICKS, COUNT, WAVE, strict=True)]
    series = read_signals(written(tmp_path, table(rows, ["time", "I", "II"])), Limits(), 2).series
    assert series[0].shape == (2, LENGTH)


def test_other_channels_than_the_network_takes_are_refused(tmp_path):
    rows = [[t, *cells] for t, cells in zip(TICKS, zip(*noise(2), strict=True), strict=True)]
    with pytest.raises(SignalError, match="2 channels beside the time, and the network takes 1"):
        read_signals(written(tmp_path, table(rows, ["time", "I", "II"])), Limits())


@pytest.mark.parametrize("first", ["0", "1"])
def test_numbered_columns_are_a_header(tmp_path, first):
    rows = [[*row, str(i % 2)] for i, row in enumerate(noise(8))]
    header = [str(i + int(first)) for i in range(LENGTH + 1)]
    found = read_set(written(tmp_path, table(rows, header)), Limits())
    assert len(found) == 8 and found.classes == ("0", "1")


def test_the_labels_are_where_few_values_come_again(tmp_path):
    whole = np.random.default_rng(0).integers(-40, 40, (8, LENGTH))
    whole[:, 0] = [1, 2, 4, 3, 2, 4, 1, 3]
    rows = [[*map(str, row), str(i % 2)] for i, row in enumerate(whole)]
    assert read_set(written(tmp_path, table(rows)), Limits()).classes == ("0", "1")
    rows = [["0.0000", *row, str(i % 2)] for i, row in enumerate(noise(8))]
    assert read_set(written(tmp_path, table(rows)), Limits()).classes == ("0", "1")


@pytest.mark.parametrize("missing", ["nan", "NA", "?", ""])
def test_a_missing_label_is_none(tmp_path, missing):
    rows = [[missing if i == 2 else "ab"[i % 2], *row] for i, row in enumerate(noise(6))]
    header = ["label", *(f"t{i}" for i in range(LENGTH))]
    with pytest.raises(SignalError, match=r"made\.csv, line 4: The row has no label"):
        read_set(written(tmp_path, table(rows, header)), Limits())


@pytest.mark.parametrize("end", [",", ""])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("sep", [True, False])
def test_habits_of_spreadsheets(tmp_path, separator, end, sep):
    rows = [[*row, "ab"[i % 2]] for i, row in enumerate(noise(6))]
    if separator != ",":
        rows = [[cell.replace(".", ",") for cell in row] for row in rows]
    header = [*(f"V.{i}" for i in range(LENGTH)), "label"]
    text = table(rows, header, separator)
    text = text.replace("\n", f"{separator}\n") if end else text
    found = read_set(written(tmp_path, (f"sep={separator}\n" if sep else "") + text), Limits())
    assert found.classes == ("a", "b") and set(found.lengths) == {LENGTH}
    assert found.series[0][0].tolist() == pytest.approx([float(v) for v in noise(6)[0]], abs=1e-6)


def test_what_is_too_short_is_no_signal(tmp_path):
    rows = [["ab"[i % 2], "0.5", "0.7"] for i in range(6)]
    with pytest.raises(SignalError, match="2 samples at most, and 8 are needed"):
        read_set(written(tmp_path, table(rows)), Limits())


# --- zips -----------------------------------------------------------------------------------------


def of_files(tmp_path, names: list[str], text: str = ""):
    path = tmp_path / "set.zip"
    signal = text or "\n".join(map(str, WAVE))
    path.write_bytes(zips.zipped(dict.fromkeys(names, signal)))
    return read_set(path, Limits())


@pytest.mark.parametrize(
    "two", [("Normal", "normal"), ("St\u00f6rung", "Sto\u0308rung"), ("A ", "A"), ("A  B", "A B")]
)
def test_names_of_one_class_are_one(tmp_path, two):
    found = of_files(tmp_path, [f"{two[0]}/0.csv", f"{two[1]}/1.csv", "V/0.csv", "V/1.csv"])
    assert len(found.classes) == 2 and found.counts.tolist() == [2, 2]


def test_patients_lie_within_their_class_and_in_one_part(tmp_path):
    names = [f"{c}/p{p}/{i}.csv" for c in "AB" for p in range(5) for i in range(3)]
    found = of_files(tmp_path, names)
    assert found.classes == ("A", "B") and len(found) == 30
    train, test = split(found)
    assert not set(train.groups) & set(test.groups), "p0 of A is p0 of B, and in one part"
    assert len(test.classes) == len(set(test.labels)) == len(set(train.labels)) == 2
    assert "nobody is in both parts" in found.division


def test_one_patient_a_class_cannot_be_divided_by_patients(tmp_path):
    found = of_files(tmp_path, [f"{c}/p{c}/{i}.csv" for c in "AB" for i in range(4)])
    train, test = split(found)
    assert len(train) + len(test) == 8 and "may be in both parts" in found.division


def test_the_sets_own_division_is_kept(tmp_path):
    names = [f"{p}/{c}/{i}.csv" for p in ("train", "test") for c in "AB" for i in range(len(p) - 2)]
    found = of_files(tmp_path, [*names, "val/A/0.csv"])
    train, test = split(found)
    assert found.classes == ("A", "B") and (len(train), len(test)) == (6, 4)
    assert all(name.startswith("test/") for name in test.names)
    assert "The signal for validation was not read." in found.notes


def test_a_class_that_is_only_tested_on_is_refused(tmp_path):
    names = [f"train/{c}/{i}.csv" for c in "AB" for i in range(2)]
    found = of_files(tmp_path, [*names, "test/A/0.csv", "test/C/0.csv", "test/C/1.csv"])
    with pytest.raises(SignalError, match="The class 'C' is only tested on"):
        split(found)


def test_one_row_is_a_signal_and_not_so_many_channels(tmp_path):
    names = [f"{c}/{i}.csv" for c in "AB" for i in "01"]
    found = of_files(tmp_path, names, ",".join(map(str, WAVE)))
    assert found.channels == 1 and set(found.lengths) == {LENGTH}


def test_leads_are_joined_by_name(tmp_path):
    two = list(zip(WAVE, reversed(WAVE), strict=True))
    right = table([[str(a), str(b)] for a, b in two], ["I", "II"])
    turned = table([[str(b), str(a)] for a, b in two], ["II", "I"])
    path = tmp_path / "set.zip"
    path.write_bytes(zips.zipped({"A/0.csv": right, "A/1.csv": turned, "B/0.csv": right}))
    found = read_set(path, Limits())
    assert all(np.array_equal(one, found.series[0]) for one in found.series)
    other = right.replace("II", "V5")
    path.write_bytes(zips.zipped({"A/0.csv": right, "B/0.csv": other}))
    with pytest.raises(
        SignalError, match=r"B/0\.csv: Its channels are I, V5, and those of the fir"
    ):
        read_set(path, Limits())


# --- archives -------------------------------------------------------------------------------------

HEAD = "@problemName Toy\n@timestamps {t}\n@univariate true\n@equalLength true\n{c}\n@data\n"


def ts(tmp_path, rows: list[str], timed: bool = False, kind: str = "@classLabel true A B"):
    text = HEAD.format(t=str(timed).lower(), c=kind) + "\n".join(rows) + "\n"
    return written(tmp_path, text, "made.ts")


@pytest.mark.parametrize("spelled", ["{:.4f}", "{:.4e}", "{:+.4f}"])
@pytest.mark.parametrize("clock", [COUNT, DATES])
def test_values_beside_times_keep_signs_and_exponents(tmp_path, spelled, clock):
    row = ",".join(f"({t},{spelled.format(v)})" for t, v in zip(clock, WAVE, strict=True))
    found = read_set(ts(tmp_path, [f"{row}:A", f"{row}:B"], timed=True), Limits())
    assert found.series[0][0].tolist() == pytest.approx(WAVE, abs=1e-4)


def test_labels_keep_their_case_and_empty_lines_and_comments_are_passed_over(tmp_path):
    row = ",".join(map(str, WAVE))
    rows = [f"{row}:Walk", "", "# a comment", f"{row}:walk", f"{row}:Finance"]
    found = read_set(ts(tmp_path, rows, kind="@classLabel true Finance Walk walk"), Limits())
    assert found.classes == ("Finance", "Walk", "walk")


def test_a_regression_set_has_no_classes(tmp_path):
    rows = [",".join(map(str, WAVE)) + f":{i}.5" for i in range(4)]
    with pytest.raises(SignalError, match="regression set"):
        read_set(ts(tmp_path, rows, kind="@targetlabel true"), Limits())


def test_lengths_that_differ_are_said_where_the_header_denies_it(tmp_path):
    rows = [",".join(map(str, WAVE)) + ":A", ",".join(map(str, WAVE[:9])) + ":B"]
    found = read_set(ts(tmp_path, rows), Limits())
    assert found.lengths.tolist() == [LENGTH, 9]
    assert any("they have 9 to 12" in note for note in found.notes)


def test_an_arff_file_with_comments_texts_and_a_counter(tmp_path):
    head = [
        "% @data of a comment",
        "@relation toy",
        "@attribute id numeric",
        "@attribute who string",
    ]
    head += [f"@attribute a{i} NUMERIC" for i in range(LENGTH)] + ["@attribute target {Slow,Fast}"]
    rows = [f"{i},'a name, of one',{','.join(map(str, WAVE))},{'Fast' if i % 2 else 'Slow'}"
            for i in range(6)]  # fmt: skip
    path = written(tmp_path, "\n".join([*head, "@data", "% here, too", *rows]), "made.arff")
    found = read_set(path, Limits())
    assert found.classes == ("Fast", "Slow") and set(found.lengths) == {LENGTH}
    assert [note.split("'")[1] for note in found.notes] == ["id", "who"]


# --- WFDB -----------------------------------------------------------------------------------------


def records(tmp_path, head: str, raw: np.ndarray):
    """A record of each of two classes."""
    path = tmp_path / "set.zip"
    both = {".hea": head.encode(), ".dat": raw.tobytes()}
    path.write_bytes(zips.zipped({f"{c}/r{e}": data for c in "AB" for e, data in both.items()}))
    return path


@pytest.mark.parametrize(
    ("spelled", "gain", "zero"),
    [(".5/mV", 0.5, 0), ("+100(+5)/mV", 100, 5), ("100.0 (5)/mV", 100, 5), ("1e+02(-5)", 100, -5)],
)
def test_gains_however_they_are_spelled(tmp_path, spelled, gain, zero):
    raw = np.arange(LENGTH, dtype="<i2") * 10
    head = f"r 1 100 {LENGTH}\nr.dat 16 {spelled} 16 0 0 0 0 I\n"
    found = read_set(records(tmp_path, head, raw), Limits())
    assert found.series[0][0] == pytest.approx((raw - zero) / gain)


def test_a_lead_that_was_stored_late_is_shifted_back(tmp_path):
    raw = np.stack([np.arange(LENGTH), np.arange(LENGTH) + 100]).astype("<i2").T
    head = f"r 2 100 {LENGTH}\nr.dat 16 1 16 0 0 0 0 I\nr.dat 16:3 1 16 0 0 0 0 II\n"
    first, second = read_set(records(tmp_path, head, raw), Limits()).series[0]
    assert np.array_equal(second[:9], first[:9] + 103) and np.isnan(second[9:]).all()
