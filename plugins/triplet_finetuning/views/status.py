"""How far a run is, where it stands in the queue, and the alarm when it collapses."""

from __future__ import annotations

import math

from markupsafe import Markup

from plugins.shared.page.html_parts import progress
from plugins.shared.page.plots import clock, number
from weights.messages import say

RUNNING, PAUSED, STOPPED, DONE = "running", "paused", "stopped", "done"


WITH_BEST = {
    RUNNING: "So far the best weights are those of step {best:,}.",
    PAUSED: "Paused. So far the best weights are those of step {best:,}.",
    STOPPED: "Stopped: the best weights are those of step {best:,}, and they are kept.",
    DONE: "Done: the best weights are those of step {best:,}.",
}
WITHOUT = {RUNNING: "", PAUSED: "Paused.", STOPPED: "Stopped.", DONE: "Done."}


def status(
    step: int,
    steps: int,
    state: str = RUNNING,
    left: float = math.nan,
    pace: float = math.nan,
    best: int | None = None,
    warning: str = "",
) -> Markup:
    """A bar with words, and an alarm where a warning is given.

    Args:
        state: `running`, `paused`, `stopped` or `done`.
        left: Seconds until the end, as far as can be told.
        pace: Steps a second.
        best: The step with the best weights so far.
    """
    words = "Step {step:,} of {steps:,}"
    if math.isfinite(pace):
        words = "Step {step:,} of {steps:,}, {pace} a second"
        if state == RUNNING and math.isfinite(left):
            words = "Step {step:,} of {steps:,}, {pace} a second, about {left} left"
    words = say(words, step=step, steps=steps, pace=number(pace, 1), left=clock(left))
    said = say(WITH_BEST[state], best=best) if best is not None else WITHOUT[state]
    return Markup(
        '<div class="tf-status" data-state="{}">{}<p class="tf-said">{}</p></div>{}'
    ).format(state, progress(step, steps, words), said, alarm(warning))


def alarm(warning: str) -> Markup:
    """A warning that must be seen; empty where all is well."""
    if not warning:
        return Markup()
    what, attempt, todo = warning.partition("Try ")
    return Markup('<div class="pv-error" role="alert"><b>{}</b>{}</div>').format(
        what.strip(), attempt + todo
    )


def waiting(place: int, seconds: float = math.nan) -> Markup:
    """A place in the queue, 1 for the next, and how long it will take as far as can be told."""
    ahead = say("{n} runs are ahead of you.", "{n} run is ahead of you.", n=place)
    wait = (
        say("Your turn comes in about {seconds}.", seconds=clock(seconds))
        if math.isfinite(seconds)
        else ""
    )
    return Markup(
        '<div class="tf-status" data-state="waiting"><p class="pv-model"><b>{}'
        '</b></p><div class="pv-bar is-waiting"><div></div></div>'
        '<p class="tf-said">{}</p></div>'
    ).format(ahead, wait)
