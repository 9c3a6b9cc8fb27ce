"""What the events of the style page do. How it paints is in `run.py`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from PIL import Image

from plugins.face_widgets import HIDDEN
from plugins.faces.pictures import read_picture
from plugins.faces.view import error_card
from plugins.faces.visits import Visits
from plugins.style_transfer import views
from plugins.style_transfer.offered import CONTENT, STYLE, offered, shelf_of
from plugins.style_transfer.recorded import recorded
from plugins.style_transfer.session import Session
from plugins.style_transfer.settings import BACKBONE, Settings
from plugins.style_transfer.written import read_layers, read_weights
from plugins.svg import clock
from plugins.turns import Ticket, Turns
from plugins.widgets import Upload
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.style_transfer.run import Run
    from weights import Backbone

RUN = {"concurrency_id": "painting", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who paints is decided by `Turns`."""
FRAME = 0.5
"""Seconds between two redrawings of the page."""
WAITED = 60.0
"""Seconds that a paused painting may keep others waiting."""
NAMES = ("backbone", "size", "steps", "start", "alpha", "beta", "blend", "parametrisation") + (
    "optimiser",
    "rate",
    "content_layer",
    "style_layers",
    "variation",
    "smoothing",
    "keep_colours",
    "style_scale",
    "style_weights",
    "coarse_to_fine",
    "seed",
)
"""The fields of `Settings` in the order in which the page hands them over."""
STILL = gr.skip()
EMPTY = {
    "content": "No picture yet.",
    "mask": "No mask: the style goes everywhere.",
    "style2": "None.",
    "style3": "None.",
}


