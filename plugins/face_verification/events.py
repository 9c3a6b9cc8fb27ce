"""What the events of the face-verification page do. Each method is one handler, or what several
of them share; the maths is in `model.py`, the pictures are in `figures.py` and `plots.py`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr

from plugins.face_verification import figures, plots
from plugins.face_verification.model import (
    OPENING,
    Session,
    Subject,
    compare,
    curves_for,
    default_threshold,
    look,
    recall_recorded,
    result,
)
from plugins.faces.compare import METRICS
from plugins.faces.detect import Face, detector
from plugins.faces.encode import Network
from plugins.faces.examples import examples, load_example
from plugins.faces.pictures import Picture, read_picture
from plugins.widgets import Upload
from weights.errors import ParagoneError

log = logging.getLogger(__name__)

START = "Starts at {:.3g}: {}."
MEASURED_NOTHING = "nothing yet"


class Events:
    """The handlers of one page.

    Attributes:
        cards: The networks that can be chosen, by name; `default` is the first.
    """

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.cards = {card.name: card for card in ctx.backbones()}
        self.default = next(iter(self.cards))
        self.credits = {e.title: f"{e.licence}. {e.credit}." for e in examples()}
        self.warm = threading.Event()
        self.visits: WeakValueDictionary[str, Session] = WeakValueDictionary()

    # --- what the events share ----------------------------------------------------------------

    def network(self, name: str) -> Network:
        """The chosen network: its file is located now, its weights are loaded when a face needs
        them.
        """
        origin = self.ctx.weights(name).origin
        return Network(self.cards[name], origin, lambda: self.ctx.backbone(name))

    def find_faces(self, picture: Picture) -> tuple[Face, ...]:
        """All faces of a picture; loads the detector on first use."""
        return detector(self.ctx.weights("dlib_landmarks.5").path)(picture)

    def _view(self, session: Session, side: str, error: ParagoneError | None = None) -> str:
        subject = session.subjects.get(side)
        credit = self.credits.get(subject.picture.name, "") if subject else ""
        return figures.slot(subject, _shelf(), credit, error)

    def offer_curves(self, session: Session, model: str) -> gr.Dropdown:
        """Every set that the network was measured on, the visitor's own among them."""
        return gr.Dropdown(
            choices=[*curves_for(self.cards[model], session.lab)] or [MEASURED_NOTHING]
        )

    # --- handlers -------------------------------------------------------------------------------

    def open(self, request: gr.Request, session: Session, model: str, *rest: Any) -> tuple:
        """Put the opening comparison on screen: real faces, encodings on record, no network."""
        self.visits[request.session_hash] = session
        for side, key in zip("ab", OPENING, strict=True):
            session.subjects[side] = look(load_example(key), self.find_faces)
        recall_recorded(list(session.subjects.values()), self.cards[model], session.cache)
        views = [self._view(session, side) for side in "ab"]
        return (*views, *self.change_settings(session, model, *rest))

    def opened(self) -> Any:
        """Say which networks can be had, and load the default one, so that the first click is
        quick.
        """
        if not self.warm.is_set():
            self.warm.set()
            threading.Thread(target=self._warm_up, daemon=True).start()
        states = {name: self.ctx.availability(name) for name in self.cards}
        missing = sum(not state.ready for state in states.values())
        return gr.Dropdown(
            choices=[
                (card.title if states[name].ready else f"{card.title} (unavailable)", name)
                for name, card in self.cards.items()
            ],
            info=f"{missing} of {len(states)} cannot be had now; choose one to see why."
            if missing
            else None,
        )

    def _warm_up(self) -> None:
        try:
            self.find_faces(load_example(OPENING[0]))
            self.ctx.backbone(self.default)
        except ParagoneError as error:
            log.warning("The default network could not be loaded ahead: %s", error)

    def leave(self, request: gr.Request) -> None:
        """Forget the visit now. gradio would delete a state an hour after the visitor left, and
        one that was only changed in place, as this one is, never.
        """
        if session := self.visits.get(request.session_hash):
            session.forget()

    def upload(self, side: str) -> Any:
        def take(picture: Upload | None, session: Session, *settings: Any) -> Iterator[tuple]:
            if picture is None:
                yield (gr.skip(),) * 7
                return
            try:
                with picture.taken() as path:
                    read = read_picture(path, picture.name, self.ctx.limits)
                subject = look(read, self.find_faces)
            except ParagoneError as error:
                yield self._refused(session, side, error)
                return
            yield from self._bring(session, side, subject, *settings)

        return take

    def choose(self, side: str) -> Any:
        def take(event: gr.EventData, session: Session, *settings: Any) -> Iterator[tuple]:
            if side not in session.subjects:  # The connection was lost: taken for a goodbye.
                raise ParagoneError("The picture is no longer kept", todo="Bring it again.")
            subject = replace(session.subjects[side], chosen=int(event.face))
            yield from self._bring(session, side, subject, *settings)

        return take

    def example(self, side: str) -> Any:
        def take(event: gr.EventData, session: Session, *settings: Any) -> Iterator[tuple]:
            subject = look(load_example(str(event.key)), self.find_faces)
            yield from self._bring(session, side, subject, *settings)

        return take

    def _bring(
        self, session: Session, side: str, subject: Subject, *settings: Any
    ) -> Iterator[tuple]:
        """Show a new face at once, without the verdict on the one before it; then compare."""
        try:
            subject.face  # noqa: B018  (raises where there is none to compare)
        except ParagoneError as error:
            yield self._refused(session, side, error)
            return
        session.subjects[side] = subject
        waiting = plots.verdict(None, 0, 1, "Comparing…")
        yield (self._view(session, side), None, waiting, *(gr.skip(),) * 4)
        yield (gr.skip(), gr.skip(), *self.refresh(session, *settings))

    def _refused(self, session: Session, side: str, error: ParagoneError) -> tuple:
        """Say what was wrong; what was on screen before stays."""
        return (self._view(session, side, error), None, *(gr.skip(),) * 5)

    def change_network(self, session: Session, model: str, metric: str, *rest: Any) -> tuple:
        """Another network: start with the distance it was trained for."""
        metric = self.cards[model].distance or metric
        return (metric, *self.change_settings(session, model, metric, *rest))

    def change_settings(
        self, session: Session, model: str, metric: str, tau: float, measured_on: str
    ) -> tuple:
        """Another network or distance: tau and the curves start anew, since neither transfers."""
        card = self.cards[model]
        known = curves_for(card, session.lab)
        title = measured_on if measured_on in known else next(iter(known), MEASURED_NOTHING)
        stored = known.get(title)
        curve = stored.by_metric[metric] if stored else None
        tau, reason = default_threshold(card, metric, curve)
        slider = gr.Slider(
            step=METRICS[metric].step,
            maximum=plots.reach(curve, METRICS[metric].top),
            value=tau,
            info=START.format(tau, reason),
        )
        offered = gr.Dropdown(choices=[*known] or [MEASURED_NOTHING], value=title)
        return (slider, offered, *self.refresh(session, model, metric, tau, title))

    def refresh(
        self, session: Session, model: str, metric: str, tau: float, measured_on: str
    ) -> tuple:
        """Compare what the session holds; returns verdict, strips, curves, card of the network,
        JSON.
        """
        card = self.cards[model]
        stored = curves_for(card, session.lab).get(measured_on)
        end = plots.reach(stored and stored.by_metric[metric], METRICS[metric].top)
        empty = plots.curves(stored, metric, tau, None, card.title)
        sides = [session.subjects.get(side) for side in "ab"]
        if None in sides:
            return plots.verdict(None, tau, end, "Bring two pictures."), "", empty, gr.skip(), None
        try:
            network = self.network(model)
            found = compare(*sides, network, metric, session.cache)
        except ParagoneError as error:
            waiting = plots.verdict(None, tau, end, "No comparison: see the message below.")
            return waiting, "", empty, figures.error_card(error), None
        ran = found.left.fresh or found.right.fresh  # Asking for the device imports torch.
        names = tuple(subject.picture.name for subject in sides)
        point = stored and stored.by_metric[metric].at(tau)
        return (
            plots.verdict(found, tau, end),
            figures.encodings(found, names),
            plots.curves(stored, metric, tau, found.distance, card.title),
            figures.model_card(
                network.card, network.origin, self.ctx.device if ran else "", found.encode_ms
            ),
            result(found, tuple(sides), tau, network, point, stored.sentence if stored else ""),
        )


@lru_cache(maxsize=1)
def _shelf() -> str:
    return figures.shelf(
        [(e.key, e.title, figures.data_uri(e.load().pixels, 96)) for e in examples()]
    )
