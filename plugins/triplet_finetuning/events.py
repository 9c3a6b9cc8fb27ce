"""What the events of the triplet page do. The method is in `training.py` and `run.py`, the pictures
are put together in `frames.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from plugins.shared.faces.engine import Engine
from plugins.shared.faces.view import left_out
from plugins.shared.page.former import UNMADE, brought_set, made_with
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.network_choice import Titles, offered_in_menu, titles_of
from plugins.shared.page.runs import Runs, Ticket
from plugins.shared.page.widgets import HIDDEN, Upload, offer
from plugins.triplet_finetuning.data.sources import BUILT_IN, bring, pictures_for
from plugins.triplet_finetuning.export.adopt import keep
from plugins.triplet_finetuning.player import OWN, held_back, on_screen
from plugins.triplet_finetuning.recorded import WORKS, recorded
from plugins.triplet_finetuning.result_events import ResultEvents
from plugins.triplet_finetuning.session import Session
from plugins.triplet_finetuning.settings import SCRATCH, Settings
from plugins.triplet_finetuning.training.run import Outcome, Run
from plugins.triplet_finetuning.views import theatre as frames
from plugins.triplet_finetuning.views.status import waiting
from plugins.triplet_finetuning.views.summary import summary_of
from weights.errors import ParagoneError

RUN = {"concurrency_id": "training", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who trains is decided by `Runs`."""
SUGGESTED = ("rate", "layers", "identities", "pictures", "steps")
"""The settings whose start values depend on the backbone."""
FRAME = 0.4
"""Seconds between two redrawings of the page."""
NOTED = "Left out, or worth knowing: {n}"
NOTHING = "Stopped before the first look at the held-out pictures: nothing is kept."
UNREAD = "Stopped. Nothing was kept."