class Events:
    """The handlers of one page, and the queue of those who want to paint."""

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.cards = {card.name: card for card in ctx.backbones()}
        self.default = BACKBONE if BACKBONE in self.cards else next(iter(self.cards))
        self.visits, self.turns = Visits(), Turns()

    # --- opening and leaving ------------------------------------------------------------------

    def open(self, request: gr.Request, session: Session) -> tuple:
        """Put a finished painting on screen, recorded from a real run, with its two pictures."""
        self.visits.seen(request.session_hash, session)
        session.pictures.setdefault("content", offered("astronaut"))
        session.pictures.setdefault("style1", offered("starry_night"))
        old = recorded()
        known = f"Recorded with these settings: {old.note}."
        steps = old.settings.steps
        return (
            self.view("content", session),
            self.view("style1", session),
            views.status(steps, steps, views.DONE, 0, old.size, old.seconds, views.said(known)),
            views.framed(
                views.webp_uri(old.result), views.webp_uri(old.content), old.size, old.saved
            ),
            views.plots(old.losses, steps),
            views.gram_pairs(old.grams),
        )

    def leave(self, request: gr.Request) -> None:
        """Forget the visit now; a painting ends within a step."""
        self.visits.leave(request.session_hash)

    # --- pictures -----------------------------------------------------------------------------

    def view(self, role: str, session: Session, error: ParagoneError | None = None) -> str:
        """A slot with the picture in it, or what was wrong with the one that was brought."""
        shelf = "" if role == "mask" else shelf_of(CONTENT if role == "content" else STYLE)
        return views.slot(session.pictures.get(role), shelf, EMPTY.get(role, "No style."), error)

    def bring(self, role: str) -> Any:
        """The handler of a slot's upload."""

        def take(request: gr.Request, upload: Upload | None, session: Session) -> tuple:
            if upload is None:
                return STILL, STILL
            self.visits.seen(request.session_hash, session)
            try:
                with upload.taken() as path:
                    picture = read_picture(path, upload.name, self.ctx.limits)
                session.pictures[role] = picture
            except ParagoneError as error:
                return None, self.view(role, session, error)
            return None, self.view(role, session)

        return take

    def example(self, role: str) -> Any:
        """The handler of a slot's shelf."""

        def take(event: gr.EventData, request: gr.Request, session: Session) -> str:
            self.visits.seen(request.session_hash, session)
            session.pictures[role] = offered(str(event.key))
            return self.view(role, session)

        return take

    def clear(self, role: str) -> Any:
        """The handler that empties a slot."""

        def take(session: Session) -> str:
            session.pictures.pop(role, None)
            return self.view(role, session)

        return take

    # --- a painting ---------------------------------------------------------------------------

    def settings(self, values: tuple) -> Settings:
        """The settings of the page's fields.

        Raises:
            SettingsError: A field cannot be used.
        """
        named = dict(zip(NAMES, values, strict=True))
        named["style_layers"] = read_layers(named["style_layers"])
        named["style_weights"] = read_weights(named["style_weights"])
        named["content_layer"] = (named["content_layer"] or "").strip()
        return Settings(**named)

    def backbone(self, name: str) -> Backbone:
        """The network that judges; loads it.

        Raises:
            ParagoneError: The list has none of this name, or it cannot be had.
        """
        if name not in self.cards:
            todo = f"Choose one of: {', '.join(self.cards)}."
            raise ParagoneError("There is no such backbone", where="backbone", todo=todo)
        return self.ctx.backbone(name)

    def estimate(self, session: Session, *values: Any) -> str:
        """How long it will take, and which network really judges."""
        from plugins.style_transfer.estimate import check_memory, estimate, free_memory
        from plugins.style_transfer.run import check_pictures

        try:
            settings = self.settings(values)
            content, styles, mask = pictures_of(session)
            check_pictures(settings, content, styles, mask)
            if self.turns.busy:
                return views.said("Somebody is painting: the time cannot be measured now.")
            backbone = self.backbone(settings.backbone)
            found = estimate(settings, backbone, content.shape, len(styles))
            check_memory(found.bytes, free_memory(), settings.size)
        except ParagoneError as error:
            return error_card(error)
        height, width = settings.schedule(content.shape)[-1].size
        words = f"{width} × {height} px in about {clock(found.seconds)}, measured just now"
        return views.said(f"{words}; {found.bytes / 2**30:.2f} GB of memory.")

    def paint(self, request: gr.Request, session: Session, *values: Any) -> Iterator[tuple]:
        """Wait for one's turn, paint, show every look of it, and keep the picture."""
        self.visits.seen(request.session_hash, session)
        if not session.over:
            todo = "Stop it first, or wait for its end."
            error = ParagoneError("A painting of yours is going on", todo=todo)
            yield (error_card(error), *_shown(), *_still())
            return
        session.stopped, session.over, ticket, run = False, False, None, None
        try:
            yield (views.said("Loading the network…"), *_shown(), *_buttons(True), STILL)
            settings = self.settings(values)
            content, styles, mask = pictures_of(session)
            run = self.new_run(settings, content, styles, mask)
            ticket = self.turns.join(lambda: run.remaining)
            yield from self._wait(session, ticket)
            if not session.stopped:
                session.run = run
                yield from self._advance(session, run, ticket)
            yield self._finished(session, run)
        except ParagoneError as error:
            done = run is not None and run.losses
            note = error_card(error)
            yield self._finished(session, run, note) if done else self._ended(note)
        finally:
            session.over = True
            if ticket is not None:
                ticket.leave()

    def new_run(self, settings: Settings, content: Any, styles: list, mask: Any) -> Run:
        """A painting that is ready to begin.

        Raises:
            ParagoneError: A picture, a setting or the network cannot be used, or there is not
                enough memory.
        """
        from plugins.style_transfer.estimate import check_memory, free_memory, needed
        from plugins.style_transfer.run import Run, check_pictures

        check_pictures(settings, content, styles, mask)
        backbone = self.backbone(settings.backbone)
        check_memory(needed(settings, backbone, content.shape), free_memory(), settings.size)
        return Run(settings, backbone, content, styles, mask)

    def _wait(self, session: Session, ticket: Ticket) -> Iterator[tuple]:
        while ticket.place and not session.stopped:
            words = views.waiting(ticket.place, ticket.wait)
            yield (words, *_shown(), *_buttons(True), STILL)
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
                yield (*_frame(run, views.RUNNING), *_buttons(True), STILL)
                drawn = time.monotonic()

    def _finished(self, session: Session, run: Run, note: str = "") -> tuple:
        """Show the picture as it came out; one that was never begun has none."""
        if not run.losses:
            if run.failed:
                note += failed_card(run)
            return self._ended(note or views.said("Stopped before the first step."))
        if session.run is not run:
            return self._ended(note)
        state = views.DONE if run.step >= run.settings.steps else views.STOPPED
        if run.failed:
            state, note = views.FAILED, note + failed_card(run)
        note += views.judge(run.backbone.card, run.backbone.origin)
        return (*_frame(run, state, note, whole=True), *_buttons(), gr.Row(visible=True))

    def _ended(self, note: str) -> tuple:
        return (note, *_shown(), *_buttons(), STILL)

    # --- buttons ------------------------------------------------------------------------------

    def pause(self, session: Session) -> tuple:
        """Hold the painting, or let it go on."""
        run = session.run
        if run is None or session.over:
            return STILL, STILL
        run.paused = not run.paused
        state = views.PAUSED if run.paused else views.RUNNING
        return gr.Button("Go on" if run.paused else "Pause"), _status(run, state)

    def stop(self, session: Session) -> tuple:
        """End the painting at its next step; the picture is kept."""
        session.stop()
        off = gr.Button(interactive=False)
        return off, gr.Button("Pause", interactive=False)

    def write_picture(self, folder: Path, session: Session) -> Path:
        """The painting as a PNG at its full size."""
        path = folder / "painting.png"
        Image.fromarray(self._run(session).result()).save(path)
        session.files.append(path)
        return path

    def write_settings(self, folder: Path, session: Session) -> Path:
        """What painted it, as JSON; no picture's name is in it."""
        run = self._run(session)
        path = folder / "settings.json"
        told = {
            "settings": run.settings.plain(),
            "layers": {"content": run.taps.content, "style": [list(x) for x in run.taps.style]},
            "weights": {"name": run.backbone.card.name, "sha256": run.backbone.origin.sha256},
            "losses": run.losses[-1].losses,
            "steps": run.step,
            "seconds": round(run.seconds, 2),
        }
        path.write_text(json.dumps(told, indent=2), encoding="utf-8")
        session.files.append(path)
        return path

    def _run(self, session: Session) -> Run:
        if session.run is None or not session.run.losses:
            raise ParagoneError("There is no painting of yours", todo="Paint one first.")
        return session.run


