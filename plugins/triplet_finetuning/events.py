"""What the events of the triplet page do. The method is in `training.py` and `run.py`, the pictures
are put together in `frames.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from plugins.shared.faces.engine import Engine
from plugins.shared.faces.view import left_out
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.runs import Ticket, Turns
from plugins.shared.page.session import Visits
from plugins.shared.page.widgets import HIDDEN, Upload
from plugins.triplet_finetuning.data.sources import DIGITS, bring, pictures_for
from plugins.triplet_finetuning.export.adopt import keep
from plugins.triplet_finetuning.export.files import zipped
from plugins.triplet_finetuning.export.push import push_to_hub
from plugins.triplet_finetuning.recorded import recorded
from plugins.triplet_finetuning.session import Session
from plugins.triplet_finetuning.settings import SCRATCH, Settings
from plugins.triplet_finetuning.training.run import Run
from plugins.triplet_finetuning.views import theatre as frames
from plugins.triplet_finetuning.views.status import waiting
from plugins.triplet_finetuning.views.summary import summary
from weights.errors import ParagoneError

RUN = {"concurrency_id": "training", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who trains is decided by `Turns`."""
FRAME = 0.4
"""Seconds between two redrawings of the page."""
WAITED = 60.0
"""Seconds that a paused run may keep others waiting."""
NOTED = "Left out, or worth knowing"
NAMES = ("backbone", "mining", "margin", "steps", "rate", "layers", "distance", "identities") + (
    "pictures",
    "warm_up",
    "decay",
    "every",
    "patience",
    "test_share",
    "seed",
    "augment",
)
"""The fields of `Settings` in the order in which the page hands them over."""
IDLE = (gr.skip(),) * len(frames.PARTS)


