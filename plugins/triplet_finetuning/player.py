"""The scrubber: any moment of the run on screen, one after the other, or of a recorded one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN
from plugins.triplet_finetuning.recorded import COLLAPSE, RANDOM, WORKS, recorded
from plugins.triplet_finetuning.session import Session
from plugins.triplet_finetuning.views import theatre as frames
from plugins.triplet_finetuning.views.moment import Moment
from plugins.triplet_finetuning.views.summary import summary_of

OWN = "own"
RUNS = [
    ("Recorded: it learns", WORKS),
    ("Recorded: a collapse (α = 0)", COLLAPSE),
    ("Recorded: random beside hard", RANDOM),
]
MINE = ("My run", OWN)
PAUSE = 0.55
"""Seconds between two looks while it plays."""
MANY = {"concurrency_limit": 16, **HIDDEN}


class Player:
    """A choice of runs, a slider over the looks of one, and a button that plays it."""

    def __init__(self, session: gr.State):
        self.session = session
        with gr.Row(elem_id="tf-player"):
            self.run = gr.Radio(RUNS, value=WORKS, label="Run", elem_id="tf-shown", scale=5)
            self.at = gr.Slider(0, 1, 1, step=1, label="Look", elem_id="tf-at", scale=4, buttons=[])
            self.play = gr.Button("▶ Play", elem_id="tf-play", scale=1, min_width=110)

    @property
    def parts(self) -> dict[str, Any]:
        """What a new run on screen changes."""
        return {"shown": self.run, "at": self.at, "play": self.play}

    def wire(self, parts: dict[str, Any]) -> list[Any]:
        """Wire it; gives the events that whoever starts a run cancels.

        Args:
            parts: Of the theatre, by name, this one's too.
        """
        given = [self.session, self.run, self.at]
        playing = [
            self.play.click(**named(played, parts), inputs=given, **MANY),
            self.run.input(**named(chosen, parts), inputs=given, **MANY),
        ]
        self.at.input(
            **named(moment, parts),
            inputs=given,
            cancels=playing,
            trigger_mode="always_last",
            **MANY,
        )
        return playing


def on_screen(run: Any, name: str, mine: bool) -> dict[str, Any]:
    """The controls for a run that is over, at its last look."""
    last = len(run.track.looks) - 1
    return {
        "shown": gr.Radio([*RUNS, MINE] if mine else RUNS, value=name),
        "at": gr.Slider(0, max(last, 1), value=last, interactive=last > 0),
        "play": gr.Button(interactive=last > 0),
    }


def held_back() -> dict[str, Any]:
    """The controls while a run goes on."""
    return {"at": gr.Slider(interactive=False), "play": gr.Button(interactive=False)}


def moment(session: Session, name: str, at: float) -> dict[str, Any]:
    """The run at one of its looks."""
    run, outcome = run_named(session, name)
    if run is None:
        return {}
    last = len(run.track.looks) - 1
    at = min(max(int(at), 0), last)
    shown = frames.frame(run if at == last else Moment(run, at), over=at == last)
    if name == OWN:
        shown["status"] += session.made
    return {**shown, "summary": summary_of(run, outcome)}


def chosen(session: Session, name: str, at: float) -> Iterator[dict[str, Any]]:
    """Another run, from its beginning to its end."""
    yield from played(session, name, 1e9)


def played(session: Session, name: str, at: float) -> Iterator[dict[str, Any]]:
    """The looks from the one that is shown on, or from the first where that is the last."""
    run, _ = run_named(session, name)
    if run is None:
        return
    last = len(run.track.looks) - 1
    first = int(at) if 0 <= at < last else 0
    for look in range(first, last + 1):
        yield {**moment(session, name, look), "at": gr.Slider(0, max(last, 1), value=look)}
        if look < last:
            time.sleep(PAUSE)


def run_named(session: Session, name: str) -> tuple[Any, Any]:
    """A run that is over, and its outcome; None where one of the visitor's goes on."""
    if session.run is not None and not session.run.over:
        return None, None
    if name == OWN:
        return (session.run, session.outcome) if session.outcome else (None, None)
    run = recorded(name)
    return run, run
