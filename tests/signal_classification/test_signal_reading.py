"""What a table is taken for, shown before anything is trained: roles, ways, windows."""

from __future__ import annotations

import numpy as np
import pytest
from signal_classification.test_signal_columns import table, written

from plugins.shared.classification.labelled import split
from plugins.signal_classification.data.reader import read_set, read_signals
from plugins.signal_classification.data.reading import Asked
from plugins.signal_classification.errors import SignalError
from plugins.signal_classification.views.preview import preview
from registry.context import Limits
from tests.shared.faces.markup import Page


def recording(runs: list[tuple], clock: bool = True, person: bool = False) -> str:
    """Stretches of (activity, rows) or (activity, rows, person), three axes at 50 Hz."""
    rng, rows = np.random.default_rng(0), []
    for activity, count, *who in runs:
        for _ in range(count):
            at = [str(len(rows) / 50)] if clock else []
            axes = [f"{v:.3f}" for v in rng.standard_normal(3)]
            rows.append([*at, *(who if person else []), *axes, activity])
    header = [*(["timestamp"] if clock else []), *(["subject"] if person else [])]
    return table(rows, [*header, "acc_x", "acc_y", "acc_z", "activity"])


@pytest.mark.parametrize("clock", [True, False])
def test_a_recording_with_labels_is_cut_into_windows(tmp_path, clock):
    text = recording([("walk", 1000), ("run", 700), ("walk", 800), ("run", 640)], clock)
    found = read_set(written(tmp_path, text), Limits())
    assert found.classes == ("run", "walk") and found.channels == 3
    assert set(found.lengths) == {128} and len(found) == 23
    assert any("23 windows of 128 samples" in note for note in found.notes)
    assert "whole stretches" in found.division
    train, test = split(found)
    assert not set(train.groups) & set(test.groups)
    assert found.reading.roles[-1] == "label" and found.reading.way == "columns"
    assert ("time" in found.reading.roles) == clock


def test_persons_are_not_in_both_parts(tmp_path):
    runs = [(activity, 40, who) for who in ("p1", "p2", "p3") for activity in ("walk", "run")]
    found = read_set(written(tmp_path, recording(runs, person=True)), Limits())
    assert len(set(found.groups)) == 3 and "whole persons" in found.division
    rng = np.random.default_rng(0)
    rows = [["ab"[i % 2], f"p{i // 4}", *(f"{v:.2f}" for v in rng.random(9))] for i in range(16)]
    wide = read_set(written(tmp_path, table(rows, ["class", "patient", *"qrstuvwxz"])), Limits())
    train, test = split(wide)
    assert not set(train.groups) & set(test.groups) and "whole persons" in wide.division


def test_two_long_stretches_are_divided_in_time(tmp_path):
    found = read_set(written(tmp_path, recording([("walk", 400), ("run", 400)])), Limits())
    train, test = split(found)
    assert len(train) and len(test) and "figures flatter" in found.division
    assert test.names[0] == "lines 290 to 321" and "lines 2 to 33" in train.names


def test_the_way_and_the_label_can_be_changed(tmp_path):
    path = written(tmp_path, recording([("walk", 100), ("run", 70), ("walk", 80), ("run", 64)]))
    short = read_set(path, Limits(), Asked(window=32))
    assert set(short.lengths) == {32}
    with pytest.raises(SignalError, match="3 samples at most"):
        read_set(path, Limits(), Asked(way="rows"))
    with pytest.raises(SignalError, match="There is no column 'pulse'"):
        read_set(path, Limits(), Asked(label="pulse"))
    across = table([[f"{v:.2f}" for v in row] for row in np.random.default_rng(0).random((12, 4))],
                   ["walk", "walk.1", "run", "run.1"])  # fmt: skip
    found = read_set(written(tmp_path, across), Limits(), Asked(way="columns"))
    assert found.classes == ("run", "walk") and set(found.lengths) == {12}
    three = written(tmp_path, table([[str(i * k % 7) for k in (3, 4, 2)] for i in range(9)]))
    assert read_signals(three, Limits(), 3).series[0].shape == (3, 9)


def test_the_preview_shows_what_was_taken_for_what(tmp_path):
    text = recording([("<b>walk", 100), ("run", 70), ("<b>walk", 80), ("run", 64)])
    found = read_set(written(tmp_path, text), Limits())
    page = Page(preview(found.reading))
    for words in ("timestamp", "time", "activity", "label", "acc_y", "sample", "Time runs down"):
        assert words in page.text
    rows = [["a", *map(str, range(40))], ["b", *map(str, range(40))]] * 3
    wide = read_set(written(tmp_path, table(rows)), Limits())
    page = Page(preview(wide.reading))
    assert "Each row is a signal" in page.text and "29 more" in page.text
