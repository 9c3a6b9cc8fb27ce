"""What the page shows of a painting at a moment, put together from `views.py` and `curves.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from plugins.shared.page.html_parts import error_card
from plugins.style_transfer import curves, views
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.style_transfer.recorded import Recorded
    from plugins.style_transfer.run import Run

STREAMED = 640
"""Pixels of the long side while it is painted, when every look of it travels."""


def frame(run: Run, state: str, note: str = "") -> dict:
    """The parts of a run by name; a finished one with the whole picture and the steps to look back
    at.
    """
    over = state not in (views.RUNNING, views.PAUSED)
    now, side = (run.result(), views.SHOWN) if over else (run.picture(), STREAMED)
    stages = [(stage.steps, stage.size) for stage in run.schedule]
    return {
        "status": status(run, state, note),
        "canvas": views.canvas(now, run.content, run.saved if over else (), side),
        "plots": curves.plots(run.losses, run.settings.steps, stages),
        "grams": views.grams(run.grams()),
    }


def start(run: Run) -> dict:
    """The parts before the first step: what it starts from."""
    first = views.canvas(run.picture(), run.content, (), STREAMED)
    return {"status": status(run, views.RUNNING), "canvas": first}


def status(run: Run, state: str, note: str = "") -> str:
    """How far a run is."""
    size = run.losses[-1].size if run.losses else run.schedule[0].size
    steps = run.settings.steps
    return views.status(run.step, steps, state, run.remaining, size, run.seconds, note)


def recorded_frame(old: Recorded) -> dict:
    """The parts of the painting that the page opens with."""
    steps = old.settings.steps
    stages = [(stage.steps, stage.size) for stage in old.settings.schedule(old.size)]
    note = views.said(say("Recorded from a real run. {note}", note=say(old.note)))
    result, content = views.webp_uri(old.result), views.webp_uri(old.content)
    return {
        "status": views.status(steps, steps, views.DONE, 0, old.size, old.seconds, note),
        "canvas": views.framed(result, content, old.size, old.saved),
        "plots": curves.plots(old.losses, steps, stages),
        "grams": views.gram_pairs(old.grams),
    }


def ended(run: Run, note: str = "") -> dict:
    """The parts of a run that goes on no more: done, stopped, or no number any longer."""
    state = views.DONE if run.step >= run.settings.steps else views.STOPPED
    if run.failed:
        state, note = views.FAILED, note + failed_card(run)
    return frame(run, state, note + views.judge(run.backbone.card, run.backbone.origin))


def failed_card(run: Run) -> str:
    """Which term was no number, and what to do."""
    return error_card(
        ParagoneError(
            say("The {failed} loss is no longer a number", failed=run.failed),
            where=say("step {step}", step=run.step + 1),
            todo="The last good picture is kept. Try Adam, a smaller rate, or less weight.",
        )
    )


def buttons(running: bool = False, loading: bool = False) -> dict:
    """Paint, pause and stop; while it loads there is nothing to pause yet."""
    return {
        "paint": gr.Button(interactive=not running),
        "pause": gr.Button("Pause", interactive=running and not loading),
        "stop": gr.Button(interactive=running),
    }
