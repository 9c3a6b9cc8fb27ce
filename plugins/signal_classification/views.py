"""What the signal page says: of a set, of a run, and of an answer. HTML text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from plugins.classification.views import bars, confusion, reliability, said
from plugins.signal_classification import plots
from plugins.svg import clock, number, percent

if TYPE_CHECKING:
    from plugins.signal_classification.session import Session
    from plugins.signal_classification.signals import SignalSet
    from plugins.signal_classification.training import Progress

SHOWN = 3
"""Examples of each class that are drawn of a set."""
MOST = 6
"""Classes that are drawn."""
NETWORK = "The network"


def about_shipped(name: str) -> str:
    """What a set of aeon's is."""
    from plugins.signal_classification.shipped import SHIPPED, SOURCE

    return f"{SHIPPED[name].about} {SOURCE}."


def set_view(train: SignalSet, test: SignalSet, about: str) -> str:
    """How many signals, what kind, and a few of each class over one another."""
    low, high = train.lengths.min(), train.lengths.max()
    length = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    channels = "one channel" if train.channels == 1 else f"{train.channels} channels"
    counts = f"{len(train):,} signals to learn from, {len(test):,} to be tested on"
    words = f"{counts}; {channels}, {length} samples; {len(train.classes)} classes."
    notes = "".join(said(note) for note in (*train.notes, about) if note)
    return f'<div class="sg-set"><p>{escape(words)}</p>{notes}{_examples(train)}</div>'


def _examples(signals: SignalSet) -> str:
    drawn = []
    for label, name in enumerate(signals.classes[:MOST]):
        own = np.flatnonzero(signals.labels == label)
        for i in own[:SHOWN]:
            one = np.nan_to_num(signals.series[i][:1])
            drawn.append(plots.lit(one, None, f"{name} ({len(own)})"))
    return f'<div class="sg-examples">{"".join(drawn)}</div>'


def training(progress: Progress) -> str:
    """How far a run is."""
    known = np.isfinite(progress.balanced)
    found = f"; balanced accuracy {percent(progress.balanced)}" if known else ""
    return said(
        f"Network {progress.member + 1} of {progress.members}, epoch {progress.epoch}, loss "
        f"{number(progress.loss)}{found}. {percent(progress.share)} done, "
        f"{clock(progress.seconds)} so far."
    )


def trained(session: Session) -> str:
    """What came of a run, in a sentence."""
    outcome = session.outcome
    return said(
        f"{outcome.steps:,} steps in {clock(outcome.seconds)}: of the test signals "
        f"{percent(outcome.report.accuracy)} are named rightly, and of each class "
        f"{percent(outcome.report.balanced)} on average."
    )


def results(session: Session) -> str:
    """The network beside the baselines, its mistakes, and its certainty."""
    outcome, report = session.outcome, session.outcome.report
    rows = [(NETWORK, report.balanced, report.accuracy, outcome.seconds, True)]
    rows += [
        (one.name, one.tally.balanced, one.tally.accuracy, one.seconds, False)
        for one in session.baselines
    ]
    title = (
        f"Can its certainty be believed? ECE {percent(report.calibration.error)}; divided by a "
        f"temperature of {number(report.temperature, 2)}: {percent(report.cooled.error)}"
    )
    curves = [("as it is", report.calibration), ("cooled", report.cooled)]
    drawn = confusion(report) + reliability(title, curves)
    drawn += plots.learning(session.run.progress, outcome.seconds)
    board = plots.scoreboard(rows, report.majority)
    return f'{board}<div class="pv-plots pc-plots">{drawn}</div>'


def answer(
    classes: Sequence[str], probabilities: np.ndarray, truth: str, notes: Sequence[str]
) -> str:
    """The class, the others, and what was done to the signal."""
    best = classes[int(probabilities.argmax())]
    known = ""
    if truth:
        right = "which is right" if truth == best else f"but it is {truth}"
        known = f", {right}"
    words = f'<p class="sg-answer"><b>{escape(best)}</b>{escape(known)}</p>'
    return words + bars(classes, probabilities) + "".join(said(note) for note in notes)
