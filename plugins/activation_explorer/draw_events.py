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
from plugins.shared.page.runs import Turns
from plugins.shared.page.widgets import HIDDEN
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.activation_explorer.visualise import Dream

DRAW = {"concurrency_id": "drawings", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who draws is decided by `Turns`."""
PAUSE = 0.3
"""Seconds between two redrawings."""
TAKES = 20.0
"""Seconds of a drawing, for those who wait."""
STILL = gr.skip()
BEGIN = "Nothing is drawn yet. A drawing starts from noise and takes seconds to a minute."


class DrawEvents:
    """Start and stop."""

    def __init__(self, events: Events):
        self.bench, self.turns = events.bench, Turns()

    def draw(self, session: Session) -> Iterator[tuple]:
        """Draw, by optimisation, what excites the unit most."""
        if session.opened is None:
            error = ParagoneError("No unit is open", todo="Open one on the wall.")
            yield error_card(error), STILL, STILL
            return
        opened, token, ticket = session.opened, object(), None
        session.dreaming = token
        dream, drawn, begun = None, 0.0, time.monotonic()
        top = opened.board.top(opened.layer, opened.unit)
        try:
            yield view.dream(None, "Loading the network…", True), *_drawing(True)
            self.bench.backbone(opened.board.network)
            ticket = self.turns.join(lambda: TAKES)
            while ticket.place and session.dreaming is token:
                words = f"{ticket.place} ahead of you. Your turn comes soon."
                yield view.dream(None, words, True), *_drawing(True)
                time.sleep(0.3)
            if session.dreaming is token:
                for dream in self._dreams(opened):
                    done = session.dreaming is not token
                    if done or time.monotonic() - drawn >= PAUSE:
                        said = _step(dream, top)
                        yield view.dream(dream.picture, said, True), *_drawing(True)
                        drawn = time.monotonic()
                    if done:
                        break
        except ParagoneError as error:
            yield error_card(error), *_drawing(False)
            return
        finally:
            if ticket is not None:
                ticket.leave()
        if session.opened is not opened:  # Another unit is open; its page must not show this one's.
            yield STILL, *_drawing(False)
            return
        words = BEGIN if dream is None else f"{_step(dream, top)} {time.monotonic() - begun:.0f} s."
        yield view.dream(dream.picture if dream else None, words), *_drawing(False)

    def _dreams(self, opened: Opened) -> Iterator[Dream]:
        from plugins.activation_explorer.visualise import visualise

        backbone = self.bench.backbone(opened.board.network)
        return visualise(backbone, opened.layer, opened.unit)

    def halt(self, session: Session) -> Any:
        """Stop drawing at the next step; the picture stays."""
        session.dreaming = None
        return gr.Button(interactive=False)


def _drawing(running: bool) -> tuple:
    """Draw and stop."""
    return gr.Button(interactive=not running), gr.Button(interactive=running)


def _step(dream: Dream, top: float) -> str:
    """How far a drawing is, and how strongly it excites the unit."""
    words = f"Step {dream.step} of {dream.steps}. Mean activation {number(dream.activation, 2)}"
    return f"{words}; the strongest patch: {number(top, 2)}."
