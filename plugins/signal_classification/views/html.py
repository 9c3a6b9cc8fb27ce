"""What the signal page says: of a set, a network, a run, and an answer. HTML text."""

from __future__ import annotations

from collections.abc import Sequence
from json import dumps
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from markupsafe import Markup

from plugins.shared.classification.views import bars, confusion, counted, reliability, said
from plugins.shared.page.plots import number, percent
from plugins.shared.page.provenance import named_weights, provenance
from plugins.signal_classification.settings import COVERAGE
from plugins.signal_classification.views import plots
from plugins.signal_classification.views.opening import plain
from weights.messages import listed, say

if TYPE_CHECKING:
    from plugins.signal_classification.data.signal_set import SignalSet
    from plugins.signal_classification.session import Answering, Session
    from plugins.signal_classification.views.results import Shown

EXAMPLES, KINDS = 3, 6
"""Examples of each class that are drawn of a set, and classes that are drawn."""
CHANNELS = 6
"""Channels that are drawn."""


def about_shipped(name: str) -> tuple[str, str]:
    """What a set of aeon's is, and where it comes from, a sentence each."""
    from plugins.signal_classification.data.aeon_sets import SHIPPED, SOURCE

    return SHIPPED[name].about, f"{SOURCE}."


def set_view(train: SignalSet, test: SignalSet, notes: Sequence[str]) -> Markup:
    """How many signals, what kind, and a few of each class.

    Args:
        notes: What else is to be said, a sentence each.
    """
    low, high = train.lengths.min(), train.lengths.max()
    length = f"{low:,}" if low == high else say("{low:,} to {high:,}", low=low, high=high)
    channels = (
        "one channel"
        if train.channels == 1
        else say("{channels} channels", channels=train.channels)
    )
    counts = say(
        "{train:,} signals to learn from, {test:,} to be tested on",
        train=len(train),
        test=len(test),
    )
    words = say(
        "{counts}; {channels}, {length} samples; {classes} classes.",
        counts=say(counts),
        channels=say(channels),
        length=length,
        classes=len(train.classes),
    )
    quiet = Markup().join(said(note) for note in (*train.notes, *notes))
    return Markup('<div class="sg-set"><p>{}</p>{}{}</div>').format(words, quiet, _examples(train))


def _examples(signals: SignalSet) -> Markup:
    drawn = []
    for label, name in enumerate(signals.classes[:KINDS]):
        own = np.flatnonzero(signals.labels == label)
        for i in own[:EXAMPLES]:
            one = np.nan_to_num(signals.series[i][:1])
            drawn.append(plots.lit(one, None, say("{name} ({own})", name=say(name), own=len(own))))
    left = len(signals.classes) - KINDS
    more = said(say("{left} more classes are not drawn.", left=left)) if left > 0 else ""
    return Markup('<div class="sg-examples">{}</div>{}').format(Markup().join(drawn), more)


# --- the network that answers -----------------------------------------------------------------


def card(answering: Answering) -> Markup:
    """Which network answers, its licence and its training data."""
    licence = say("Licence: {licence}.", licence=answering.licence) if answering.licence else ""
    data = say("Trained on: {data}.", data=say(answering.data))
    figures = "; ".join(f"{name} {value:g}" for name, value in answering.figures.items())
    measured = say("Its file says: {figures}.", figures=figures) if figures else ""
    place = "packaged" if answering.licence else "fine-tuned in this visit"
    line = named_weights(answering.title, place, answering.licence)
    return provenance(line, Markup("{} {} {}").format(licence, data, measured))


def which(session: Session) -> dict:
    """The choice of the network that answers; seen where there are two."""
    mine = [(one.title, str(i)) for i, one in enumerate(session.found)]
    value = next((str(i) for i, one in enumerate(session.found) if one is session.own), "")
    return gr.Radio(
        [("The network of the page", "shipped"), *mine],
        value=value if session.asked_own else "shipped",
        visible=bool(mine),
    )


