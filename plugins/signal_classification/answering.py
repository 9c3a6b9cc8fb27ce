"""Networks that answer: the one that comes with the page, and what is said of many signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from plugins.shared.classification.metrics import tally
from plugins.signal_classification.data.beats import Strip, beats_of, windows_of
from plugins.signal_classification.data.reader import Signals
from plugins.signal_classification.data.resampling import filled
from plugins.signal_classification.session import Pool, Session
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.classification.metrics import Tally
    from plugins.signal_classification.learning.trained import Answers, Trained

BEATS, WINDOWS, WHOLE = "beats", "windows", "whole"
"""What is done with recordings."""


def take_test(session: Session) -> None:
    """Make the signals that the visitor's network was tested on those to choose from."""
    test, trained = session.own.test, session.own.trained
    truths = tuple(test.classes[label] for label in test.labels)
    found = Signals(test.series, test.names, (), truths)
    session.pool = classified(trained, test.title, found)


def classified(trained: Trained, title: str, signals: Signals, cut: str = WHOLE) -> Pool:
    """Classify signals. Labels that the network knows are the truth to score it by.

    Args:
        cut: What to do with recordings: `BEATS`, `WINDOWS` or `WHOLE`.

    Raises:
        SignalError: One has other channels than the networks take.
    """
    signals, strip = pieces(trained, signals, cut)
    found = trained.classify(signals.series, signals.names)
    truths = tuple(one if one in trained.classes else "" for one in signals.labels)
    return Pool(
        title,
        tuple(signals.series),
        tuple(signals.names),
        truths or ("",) * len(signals.series),
        trained.classes,
        found.probabilities,
        (*signals.notes, *found.notes),
        answers=found,
        reading=signals.reading,
        score=scored(trained, found, truths),
        strip=strip,
    )


def pieces(trained: Trained, signals: Signals, cut: str) -> tuple[Signals, Strip | None]:
    """Recordings that are far longer than what was trained on, cut; and the first of them whole."""
    form = trained.form
    if cut == WHOLE or not any(form.is_long(one.shape[1]) for one in signals.series):
        return signals, None
    series, names, labels, shown, notes = [], [], [], None, list(signals.notes)
    for i, (name, one) in enumerate(zip(signals.names, signals.series, strict=True)):
        if not form.is_long(one.shape[1]):
            series.append(one)
            names.append(name)
            labels += signals.labels[i : i + 1]
            continue
        whole = filled(np.asarray(one, np.float64))
        strip = beats_of(whole, signals.rate) if cut == BEATS else None
        if strip is None:
            if cut == BEATS:
                notes.append("No heartbeats were found in a recording.")
            strip = windows_of(whole, form.natural or form.length, signals.rate)
        shown = shown or strip
        for number, ((first, end), mark) in enumerate(zip(strip.pieces, strip.marks, strict=True)):
            series.append(one[:, first:end])
            labels += signals.labels[i : i + 1]
            words = {"n": number + 1, "at": mark / (strip.rate or 1)}
            told = "beat {n:,}, {at:.2f} s" if strip.beats else "window {n:,}, {at:.2f} s"
            if not signals.rate:
                words["at"] = int(mark)
                told = "beat {n:,}, sample {at:,}" if strip.beats else "window {n:,}, sample {at:,}"
            names.append(say(told, **words))
    if shown.beats:
        told = "Cut into {n:,} beats, each from just before its QRS complex to the next one."
        notes.append(say(told, n=len(series)))
        if not signals.rate:
            told = "No sampling rate is told; by its rhythm it was taken for {rate:.0f} Hz."
            notes.append(say(told, rate=shown.rate))
    else:
        told = "Cut into {n:,} windows as long as the signals that were trained on ({length:,})."
        notes.append(say(told, n=len(series), length=form.natural or form.length))
    return replace(
        signals, series=series, names=tuple(names), labels=tuple(labels), notes=tuple(notes)
    ), shown


def scored(trained: Trained, found: Answers, truths: Sequence[str]) -> Tally | None:
    """How good answers are, over the signals whose class is known and known to the network."""
    known = [i for i, truth in enumerate(truths) if truth]
    if not known:
        return None
    labels = np.array([trained.classes.index(truths[i]) for i in known])
    return tally(found.probabilities[known].argmax(1), labels, trained.classes)


@lru_cache(maxsize=1)
def packaged() -> Trained:
    """The network that comes with the page.

    Raises:
        ModelFileError: It is missing or damaged.
    """
    from plugins.signal_classification.learning.packaged_model import recorded

    return recorded()[0]
