"""What the drawing of a unit does: feature visualisation, one at a time in the whole house."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from plugins.activation_explorer import unit_view as view
from plugins.activation_explorer.events import Events
from plugins.activation_explorer.session import Opened, Session
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.plots import number
from plugins.shared.page.runs import Runs, Ticket
from plugins.shared.page.widgets import HIDDEN
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.activation_explorer.visualise import Dream

DRAW = {"concurrency_id": "drawings", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who draws is decided by `Runs`."""
PAUSE = 0.3
"""Seconds between two redrawings."""
TAKES = 20.0
"""Seconds of a drawing, for those who wait."""
BEGIN = "Nothing is drawn yet. A drawing starts from noise and takes seconds to a minute."


class DrawEvents:
    """Start and stop."""

    def __init__(self, events: Events):
        self.bench, self.runs = events.bench, Runs(events.ctx)

    def draw(self, session: Session) -> Iterator[dict]:
        """Draw, by optimisation, what excites the unit most. It takes the place of a drawing that
        goes on.
        """
        if session.opened is None:
            error = ParagoneError("No unit is open", todo="Open one on the wall.")
            yield {"dream": error_card(error)}
            return
        with self.runs.open(session.drawing, replace=True) as ticket:
            try:
                yield from self._draw(session, ticket, session.opened)
            except ParagoneError as error:
                yield {"dream": error_card(error), **_drawing(False)}

    def _draw(self, session: Session, ticket: Ticket, opened: Opened) -> Iterator[dict]:
        dream, top = None, opened.board.top(opened.layer, opened.unit)
        yield {"dream": view.dream(None, "Loading the network…", True), **_drawing(True)}
        self.bench.backbone(opened.board.network)
        for _ in ticket.waiting(lambda: TAKES):
            words = say("{place} ahead of you. Your turn comes soon.", place=ticket.place)
            yield {"dream": view.dream(None, words, True), **_drawing(True)}
        begun = time.monotonic()
        for dream in ticket.steps(self._dreams(opened) if not ticket.stopped else ()):
            if ticket.due(PAUSE):
                said = _step(dream, top)
                yield {"dream": view.dream(dream.picture, said, True), **_drawing(True)}
        if session.opened is not opened:  # Another unit is open; its page must not show this one's.
            yield _drawing(False)
            return
        words = BEGIN if dream is None else f"{_step(dream, top)} {time.monotonic() - begun:.0f} s."
        picture = dream.picture if dream else None
        yield {"dream": view.dream(picture, f"{words} {ticket.note}".rstrip()), **_drawing(False)}

    def _dreams(self, opened: Opened) -> Iterator[Dream]:
        from plugins.activation_explorer.visualise import visualise

        backbone = self.bench.backbone(opened.board.network)
        return visualise(backbone, opened.layer, opened.unit)

    def halt(self, session: Session) -> Any:
        """Stop drawing at the next step; the picture stays."""
        session.drawing.stop()
        return gr.Button(interactive=False)


def _drawing(running: bool) -> dict:
    """Draw and stop."""
    return {"draw": gr.Button(interactive=not running), "halt": gr.Button(interactive=running)}


def _step(dream: Dream, top: float) -> str:
    """How far a drawing is, and how strongly it excites the unit."""
    words = say(
        "Step {step} of {steps}. Mean activation {activation}",
        step=dream.step,
        steps=dream.steps,
        activation=number(dream.activation, 2),
    )
    return say("{words}; the strongest patch: {top}.", words=say(words), top=number(top, 2))
