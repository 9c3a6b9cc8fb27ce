"""Files of signals: tables, archives, zips and WFDB records, whole and broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zips

from plugins.signal_classification.data.reader import read_set, read_signals
from plugins.signal_classification.data.reading import Asked
from plugins.signal_classification.errors import SignalError
from registry.context import Limits
from tests.shared.faces import made

UCR = "1\t0.5\t1.5\t2.5\n-1\t3\t4\tNaN\n1\t5\t?\t7\n-1\t8\t9\t10\n"
TS = """@problemName made
@timeStamps false
@univariate true
@equalLength true
@seriesLength 4
@classLabel true up down
@data
1,2,3,4:up
4,3,2,1:down
2,3,4,5:up
"""
ARFF = """@relation made
@attribute a numeric
@attribute b numeric
@attribute c numeric
@attribute target {0,1}
@data
1,2,3,0
3,2,1,1
"""


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """The signals here are short, so that they can be read at a glance."""
    monkeypatch.setattr("plugins.signal_classification.data.reader.LEAST", 1)


def file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(folder: Path, files: dict[str, str | bytes]) -> Path:
    return file(folder, "set.zip", zips.zipped(files))


def test_a_ucr_table(tmp_path):
    found = read_set(file(tmp_path, "Made_TRAIN.tsv", UCR), Limits())
    assert found.classes == ("-1", "1") and found.labels.tolist() == [1, 0, 1, 0]
    assert found.lengths.tolist() == [3, 2, 3, 3]
    assert np.isnan(found.series[2][0, 1])
    assert found.names[1] == "line 2"


@pytest.mark.parametrize(
    ("text", "label", "classes", "length"),
    [
        ("label,0,1,2\nsick,1,2,3\nwell,4,5,6\n", "", ("sick", "well"), 3),
        ("0,1,2,class\n1.5,2,3,A\n4,5,6,B\n", "", ("A", "B"), 3),
        ("a;1,5;2,5\nb;3;4\na;5;6\n", "", ("a", "b"), 2),
        ("1 0.5 0.7\n2 0.6 0.8\n1 0.1 0.2\n2 0.3 0.4\n", "", ("1", "2"), 2),
        ("0.5,0.7,3\n0.6,0.8,4\n0.1,0.2,3\n0.1,0.2,4\n", "", ("3", "4"), 2),
        ("a,b,kind\n1,2,7\n3,4,8\n", "kind", ("7", "8"), 2),
        ("1,2,7\n3,4,8\n", "3", ("7", "8"), 2),
    ],
)
def test_a_table_with_its_labels_anywhere(tmp_path, text, label, classes, length):
    found = read_set(file(tmp_path, "made.csv", text), Limits(), Asked(label))
    assert found.classes == classes
    assert set(found.lengths.tolist()) == {length}
    assert "column" in found.notes[0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("made.csv", "a,1,2\nb,1,oops\n", "made.csv, line 2: 'oops' in column 3 is no number"),
        ("made.csv", "0.1,0.2\n0.3,0.4\n", "No column looks like labels"),
        ("made.csv", "label,a,b\n", "only a header"),
        ("made.csv", "", "The file is empty"),
        ("made.csv", "\n\n", "holds no values"),
        ("made.csv", "label,a\n,1\n", r"made.csv, line 2: .*has no label"),
        ("made.csv", b"\x89PNG\r\n\x1a\n\0\0", "seems to be a PNG picture"),
        ("made.pdf", "x", "Files .pdf are not read"),
        ("made.ts", "@classLabel true a b\n@data\n1,x,3:a", "made.ts, line 3: 'x' is no number"),
        ("made.arff", "nonsense", "Its signals have no class"),
        ("made.zip", "no zip", "no zip archive"),
    ],
)
def test_a_broken_file_says_what_and_where(tmp_path, name, content, said):
    with pytest.raises(SignalError, match=said):
        read_set(file(tmp_path, name, content), Limits())


def test_an_unknown_label_column_names_the_known_ones(tmp_path):
    path = file(tmp_path, "made.csv", "one,two,kind\n1,2,7\n3,4,8\n")
    with pytest.raises(SignalError, match="no column 'sort'.*one, two, kind"):
        read_set(path, Limits(), Asked("sort"))


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = file(tmp_path, "made.csv", "a,1,2\n" * 100)
    with pytest.raises(SignalError, match="more than the 100 bytes read"):
        read_set(path, Limits(archive_bytes=100))


@pytest.mark.parametrize(("name", "text"), [("made.ts", TS), ("MADE.TS", TS), ("made.arff", ARFF)])
def test_the_archives_formats(tmp_path, name, text):
    pytest.importorskip("aeon")
    found = read_set(file(tmp_path, name, text), Limits())
    assert len(found.classes) == 2 and found.channels == 1
    assert found.series[1][0, 0] > found.series[1][0, -1]


def test_a_zip_with_one_folder_a_class(tmp_path):
    path = zipped(
        tmp_path,
        {
            "data/well/1.csv": "time,I,II\n0,1,2\n1,3,4\n2,5,6\n",
            "data/well/2.csv": "time,I,II\n0,1,\n1,3,4\n",
            "data/sick/1.csv": "I,II\n9,8\n7,6\n",
            "data/readme.md": "words",
            "__MACOSX/data/._1.csv": "junk",
        },
    )
    found = read_set(path, Limits())
    assert found.classes == ("sick", "well") and found.counts.tolist() == [1, 2]
    assert found.channels == 2 and sorted(found.lengths.tolist()) == [2, 2, 3]
    assert found.series[found.names.index("data/well/1.csv")].tolist() == [[1, 3, 5], [2, 4, 6]]
    assert found.notes == (
        "Column 'time' is the time and was left out.",
        "1 file in the zip that is no signal was left out.",
    )


def test_class_names_are_read_in_their_encoding_or_in_the_chosen_one(tmp_path):
    names = ("정상", "이상")
    files = {f"{name}/1.csv".encode("cp949"): b"1\n2\n3\n" for name in names}
    path = made.raw_names(tmp_path / "set.zip", files)
    assert set(read_set(path, Limits()).classes) == set(names)
    chosen = read_set(path, Limits(), Asked(encoding="gb18030")).classes
    assert set(chosen) == {name.encode("cp949").decode("gb18030") for name in names}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"1.csv": "1\n2\n"}, "lies in no folder"),
        ({"a/readme.md": "x"}, "The zip holds no signal"),
        ({"a/../../b/1.csv": "1\n2\n"}, "leaves the set"),
        ({"a/1.hea": "1 1 100 4\n1.dat 16 200 16 0 0 0 0 I\n"}, "is not in the zip"),
        ({"a/1.hea": "1 1 100 4\n../x.dat 16 200\n"}, "lies elsewhere"),
        ({"a/1.hea": "1 1 100 4\n1.dat 160 200\n", "a/1.dat": "xx"}, "format 160"),
        ({"a/1.hea": "1 1 100 4\n1.dat 16 200\n", "a/1.dat": "xxxx"}, "cut short: 2 of 4"),
        ({"a/1.hea": "1/2 1 100 4\n"}, "None of its segments"),
        ({"a/1.hea": "words"}, "first line is damaged"),
        ({"a/1.csv": "1,2\n3,4\n", "a/2.csv": "1\n2\n"}, "has 1 channels, and the first signal"),
    ],
)
def test_a_broken_zip_says_what_and_where(tmp_path, files, said):
    with pytest.raises(SignalError, match=said):
        read_set(zipped(tmp_path, files), Limits())


def packed_212(samples: np.ndarray) -> bytes:
    """Samples (2 n,) of 12 bits as the format has them, by its definition bit by bit."""
    out = bytearray()
    for first, second in samples.reshape(-1, 2).tolist():
        first, second = first & 0xFFF, second & 0xFFF
        out += bytes((first & 0xFF, first >> 8 | second >> 8 << 4, second & 0xFF))
    return bytes(out)


def test_wfdb_records_give_the_values_that_were_written(tmp_path):
    rng = np.random.default_rng(0)
    raw = rng.integers(-2000, 2000, (2, 50))
    raw[1, 7] = -2048  # No value.
    lines = "100 2 360 50\n100.dat {} 200(10)/mV 11 1024 995 0 0 MLII\n100.dat {} 100 11 5 0 0 0 V5"
    sixteen = raw.copy()
    sixteen[1, 7] = -32768
    eight = rng.integers(-127, 127, (1, 50))
    path = zipped(
        tmp_path,
        {
            "a/100.hea": lines.format(212, 212),
            "a/100.dat": packed_212(raw.T.reshape(-1)),
            "b/100.hea": "# a remark\n" + lines.format(16, "16+0"),
            "b/100.dat": sixteen.T.astype("<i2").tobytes(),
        },
    )
    found = read_set(path, Limits())
    expected = np.stack([(raw[0] - 10) / 200, (raw[1] - 5) / 100])
    expected[1, 7] = np.nan
    for one in found.series:
        assert np.allclose(one, expected, equal_nan=True, atol=1e-6)
    (tmp_path / "set.zip").unlink()
    path = zipped(
        tmp_path,
        {"c/1.hea": "1 1 100 50\n1.dat 80\n", "c/1.dat": (eight + 128).astype(np.uint8).tobytes()},
    )
    assert np.allclose(read_set(path, Limits()).series[0], eight / 200)


def test_signals_to_classify(tmp_path):
    rows = file(tmp_path, "rows.csv", "1,2,3,4\n5,6,7,8\n9,8,7,6\n")
    assert [s.tolist() for s in read_signals(rows, Limits()).series][1] == [[5, 6, 7, 8]]
    down = file(tmp_path, "down.csv", "time,mV\n0,1\n1,4\n2,9\n")
    found = read_signals(down, Limits())
    series, notes = found.series, found.notes
    assert series[0].tolist() == [[1, 4, 9]] and "Time runs down" in notes[0]
    three = file(tmp_path, "three.csv", "x,y,z\n1,2,3\n4,5,6\n")
    assert read_signals(three, Limits(), 3).series[0].tolist() == [[1, 4], [2, 5], [3, 6]]
    found = read_signals(file(tmp_path, "Made_TEST.tsv", UCR), Limits())
    series, notes = found.series, found.notes
    assert series[0].tolist() == [[0.5, 1.5, 2.5]] and "left out" in notes[0]
    loose = zipped(tmp_path, {"1.csv": "1\n2\n", "a/2.csv": "3\n4\n"})
    assert len(read_signals(loose, Limits()).series) == 2


def test_aeons_shipped_sets_come_as_the_archive_divides_them():
    pytest.importorskip("aeon")
    from plugins.signal_classification.data.aeon_sets import load_shipped

    train, test = load_shipped("GunPoint")
    assert (len(train), len(test)) == (50, 150) and train.classes == ("gun", "point")
    motions, _ = load_shipped("BasicMotions")
    assert motions.channels == 6 and len(motions.classes) == 4
    with pytest.raises(SignalError, match="no set called 'Nothing'"):
        load_shipped("Nothing")
