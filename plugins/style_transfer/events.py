"""What the events of the style page do. How it paints is in `run.py`, what it shows in `frames.py`,
and the places for pictures are in `slots.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from PIL import Image

from plugins.shared.page.former import UNMADE, made_with
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.network_choice import NetworkChoice
from plugins.shared.page.plots import clock
from plugins.shared.page.runs import Runs, Ticket
from plugins.shared.page.widgets import HIDDEN, offer
from plugins.style_transfer import frames, views
from plugins.style_transfer.bundled import OPENING, offered
from plugins.style_transfer.fields import settings_of, write_layers
from plugins.style_transfer.picture_slots import Slots
from plugins.style_transfer.recorded import recorded
from plugins.style_transfer.session import Session
from plugins.style_transfer.settings import BACKBONE
from weights.errors import ParagoneError, WeightsError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.style_transfer.run import Run
    from plugins.style_transfer.settings import Settings

RUN = {"concurrency_id": "painting", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who paints is decided by `Runs`."""
FRAME = 0.5
"""Seconds between two redrawings of the page."""


class Events:
    """The handlers of one page, and the queue of those who want to paint."""

    def __init__(self, ctx: Any):
        self.ctx, self.networks = ctx, NetworkChoice(ctx, BACKBONE)
        self.runs = Runs(ctx)
        self.slots = Slots(ctx)

    # --- opening and leaving ------------------------------------------------------------------

    def open(self, session: Session) -> dict:
        """Put a finished painting on screen with its pictures, the visitor's or a recorded one."""
        for role, key in OPENING.items():
            try:
                session.pictures.setdefault(role, offered(key))
            except ParagoneError:
                continue  # Its package is not installed; the slot says that it is empty.
        slots = {role: self.slots.view(role, session) for role in {*OPENING, *session.pictures}}
        if session.has_finished:
            return {**slots, **self._kept(session)}
        return {**slots, **frames.recorded_frame(recorded())}

    def _kept(self, session: Session, note: str = "") -> dict:
        """The visitor's painting."""
        shown = frames.ended(session.run, note)
        return {**shown, "status": shown["status"] + session.made, "result": gr.Row(visible=True)}

    def opened(self) -> dict:
        """Offer the networks that can be had now."""
        return offer("backbone", self.networks.choices())

    # --- before a painting --------------------------------------------------------------------

    def estimate(self, session: Session, *values: Any) -> Iterator[str]:
        """How long it will take, and how much memory."""
        if self.runs.busy:
            yield views.said("Somebody is painting: the time cannot be measured now.")
            return
        yield views.said("Measuring a few steps…")
        try:
            settings = settings_of(values)
            yield self.estimated(self.new_run(settings, *pictures_of(session)))
        except ParagoneError as error:
            yield error_card(error)

    def estimated(self, run: Run) -> str:
        """The time for a painting that is ready to begin, measured for these very settings."""
        from plugins.style_transfer.estimate import estimate

        found = estimate(run.settings, run.backbone, run.content.shape, len(run.styles))
        height, width = run.schedule[-1].size
        words = say(
            "{width} × {height} px in about {seconds}, measured just now",
            width=width,
            height=height,
            seconds=clock(found.seconds),
        )
        return views.said(
            say("{words}; {bytes:.2f} GB of memory.", words=say(words), bytes=found.bytes / 2**30)
        )

    def layers(self, name: str, size: Any) -> dict:
        """The layers of a network to choose from, and those that it would use, with weights."""
        from plugins.style_transfer.layers import defaults_for

        try:
            encoder = self.networks.backbone(name).encoder()
            taps = defaults_for(encoder, (int(size),) * 2)
            known = [
                (say("{name} · {channels} units", name=x.name, channels=x.channels), x.name)
                for x in encoder.layers()
            ]
        except ParagoneError as error:
            return {"listed": error_card(error)}
        words = say(
            "{known} layers. Below are those that it uses where you choose none.", known=len(known)
        )
        return {
            "content_layer": gr.Dropdown(known, value=taps.content),
            "style_layers": write_layers(taps.style),
            "listed": views.said(words),
        }

    def unlisted(self) -> dict:
        """Another network has other layers: none is chosen."""
        return {"content_layer": gr.Dropdown([], value=""), "style_layers": "", "listed": ""}

    # --- a painting ---------------------------------------------------------------------------

    def paint(self, session: Session, *values: Any) -> Iterator[dict]:
        """Wait, paint, show how it goes, and keep the picture.

        Args:
            values: The fields of `Settings`, in their order.
        """
        try:
            with self.runs.open(session, "A painting of yours is going on") as ticket:
                yield from self._paint(session, ticket, values)
        except ParagoneError as error:
            yield {"status": error_card(error)}

    def _paint(self, session: Session, ticket: Ticket, values: tuple) -> Iterator[dict]:
        run, before = None, (session.run, session.made)
        try:
            loading = frames.buttons(running=True, loading=True)
            words = views.said("Loading the network…") + UNMADE
            yield {"estimate": "", "status": words, **loading}
            settings = settings_of(values)
            self.runs.check(settings)
            run = self.new_run(settings, *pictures_of(session), ticket)
            session.run, session.made = run, made_with(session, values)
            busy = frames.buttons(running=True)
            for _ in ticket.waiting(lambda: run.remaining):
                yield {"status": views.waiting(ticket.place, ticket.wait), **busy}
            if not ticket.stopped:
                measuring = views.said("Measuring a few steps…")
                yield {"estimate": measuring, **frames.start(run), **busy}
                yield {"estimate": self.estimated(run)}
                yield from self._advance(session, run, ticket)
            note = views.said(ticket.note) if ticket.note else ""
            yield self._finished(session, run, before, note)
        except ParagoneError as error:
            note = error_card(error)
            if run is None:
                yield {"status": note, **frames.buttons()}
            else:
                yield self._finished(session, run, before, note)

    def new_run(
        self,
        settings: Settings,
        content: np.ndarray | None,
        styles: list[np.ndarray],
        mask: np.ndarray | None,
        ticket: Ticket | None = None,
    ) -> Run:
        """A painting that is ready to begin.

        Args:
            ticket: Of the run, which is prepared when no other one is.

        Raises:
            ParagoneError: A picture, a setting or the network cannot be used, or there is not
                enough memory.
        """
        from plugins.style_transfer.estimate import check_memory, free_memory, needed
        from plugins.style_transfer.run import Run, check_pictures

        check_pictures(settings, content, styles, mask)
        backbone = self.networks.backbone(settings.backbone)
        try:
            with ticket.preparing() if ticket else nullcontext():
                need = needed(settings, backbone, content.shape)
                check_memory(need, free_memory(), settings.size)
                return Run(settings, backbone, content, styles, mask)
        except WeightsError:
            # What takes pictures of its own size only is mostly no ConvNet: then that is said.
            backbone.encoder().layers(backbone.transform.size)
            raise

    def _advance(self, session: Session, run: Run, ticket: Ticket) -> Iterator[dict]:
        for _ in ticket.steps(run.advance()):
            if run.paused:  # Said again: an earlier frame may have been on its way.
                yield {"status": frames.status(run, views.PAUSED), "pause": gr.Button("Go on")}
            ticket.hold(run)
            if not run.stopped and ticket.due(FRAME):
                shown = frames.frame(run, views.RUNNING)
                yield {**shown, "status": shown["status"] + session.made}

    def _finished(self, session: Session, run: Run, before: tuple, note: str = "") -> dict:
        """Show the picture as it came out, or the one before where it was never begun."""
        if run.losses:
            return {**self._kept(session, note), **frames.buttons()}
        session.run, session.made = before
        note += frames.failed_card(run) if run.failed else ""
        old = self._kept(session) if session.has_finished else frames.recorded_frame(recorded())
        note = note or views.said("Stopped before the first step.")
        return {**old, "estimate": "", "status": note, **frames.buttons()}

    # --- buttons ------------------------------------------------------------------------------

    def pause(self, session: Session) -> dict:
        """Hold the painting, or let it go on."""
        run = session.run
        if run is None or not session.running:
            return {}
        run.paused = not run.paused
        state = views.PAUSED if run.paused else views.RUNNING
        button = gr.Button("Go on" if run.paused else "Pause")
        return {"pause": button, "status": frames.status(run, state)}

    def stop(self, session: Session) -> dict:
        """End the painting at its next step; the picture is kept."""
        session.stop()
        pause = gr.Button("Pause", interactive=False)
        return {"stop": gr.Button(interactive=False), "pause": pause}


def pictures_of(
    session: Session,
) -> tuple[np.ndarray | None, list[np.ndarray], np.ndarray | None]:
    """Content, styles and mask as arrays; what is missing is said later, by name."""
    content, mask = session.pictures.get("content"), session.pictures.get("mask")
    light = None if mask is None else np.asarray(Image.fromarray(mask.pixels).convert("L"))
    styles = [style.pixels for style in session.styles]
    return None if content is None else content.pixels, styles, light
