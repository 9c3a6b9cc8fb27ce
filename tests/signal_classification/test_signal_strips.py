"""Long recordings: beats where they are, windows elsewhere, nothing squeezed unsaid."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from signal_classification.test_signal_events import asked_of, learn, upload

from plugins.signal_classification.data.beats import beats_of, guessed_rate, peaks, windows_of
from plugins.signal_classification.data.simulated_ecg import RATE, strip
from plugins.signal_classification.session import Session
from plugins.signal_classification.train_events import Events
from registry.context import Limits

pytestmark = pytest.mark.usefixtures("one_thread")
PREMATURE = (7, 15, 26)


@pytest.fixture
def events() -> Events:
    return Events(SimpleNamespace(limits=Limits(), device="cpu", caller_left=lambda: False))


def test_every_beat_is_found_with_and_without_a_rate():
    signal, times = strip(30, PREMATURE)
    found = peaks(signal, RATE)
    assert 33 <= len(found) <= 36 and np.diff(found).min() > 0.4 * RATE
    assert all(np.abs(found / RATE - time).min() < 0.1 for time in times)
    assert guessed_rate(signal) == pytest.approx(RATE, rel=0.2)
    noise = np.random.default_rng(0).standard_normal((1, 4000))
    assert beats_of(noise, 0.0) is None and beats_of(noise[:, :50], 256.0) is None


def csv(signal: np.ndarray, rate: float) -> str:
    rows = [f"{i / rate:.4f},{v:.4f}" for i, v in enumerate(signal)] if rate else map(str, signal)
    return "\n".join(["timestamp,ecg" if rate else "ecg", *rows]) + "\n"


@pytest.mark.parametrize("rate", [RATE, 0])
def test_premature_beats_of_a_strip_are_named_where_they_are(events, tmp_path, rate):
    signal, times = strip(30, PREMATURE)
    session = Session()
    shown = asked_of(events, session, upload(tmp_path, "strip.csv", csv(signal, rate)))
    pool = session.pool
    early = [i for i, row in enumerate(pool.probabilities) if row.argmax() != 0]
    assert len(early) == 3 and 33 <= len(pool.names) <= 36
    found = pool.strip.marks[early] / RATE
    assert np.abs(found - times).max() < 0.1, "they lie where they were made"
    assert shown["strip"].count('class="is-rare" x=') == 3 and "beat by beat" in shown["strip"]
    assert any("Cut into" in note for note in pool.notes)
    assert any("sampling rate" in note for note in pool.notes) == (not rate)
    assert "beat 1" in shown["table"] and "pv-error" not in shown["answer"]


def test_other_long_signals_are_cut_into_windows_unless_asked_otherwise(events, tmp_path):
    session = Session()
    learn(events, session, values=("rocket", "", 1, 20, 60))
    long = np.sin(np.linspace(0, 60, 430))
    shown = asked_of(events, session, upload(tmp_path, "long.csv", csv(long, 50)))
    assert len(session.pool.names) == 11 and "window by window" in shown["strip"]
    assert session.pool.series[0].shape == (1, 40)
    assert any("as long as the signals that were trained on (40)" in n for n in session.pool.notes)
    whole = [*events.asking.read_anew(session, "", "whole")][-1]
    assert len(session.pool.names) == 1 and not whole["strip"]
    assert any("condensed to 40 samples" in note for note in session.pool.notes)
    assert windows_of(long[None], 40, 0.0).pieces[-1].tolist() == [390, 430]
