"""What the page shows of a painting at a moment, put together from `views.py` and `curves.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from plugins.shared.page.html_parts import error_card
from plugins.style_transfer import curves, views
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.style_transfer.recorded import Recorded
    from plugins.style_transfer.run import Run

PARTS = ("status", "canvas", "plots", "grams")
STILL = gr.skip()
STREAMED = 640
"""Pixels of the long side while it is painted, when every look of it travels."""


def frame(run: Run, state: str, note: str = "") -> tuple:
    """The `PARTS` of a run; a finished one with the whole picture and the steps to look back at."""
    over = state not in (views.RUNNING, views.PAUSED)
    now, side = (run.result(), views.SHOWN) if over else (run.picture(), STREAMED)
    stages = [(stage.steps, stage.size) for stage in run.schedule]
    return (
        status(run, state, note),
        views.canvas(now, run.content, run.saved if over else (), side),
        curves.plots(run.losses, run.settings.steps, stages),
        views.grams(run.grams()),
    )


def start(run: Run) -> tuple:
    """The `PARTS` before the first step: what it starts from."""
    first = views.canvas(run.picture(), run.content, (), STREAMED)
    return (status(run, views.RUNNING), first, STILL, STILL)


def status(run: Run, state: str, note: str = "") -> str:
    """The first of the `PARTS`."""
    size = run.losses[-1].size if run.losses else run.schedule[0].size
    steps = run.settings.steps
    return views.status(run.step, steps, state, run.remaining, size, run.seconds, note)


def recorded_frame(old: Recorded) -> tuple:
    """The `PARTS` of the painting that the page opens with."""
    steps = old.settings.steps
    stages = [(stage.steps, stage.size) for stage in old.settings.schedule(old.size)]
    told = views.said(f"Recorded from a real run. {old.note}")
    result, content = views.webp_uri(old.result), views.webp_uri(old.content)
    return (
        views.status(steps, steps, views.DONE, 0, old.size, old.seconds, told),
        views.framed(result, content, old.size, old.saved),
        curves.plots(old.losses, steps, stages),
        views.gram_pairs(old.grams),
    )


def ended(run: Run, note: str = "") -> tuple:
    """The `PARTS` of a run that goes on no more: done, stopped, or no number any longer."""
    state = views.DONE if run.step >= run.settings.steps else views.STOPPED
    if run.failed:
        state, note = views.FAILED, note + failed_card(run)
    return frame(run, state, note + views.judge(run.backbone.card, run.backbone.origin))


def said(words: str) -> tuple:
    """The `PARTS` with a word in place of the status; what was painted stays."""
    return (words, *(STILL,) * (len(PARTS) - 1))


def failed_card(run: Run) -> str:
    """Which term was no number, and what to do."""
    return error_card(
        ParagoneError(
            f"The {run.failed} loss is no longer a number",
            where=f"step {run.step + 1}",
            todo="The last good picture is kept. Try Adam, a smaller rate, or less weight.",
        )
    )


def buttons(running: bool = False, loading: bool = False) -> tuple:
    """Paint, pause and stop; while it loads there is nothing to pause yet."""
    return (
        gr.Button(interactive=not running),
        gr.Button("Pause", interactive=running and not loading),
        gr.Button(interactive=running),
    )
