"""Labelled signals, their division, and the one form that a network takes them in."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.shared.classification.labelled import check_trainable, split
from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.errors import SignalError
from plugins.signal_classification.learning.input_form import (
    LEAST,
    MOST,
    Form,
    filled,
    form_of,
    resampled,
)

NAN = float("nan")


def labelled(*series, labels=None, classes=("a", "b")) -> SignalSet:
    """Signals of classes in turn."""
    labels = np.arange(len(series)) % len(classes) if labels is None else np.array(labels)
    return SignalSet(list(series), labels, classes)


def wave(length: int, times: float = 1.0, channels: int = 1) -> np.ndarray:
    return np.tile(np.sin(2 * np.pi * times * np.linspace(0, 1, length)), (channels, 1))


def test_a_row_filled_with_nan_is_a_shorter_signal_and_infinities_are_gaps():
    row = np.array([1.0, 2, NAN, np.inf, 5, NAN, NAN])
    signals = labelled(row, row[:3], row, row)
    assert signals.lengths.tolist() == [5, 2, 5, 5]
    assert np.isnan(signals.series[0][0, 2:4]).all()
    assert signals.notes == ("Infinite values in 3 signals count as gaps.",)


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ([[1, 2, 3], np.full(4, NAN)], "holds no number at all"),
        ([np.ones((2, 5)), np.ones((3, 5))], "has 3 channels, and the first signal has 2"),
        ([np.ones((2, 5, 4))], "has 3 dimensions"),
        ([["x", "y"]], "no number"),
        ([], "holds no signal"),
    ],
)
def test_what_is_no_signal_is_refused_by_name(series, said):
    with pytest.raises(SignalError, match=said):
        labelled(*series)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0, 0, 0, 0], "All signals are of one class"),
        ([0, 0, 0, 1], "'b' has one example"),
    ],
)
def test_one_class_and_one_example_cannot_be_trained_on(labels, said):
    signals = labelled(*[wave(20)] * 4, labels=labels)
    with pytest.raises(SignalError, match=said):
        check_trainable(signals)
    with pytest.raises(SignalError, match=said):
        split(signals)


def test_the_split_keeps_every_class_on_both_sides_and_is_the_same_for_a_seed():
    labels = [0] * 10 + [1] * 2 + [2] * 31
    signals = labelled(
        *[wave(20, i + 1) for i in range(43)], labels=labels, classes=("a", "b", "c")
    )
    train, test = split(signals, 0.3, 1)
    assert test.counts.tolist() == [3, 1, 9] and train.counts.tolist() == [7, 1, 22]
    assert set(train.names) | set(test.names) == set(signals.names)
    assert not set(train.names) & set(test.names)
    assert split(signals, 0.3, 1)[1].names == test.names != split(signals, 0.3, 2)[1].names


def test_gaps_are_bridged_by_straight_lines_and_ends_stay_level():
    one = np.array([[NAN, 1, NAN, NAN, 4, NAN], [NAN] * 6])
    assert filled(one).tolist() == [[1, 1, 2, 3, 4, 4], [0] * 6]


def test_stretching_keeps_a_line_straight_and_condensing_keeps_what_is_slow():
    assert np.allclose(resampled(np.arange(5.0)[None], 9), np.linspace(0, 4, 9))
    slow = resampled(wave(10_000, 3), 100)
    assert np.abs(slow - wave(100, 3)).max() < 0.02


def test_what_is_too_fast_for_the_new_length_is_gone_and_not_something_slow():
    fast = resampled(wave(10_000, 480), 500)  # Aliased, it would be a wave of 20 periods.
    assert np.abs(fast).max() < 0.02
    assert np.abs(wave(10_000, 480)[:, :: 10_000 // 500]).max() > 0.9


@pytest.mark.parametrize(("length", "given"), [(3, LEAST), (150, 150), (100_000, MOST)])
def test_any_length_fits_and_it_is_said(length, given):
    signals = labelled(*(wave(length, 2.3 + i) for i in range(4)))
    form = form_of(signals)
    inputs, notes = form.apply(signals.series)
    assert inputs.shape == (4, 1, given) and inputs.dtype == np.float32
    assert np.allclose(inputs.mean(2), 0, atol=1e-5) and np.allclose(inputs.std(2), 1, atol=1e-4)
    assert len(notes) == (length != given)
    assert not notes or f"{given} samples" in notes[0] and f"{length:,}" in notes[0]


def test_unequal_lengths_gaps_and_constant_signals_are_all_said():
    holed = wave(50)
    holed[0, 10:20] = NAN
    signals = labelled(wave(60), wave(80), holed, np.full(60, 7.0))
    inputs, notes = form_of(signals).apply(signals.series)
    assert inputs.shape == (4, 1, 80) and np.isfinite(inputs).all()
    assert (inputs[3] == 0).all()
    assert [note.split()[0] for note in notes] == ["3", "Gaps", "One"]
    assert "constant" in notes[2]


def test_a_constant_far_from_zero_stays_constant_in_float32():
    signals = labelled(*[np.full(30, 1e7 + 0.1)] * 2, *[wave(30)] * 2)
    inputs, _ = form_of(signals).apply(signals.series)
    assert (inputs[:2] == 0).all()


def test_several_channels_keep_their_strength_to_one_another():
    weak, strong = wave(40, 2, 2), 10 * wave(40, 2, 2)
    signals = labelled(weak, strong, weak, strong)
    form = form_of(signals)
    inputs, _ = form.apply(signals.series)
    assert form.scale == "set"
    assert np.allclose(inputs[1].std(1) / inputs[0].std(1), 10, rtol=1e-3)
    assert np.isclose(inputs[:, 0].std(), 1, rtol=1e-3)
    assert Form(**form.plain()).apply(signals.series)[0].tolist() == inputs.tolist()


def test_a_form_refuses_other_channels_and_unknown_scales():
    with pytest.raises(SignalError, match="has 2 channels, and the network takes 1"):
        Form(1, 20).apply([wave(20, channels=2)])
    with pytest.raises(SignalError, match="no scale called 'loud'"):
        Form(1, 20, "loud")
    with pytest.raises(SignalError, match="length"):
        Form(1, 0)
