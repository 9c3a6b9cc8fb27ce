"""What the signal page says of a run: how far it is, and how it ended. HTML text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.shared.classification.views import said
from plugins.shared.page.html_parts import progress as progress_bar
from plugins.shared.page.plots import clock, number, percent
from plugins.signal_classification.views import plots
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.classification.training import Outcome, Progress
    from plugins.signal_classification.learning.training import Run

DONE = "{steps:,} of {wanted:,} steps in {seconds:.0f} s on {device}. It answers under “Classify”."
STOPPED = (
    "Stopped; what was learnt is kept. {steps:,} of {wanted:,} steps in {seconds:.0f} s on "
    "{device}. It answers under “Classify”."
)
FITTED = "Fitted in {seconds:.1f} s on {device}. It answers under “Classify”."
SHORT = "Time ran out after {steps:,} of {wanted:,} steps: give it more time."
ALONE = "The networks have hardly learnt ({steps:,} of {wanted:,} steps): the Rocket answers alone."
CHOSEN = (
    "{title} answers: of those compared it names the most test signals rightly. Since it was "
    "chosen by them, its figure flatters it a little."
)


def training(progress: Progress, name: str, run: Run) -> Markup:
    """How far a run is; the state is also for scripts.

    Args:
        name: Of the kind of network.
    """
    words = (
        "{name} {member} of {members}, {steps:,} of {wanted:,} steps, loss {loss}; {seconds} so far"
    )
    if np.isfinite(progress.balanced):
        words = (
            "{name} {member} of {members}, {steps:,} of {wanted:,} steps, loss {loss}, "
            "balanced accuracy {balanced}; {seconds} so far"
        )
    words = say(
        words,
        name=say(name),
        member=progress.member + 1,
        members=progress.members,
        steps=run.steps,
        wanted=run.wanted,
        loss=number(progress.loss),
        balanced=percent(progress.balanced),
        seconds=clock(progress.seconds),
    )
    bar = progress_bar(round(1000 * progress.share), 1000, words)
    return Markup('<div data-state="running">{}</div>').format(bar)


def state(name: str, words: str) -> Markup:
    """A sentence about a run; its state is also for scripts."""
    return Markup('<div data-state="{}">{}</div>').format(name, said(words))


def learning(progress: Sequence[Progress], budget: float) -> Markup:
    """The curve of a run while it goes on."""
    return Markup('<div class="pv-plots pc-plots">{}</div>').format(
        plots.learning(progress, budget)
    )


def ended(run: Run, outcome: Outcome, chosen: str, note: str) -> Markup:
    """How a run ended: what was done, what answers and why, and what time did not suffice for.

    Args:
        chosen: What answers, where it is not what was asked for.
        note: Why the server ended it.
    """
    steps = {"steps": run.steps, "wanted": run.wanted}
    trained, notes = outcome.trained, []
    if run.steps < run.wanted and not run.stopped:
        notes.append(say(SHORT, **steps))
    if run.parts and not trained.networks:
        notes.append(say(ALONE, **steps))
    if chosen:
        notes.append(say(CHOSEN, title=chosen))
    done = DONE if run.wanted else FITTED
    words = say(STOPPED if run.stopped else done, seconds=run.seconds, device=run.device, **steps)
    notes += [*run.notes, note]
    return state("done", words) + Markup().join(said(one) for one in notes if one)
