"""How far a run is, where it stands in the queue, and the alarm when it collapses."""

from __future__ import annotations

import math
from html import escape

from plugins.shared.page.html_parts import progress
from plugins.shared.page.plots import clock, number

RUNNING, PAUSED, STOPPED, DONE = "running", "paused", "stopped", "done"


def status(
    step: int,
    steps: int,
    state: str = RUNNING,
    left: float = math.nan,
    pace: float = math.nan,
    best: int | None = None,
    warning: str = "",
) -> str:
    """A bar with words, and an alarm where a warning is given.

    Args:
        state: `running`, `paused`, `stopped` or `done`.
        left: Seconds until the end, as far as can be told.
        pace: Steps a second.
        best: The step with the best weights so far.
    """
    words = f"Step {step:,} of {steps:,}"
    if math.isfinite(pace):
        words += f", {number(pace, 1)} a second"
    if state == RUNNING and math.isfinite(left):
        words += f", about {clock(left)} left"
    kept = f"the best weights are those of step {best:,}" if best is not None else ""
    said = {
        RUNNING: f"So far {kept}." if kept else "",
        PAUSED: "Paused." + f" So far {kept}." * bool(kept),
        STOPPED: "Stopped" + (f": {kept}, and they are kept." if kept else "."),
        DONE: "Done" + (f": {kept}." if kept else "."),
    }[state]
    return (
        f'<div class="tf-status" data-state="{state}">{progress(step, steps, words)}'
        f'<p class="tf-said">{said}</p></div>{alarm(warning)}'
    )


def alarm(warning: str) -> str:
    """A warning that must be seen; empty where all is well."""
    if not warning:
        return ""
    what, attempt, todo = warning.partition("Try ")
    card = f"<b>{escape(what.strip())}</b>{escape(attempt + todo)}"
    return f'<div class="pv-error" role="alert">{card}</div>'


def waiting(place: int, seconds: float = math.nan) -> str:
    """A place in the queue, 1 for the next, and how long it will take as far as can be told."""
    ahead = "One run is" if place == 1 else f"{place} runs are"
    wait = f"Your turn comes in about {clock(seconds)}." if math.isfinite(seconds) else ""
    return (
        f'<div class="tf-status" data-state="waiting"><p class="pv-model"><b>{ahead} ahead of '
        f'you.</b></p><div class="pv-bar is-waiting"><div></div></div>'
        f'<p class="tf-said">{wait}</p></div>'
    )