class Events(Engine):
    """The handlers of one page, and the queue of those who want to train."""

    def __init__(self, ctx: Any):
        super().__init__(ctx)
        self.visits, self.turns = Visits(), Turns()

    # --- opening and leaving ------------------------------------------------------------------

    def open(self, request: gr.Request, session: Session) -> tuple:
        """Put a finished run on screen, recorded from a real one."""
        self.visits.seen(request.session_hash, session)
        run = recorded()
        return (*frames.frame(run, over=True), summary_of(run, run))

    def leave(self, request: gr.Request) -> None:
        """Forget the visit now; a run ends within a step."""
        self.visits.leave(request.session_hash)

    # --- what is trained on -------------------------------------------------------------------

    def bring(self, upload: Upload | None, session: Session) -> tuple:
        """Take a zip into memory, and say what is in it."""
        if upload is None:
            return gr.skip(), gr.skip()
        try:
            return None, bring(upload, session, self.ctx.limits)
        except ParagoneError as error:
            return None, error_card(error)

    def suggest(self, backbone: str) -> tuple:
        """Start values that suit a backbone: a trained one learns slowly, and its end only."""
        known = Settings()
        if backbone == SCRATCH:
            return known.rate, known.layers, known.identities, known.pictures, known.steps
        return 1e-4, 1, 8, 4, 60

    # --- a run --------------------------------------------------------------------------------

    def train(
        self,
        request: gr.Request,
        session: Session,
        source: str,
        dataset: str,
        rival: bool,
        *values: Any,
    ) -> Iterator[tuple]:
        """Wait for one's turn, train, show what happens, and keep the result."""
        session.stopped = False
        self.visits.seen(request.session_hash, session)
        if session.run is not None and not session.run.over:
            todo = "Stop it first, or wait for its end."
            yield self._end(session, ParagoneError("A run of yours is going on", todo=todo))
            return
        ticket = None
        try:
            settings = Settings(**dict(zip(NAMES, values, strict=True)))
            yield self._busy(frames.said("Reading the pictures…"))
            parts: Any = None
            for word, found in pictures_for(self, session, source, dataset, settings):
                if session.stopped:
                    yield self._end(session)
                    return
                parts = found
                yield self._busy(frames.said(word))
            run = Run(settings, *parts, self.copy_of(settings), rival)
            session.run, session.outcome, session.heads = run, None, None
            session.public = DIGITS if source == DIGITS else ""
            ticket = self.turns.join(lambda: run.remaining)
            yield from self._wait(session, ticket)
            if not session.stopped:
                yield from self._advance(session, run, ticket)
            yield self._finished(session, run)
        except ParagoneError as error:
            yield self._failed(session, error)
        finally:
            if session.run is not None:
                session.run.over = True
            if ticket is not None:
                ticket.leave()

    def copy_of(self, settings: Settings) -> Any:
        """What makes a fresh copy of the backbone; None for the small ConvNet."""
        if settings.backbone == SCRATCH:
            return None
        if settings.backbone not in self.cards:
            todo = "Choose one of the list."
            raise ParagoneError("There is no such backbone", where="backbone", todo=todo)
        return lambda: self.ctx.trainable(settings.backbone)

    def _wait(self, session: Session, ticket: Ticket) -> Iterator[tuple]:
        while ticket.place and not session.stopped:
            yield self._busy(waiting(ticket.place, ticket.wait))
            time.sleep(0.5)

    def _advance(self, session: Session, run: Run, ticket: Ticket) -> Iterator[tuple]:
        drawn = 0.0
        for _ in run.advance():
            while run.paused and not run.stopped:
                if ticket.wanted > WAITED:
                    run.stopped = True
                time.sleep(0.1)
            if session.stopped or run.stopped:
                return
            if time.monotonic() - drawn >= FRAME:
                yield self._frame(run)
                drawn = time.monotonic()

    # --- frames: what is shown, the buttons, and the ends -------------------------------------

    def _busy(self, status: str) -> tuple:
        return (status, *IDLE[1:], *_buttons(running=True), gr.skip(), gr.skip(), gr.skip())

    def _frame(self, run: Run) -> tuple:
        return (*frames.frame(run), *_buttons(running=True), gr.skip(), gr.skip(), gr.skip())

    def _finished(self, session: Session, run: Run) -> tuple:
        """Measure, keep and show; a run that was stopped before it learnt has no result."""
        if not run.learnt or session.run is not run:
            return self._end(session)
        session.outcome = run.finish()
        session.name = keep(self.ctx, session)
        run.over = True
        shown = frames.frame(run, over=True)
        summary = summary_of(run, session.outcome) + left_out(run.pictures.skipped, NOTED)
        return (*shown, *_buttons(), summary, gr.Column(visible=True), session.name)

    def _failed(self, session: Session, error: ParagoneError) -> tuple:
        """Say what went wrong; what was learnt before is measured and kept all the same."""
        run = session.run
        if run is None or run.over or not run.learnt:
            return self._end(session, error)
        status, *rest = self._finished(session, run)
        return (error_card(error) + str(status), *rest)

    def _end(self, session: Session, error: ParagoneError | None = None) -> tuple:
        status = error_card(error) if error else frames.said("Stopped. Nothing was kept.")
        return (status, *IDLE[1:], *_buttons(), gr.skip(), gr.skip(), gr.skip())

    def map_by(self, session: Session, method: str) -> str:
        """Draw the map of the latest look by another method."""
        return frames.map_by(
            session.run if session.run and session.run.learnt else recorded(), method
        )

    # --- buttons ------------------------------------------------------------------------------

    def pause(self, session: Session) -> tuple:
        """Hold the run, or let it go on."""
        if session.run is None or session.run.over:
            return gr.skip(), gr.skip()
        session.run.paused = not session.run.paused
        word = "Paused. Others may wait a minute for you." if session.run.paused else "Going on…"
        return gr.Button("Go on" if session.run.paused else "Pause"), frames.said(word)

    def stop(self, session: Session) -> tuple:
        """End the run at its next step; the best weights so far are kept."""
        session.stop()
        off = gr.Button(interactive=False)
        return off, gr.Button("Pause", interactive=False), frames.said("Stopping…")

    def write(self, folder: Path, session: Session) -> Path:
        """The result as one zip."""
        path = zipped(self._result(session), folder / "triplet_encoder.zip")
        session.files.append(path)
        return path

    def push(self, session: Session, repo: str, token: str, private: bool) -> tuple:
        """Put the result on the Hub; the token is used once and the field emptied."""
        try:
            url = push_to_hub(self._result(session), repo, token, private)
        except ParagoneError as error:
            return "", error_card(error)
        return "", frames.link(url)

    def drop(self, session: Session) -> tuple:
        """Forget the trained network now."""
        if session.name:
            self.ctx.release(session.name)
        session.outcome = session.heads = None
        session.name = ""
        return gr.Column(visible=False), "", frames.said("The network is forgotten.")

    def _result(self, session: Session) -> Any:
        if session.outcome is None or session.run is None:
            raise ParagoneError("There is no trained network", todo="Train one first.")
        return session.run.result(session.outcome, session.heads, session.public)


def summary_of(run: Any, outcome: Any) -> str:
    """Before and after, of a run or of the recorded one."""
    return summary(outcome.report, outcome.best, run.learnt, outcome.seconds, outcome.pace)


def _buttons(running: bool = False) -> tuple:
    """Train, pause and stop."""
    if running:
        on = gr.Button(interactive=True)
        return gr.Button(interactive=False), on, on
    off = gr.Button(interactive=False)
    return gr.Button(interactive=True), gr.Button("Pause", interactive=False), off