def answer(shown: Shown, where: str) -> Markup:
    """The signal in the colours of the evidence, the class, and the others to choose from.

    Args:
        where: On what it was computed.
    """
    best = shown.classes[shown.best]
    verdict = ""
    if shown.truth:
        right = (
            "which is right"
            if shown.truth == best
            else say("but it is {truth}", truth=say(shown.truth))
        )
        verdict = Markup("<span>{}</span>").format(right)
    shares = plots.evidence(shown.maps)
    maps = dumps(plain(100 * shares, 0))
    drawn = plots.lit(shown.signal[:CHANNELS], shares[shown.best], shown.name, "is-asked")
    quiet = [*shown.notes, say("Answered in {ms:,.1f} ms on {where}.", ms=shown.ms, where=where)]
    left = len(shown.signal) - CHANNELS
    if left > 0:
        quiet.insert(0, say("{left} more channels are not drawn.", left=left))
    open_ = ""
    if shown.likely:
        told = "Prediction set (holds the truth in {coverage:.0%} of cases): {classes}"
        classes = listed(map(say, shown.likely), last="{first}, {second}")
        open_ = said(say(told, coverage=COVERAGE, classes=classes))
    return Markup(
        '<p class="sg-answer"><b>{best}</b>{verdict}</p>{doubt}'
        '<div data-maps="{maps}">{drawn}{axis}<p class="sg-legend">'
        '<span><i class="is-for"></i>speaks for</span><span><i class="is-against"></i>speaks '
        "against</span> <b data-asked>{best}</b></p></div>"
        "{bars}{open}{quiet}"
    ).format(
        best=best,
        verdict=verdict,
        doubt=doubt(shown),
        open="" if shown.unlike or shown.why else open_,
        maps=maps,
        drawn=drawn,
        axis=_axis(shown.signal),
        bars=bars(shown.classes, shown.probabilities, pressed=shown.best),
        quiet=Markup().join(map(said, quiet)),
    )


def _axis(signal: np.ndarray) -> Markup:
    """What lies across and upwards, below the drawing: it is read on a phone, too."""
    heights = say(
        "heights {low} to {high}, as the network gets them",
        low=number(float(signal.min()), 1), high=number(float(signal.max()), 1),
    )  # fmt: skip
    return Markup('<p class="sg-axis"><span>{}</span><span>{}</span><span>{:,}</span></p>').format(
        say("sample {n:,}", n=1), heights, signal.shape[1]
    )


def doubt(shown: Shown) -> Markup:
    """Why an answer is not to be trusted, before all else."""
    words = shown.why
    if shown.unlike:
        words = (
            "Unlike anything it was trained on: the class above is only the nearest of those it "
            "knows, however high its bar."
        )
    return Markup('<p class="sg-doubt" role="note">{}</p>').format(words) if words else Markup()


def kernels(shown: Shown) -> dict[str, Any]:
    """What `page/kernels.js` draws: the signal, and the first kernels with their responses."""
    return {
        "signal": plain(shown.signal[:CHANNELS]),
        "kernels": [
            {"weights": plain(one.weights[:CHANNELS]), "response": plain(one.response)}
            for one in shown.kernels
        ],
    }


def results(answering: Answering) -> Markup:
    """The network beside the baselines, its mistakes, and its certainty."""
    standing = answering.standing
    if standing is None:
        return said("How good it is was not measured here: that takes signals with labels.")
    report = standing.report
    title = say(
        "Can its certainty be believed? ECE {error}; divided by a temperature "
        "of {temperature}: {error_2}",
        error=percent(report.calibration.error),
        temperature=number(report.temperature, 2),
        error_2=percent(report.cooled.error),
    )
    curves = [("as it is", report.calibration), ("cooled", report.cooled)]
    drawn = confusion(report, "Mistakes: the truth in rows, the answer in columns")
    drawn += reliability(title, curves)
    if standing.progress:
        drawn += plots.learning(standing.progress, standing.progress[-1].seconds)
    words = say(
        "{title}: {accuracy} of the test signals are named rightly, and of "
        "each class {balanced} on average (balanced accuracy). {majority} of "
        "the test signals are of the most frequent class.",
        title=say(answering.title),
        accuracy=counted(report.right, report.total),
        balanced=percent(report.balanced),
        majority=percent(report.majority),
    )
    quiet = []
    if answering.trained is not None and answering.trained.doubt.why:
        quiet.append(answering.trained.doubt.why)
    if standing.covered:
        told = (
            "Prediction sets wanted to hold the truth in {wanted:.0%} of cases hold it in "
            "{share}, with {size:.1f} classes each on average."
        )
        share, size = standing.covered
        quiet.append(say(told, wanted=COVERAGE, share=percent(share), size=size))
    return Markup(
        '<div class="sg-results"><h2>How good is it?</h2><p>{}</p>{}{}'
        '<div class="pv-plots pc-plots">{}</div></div>'
    ).format(
        words, Markup().join(map(said, quiet)), plots.scoreboard(standing.rows, report.total), drawn
    )