class Events(ResultEvents, Engine):
    """The handlers of one page, and the queue of those who want to train."""

    def __init__(self, ctx: Any):
        super().__init__(ctx)
        self.runs = Runs(ctx)

    # --- opening and leaving ------------------------------------------------------------------

    def open(self, session: Session) -> dict:
        """Put a finished run on screen: the visitor's, or one recorded from a real one."""
        if session.outcome is not None:
            return self._result_of(session, session.run, session.outcome)
        run = recorded()
        shown = {**frames.frame(run, over=True), "summary": summary_of(run, run)}
        return {**shown, **on_screen(run, WORKS, mine=False)}

    @property
    def networks(self) -> Titles:
        """What can be trained, as (title, name)."""
        return [("Small ConvNet, from scratch", SCRATCH), *titles_of(self.cards)]

    def opened(self) -> dict:
        """Offer the networks that can be had now."""
        return offer("backbone", offered_in_menu(self.ctx, self.networks, frozenset({SCRATCH})))

    # --- what is trained on -------------------------------------------------------------------

    def bring(self, upload: Upload | None, session: Session) -> dict:
        """Take a zip into memory, and say what is in it."""
        if upload is None:
            return {}
        try:
            about = bring(upload, session, self.ctx.limits)
            return {"upload": None, "about": about + brought_set(session)}
        except ParagoneError as error:
            return {"upload": None, "about": error_card(error)}

    def suggest(self, backbone: str) -> dict:
        """Start values that suit a backbone: a trained one learns slowly, and its end only."""
        if backbone != SCRATCH:
            return {"rate": 1e-4, "layers": 1, "identities": 8, "pictures": 4, "steps": 60}
        known = Settings()
        return {name: getattr(known, name) for name in SUGGESTED}

    # --- a run --------------------------------------------------------------------------------

    def train(
        self,
        session: Session,
        source: str,
        dataset: str,
        rival: bool,
        *values: Any,
    ) -> Iterator[dict]:
        """Wait, train, show what happens, and keep the result.

        Args:
            values: The fields of `Settings`, in their order.
        """
        try:
            with self.runs.open(session) as ticket:
                yield from self._run(session, ticket, source, dataset, rival, values)
        except ParagoneError as error:
            yield said(error)

    def _run(
        self,
        session: Session,
        ticket: Ticket,
        source: str,
        dataset: str,
        rival: bool,
        values: tuple,
    ) -> Iterator[dict]:
        run = None
        try:
            settings = Settings(**dict(zip(Settings.names(), values, strict=True)))
            self.runs.check(settings)
            yield busy("Reading the pictures…")
            parts: Any = None
            reading = pictures_for(self, session, source, dataset, settings)
            for word, found in ticket.steps(reading):
                parts = found
                yield busy(word)
            if session.stopped or parts is None:
                yield {**said(UNREAD), **buttons()}
                return
            run = Run(settings, *parts, self.copy_of(settings), rival)
            ticket.check()
            session.run, session.outcome, session.heads = run, None, None
            session.made = made_with(session, (source, dataset, rival, *values))
            session.public = source if source in BUILT_IN else ""
            yield {"summary": "", "result": gr.Column(visible=False)}  # Of an earlier run.
            for _ in ticket.waiting(lambda: run.remaining):
                words = waiting(ticket.place, ticket.wait)
                yield {"status": words, **held_back(), **buttons(running=True)}
            for _ in ticket.steps(run.advance()):
                ticket.hold(run)
                if not run.stopped and ticket.due(FRAME):
                    shown = frames.frame(run)
                    yield {**shown, "status": shown["status"] + session.made, **buttons(True)}
            yield self._finished(session, ticket, run)
        except ParagoneError as error:
            if run is not None and run.learnt:  # It is measured and kept all the same.
                shown = self._finished(session, ticket, run)
                yield {**shown, "status": error_card(error) + shown["status"]}
            else:
                yield {**said(error), **buttons()}
        finally:
            if run is not None:
                run.over = True

    def copy_of(self, settings: Settings) -> Any:
        """What makes a fresh copy of the backbone; None for the small ConvNet."""
        if settings.backbone == SCRATCH:
            return None
        if settings.backbone not in self.cards:
            todo = "Choose one of the list."
            raise ParagoneError("There is no such backbone", where="backbone", todo=todo)
        return lambda: self.ctx.trainable(settings.backbone)

    def _finished(self, session: Session, ticket: Ticket, run: Run) -> dict:
        """Measure, keep and show; a run that was stopped before it learnt has no result."""
        run.over = True
        if len(run.track.looks) < 2:  # The only weights that were judged are those of the start.
            session.run = None
            shown = frames.frame(run, over=True) if run.learnt else {}
            return {**shown, "status": shown.get("status", "") + frames.said(NOTHING), **buttons()}
        outcome = run.finish()
        name = keep(self.ctx, run, outcome, session.public)
        try:
            ticket.check()  # Nothing is kept for a visitor who left meanwhile.
        except BaseException:
            self.ctx.release(name)
            raise
        session.outcome, session.name = outcome, name
        shown = self._result_of(session, run, outcome)
        if ticket.note:
            shown["status"] += frames.said(ticket.note)
        return {**shown, **buttons()}

    def _result_of(self, session: Session, run: Run, outcome: Outcome) -> dict:
        """The visitor's finished run."""
        shown = frames.frame(run, over=True)
        return {
            **shown,
            "status": shown["status"] + session.made,
            "summary": summary_of(run, outcome) + left_out(run.pictures.skipped, NOTED),
            "result": gr.Column(visible=True),
            "name": session.name,
            **on_screen(run, OWN, mine=True),
        }

    def map_by(self, session: Session, method: str) -> str:
        """Draw the map of the latest look by another method."""
        return frames.map_by(
            session.run if session.run and session.run.learnt else recorded(), method
        )

    # --- buttons ------------------------------------------------------------------------------

    def pause(self, session: Session) -> dict:
        """Hold the run, or let it go on."""
        if session.run is None or session.run.over:
            return {}
        session.run.paused = not session.run.paused
        word = "Paused. Others may wait a minute for you." if session.run.paused else "Going on…"
        return {
            "pause": gr.Button("Go on" if session.run.paused else "Pause"),
            "status": frames.said(word),
        }

    def stop(self, session: Session) -> dict:
        """End the run at its next step; the best weights so far are kept."""
        session.stop()
        off = gr.Button(interactive=False)
        return {
            "stop": off,
            "pause": gr.Button("Pause", interactive=False),
            "status": frames.said("Stopping…"),
        }


def said(what: str | ParagoneError) -> dict:
    """A word, or what went wrong, in place of the status."""
    return {"status": error_card(what) if isinstance(what, ParagoneError) else frames.said(what)}


def busy(word: str) -> dict:
    """A word while a run gets ready."""
    return {"status": frames.said(word) + UNMADE, **buttons(running=True)}


def buttons(running: bool = False) -> dict:
    """Train, pause and stop."""
    on, off = gr.Button(interactive=True), gr.Button(interactive=False)
    if running:
        return {"train": off, "pause": on, "stop": on}
    return {"train": on, "pause": gr.Button("Pause", interactive=False), "stop": off}