def pictures_of(session: Session) -> tuple[Any, list[np.ndarray], np.ndarray | None]:
    """Content, styles and mask as arrays; what is missing is said later, by name."""
    content, mask = session.pictures.get("content"), session.pictures.get("mask")
    light = None if mask is None else np.asarray(Image.fromarray(mask.pixels).convert("L"))
    styles = [style.pixels for style in session.styles]
    return None if content is None else content.pixels, styles, light


def failed_card(run: Run) -> str:
    """Which term was no number, and what to do."""
    return error_card(
        ParagoneError(
            f"The {run.failed} loss is no longer a number",
            where=f"step {run.step + 1}",
            todo="The last good picture is kept. Try Adam, a smaller rate, or less weight.",
        )
    )


def _status(run: Run, state: str, note: str = "") -> str:
    size = run.losses[-1].size if run.losses else run.schedule[0].size
    steps = run.settings.steps
    return views.status(run.step, steps, state, run.remaining, size, run.seconds, note)


def _frame(run: Run, state: str, note: str = "", whole: bool = False) -> tuple:
    """Status, canvas, curves and Gram matrices."""
    now = run.result() if whole else run.picture()
    before = run.content
    return (
        _status(run, state, note),
        views.canvas(now, before, run.saved if whole else ()),
        views.plots(run.losses, run.settings.steps),
        views.grams(run.grams()),
    )


def _shown() -> tuple:
    return (STILL,) * 3


def _still() -> tuple:
    return (STILL,) * 4


def _buttons(running: bool = False) -> tuple:
    """Paint, pause and stop."""
    if running:
        on = gr.Button(interactive=True)
        return gr.Button(interactive=False), on, on
    off = gr.Button(interactive=False)
    return gr.Button(interactive=True), gr.Button("Pause", interactive=False), off
