"""What the events of the face-verification page do. Each method is one handler, or what several
of them share; the maths is in `model.py`, the pictures are in `figures.py` and `plots.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from plugins.face_verification import figures, plots
from plugins.face_verification.model import (
    OPENING,
    Session,
    compare,
    curves_for,
    default_threshold,
    result,
)
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.engine import Engine
from plugins.shared.faces.measured.stored_curves import recall_recorded
from plugins.shared.faces.subject import Subject
from plugins.shared.faces.view import model_card
from plugins.shared.files.pictures import read_picture
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.widgets import Upload
from weights.errors import ParagoneError

START = "Starts at {:.3g}: {}."
MEASURED_NOTHING = "nothing yet"


class Events(Engine):
    """The handlers of one page."""

    def __init__(self, ctx: Any):
        super().__init__(ctx)

    # --- what the events share ----------------------------------------------------------------

    def _view(
        self, session: Session, side: str, model: str, error: ParagoneError | None = None
    ) -> str:
        return figures.slot(session.subjects.get(side), error, self.shelf(model))

    def _views(self, session: Session, model: str) -> list[str]:
        return [self._view(session, side, model) for side in "ab"]

    def offer_curves(self, session: Session, model: str) -> gr.Dropdown:
        """Every set that the network was measured on, the visitor's own among them."""
        return gr.Dropdown(
            choices=[*curves_for(self.card(model), session.lab)] or [MEASURED_NOTHING]
        )

    # --- handlers -------------------------------------------------------------------------------

    def open(self, told: Any, session: Session, model: str, *rest: Any) -> tuple:
        """Put the opening comparison on screen: real faces, encodings on record, no network. Or
        examples of a network that the visitor has just trained and chosen.

        Args:
            told: The visitor's own networks; see `Engine.own`.
        """
        own = self.own(told)
        model = own.chosen or model
        pictures = self.opening(model, OPENING)
        session.subjects.clear()
        for side, picture in zip("ab", pictures, strict=False):
            session.subjects[side] = self.look(picture, model)
        recall_recorded(pictures, self.card(model), session.cache)
        chosen = gr.Dropdown(choices=self.titles(own), value=model)
        return (told, chosen, *self.change_network(session, model, *rest))

    def opened(self, told: Any) -> tuple:
        """Say which networks can be had, and load the default one, so that the first click is
        quick. Returns what the browser shall remember, and the choices of both parts.
        """
        self.warm_up(OPENING[0])
        own = self.own(told)
        choices, word = self.choices(own)
        return own.plain, gr.Dropdown(choices=choices, info=word or None), gr.Dropdown(choices)

    def upload(self, side: str) -> Any:
        def take(picture: Upload | None, session: Session, *settings: Any) -> Iterator[tuple]:
            if picture is None:
                yield (gr.skip(),) * 7
                return
            try:
                with picture.taken() as path:
                    read = read_picture(path, picture.name, self.ctx.limits)
                subject = self.look(read, settings[0])
            except ParagoneError as error:
                yield self._refused(session, side, error, *settings)
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
            subject = self.look(self.offered_picture(str(event.key), settings[0]), settings[0])
            yield from self._bring(session, side, subject, *settings)

        return take

    def _bring(
        self, session: Session, side: str, subject: Subject, *settings: Any
    ) -> Iterator[tuple]:
        """Show a new face at once, without the verdict on the one before it; then compare."""
        try:
            subject.face  # noqa: B018  (raises where there is none to compare)
        except ParagoneError as error:
            yield self._refused(session, side, error, *settings)
            return
        session.subjects[side] = subject
        waiting = plots.verdict(None, 0, 1, "Comparing…")
        yield (self._view(session, side, settings[0]), None, waiting, *(gr.skip(),) * 4)
        yield (gr.skip(), gr.skip(), *self.refresh(session, *settings))

    def _refused(
        self, session: Session, side: str, error: ParagoneError, model: str, *rest: Any
    ) -> tuple:
        """Say what was wrong; what was on screen before stays."""
        return (self._view(session, side, model, error), None, *(gr.skip(),) * 5)

    def change_network(self, session: Session, model: str, metric: str, *rest: Any) -> tuple:
        """Another network: start with the distance it was trained for, and see the pictures as it
        does. Returns both views first.
        """
        metric = self.card(model).distance or metric
        for side, subject in session.subjects.items():
            session.subjects[side] = self.look_again(subject, model)
        views = self._views(session, model)
        return (*views, metric, *self.change_settings(session, model, metric, *rest))

    def change_settings(
        self, session: Session, model: str, metric: str, tau: float, measured_on: str
    ) -> tuple:
        """Another network or distance: tau and the curves start anew, since neither transfers."""
        card = self.card(model)
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
        card = self.card(model)
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
            return waiting, "", empty, error_card(error), None
        ran = found.left.fresh or found.right.fresh  # Asking for the device imports torch.
        names = tuple(subject.picture.name for subject in sides)
        point = stored and stored.by_metric[metric].at(tau)
        return (
            plots.verdict(found, tau, end),
            figures.encodings(found, names),
            plots.curves(stored, metric, tau, found.distance, card.title),
            model_card(
                network.card, network.origin, self.ctx.device if ran else "", found.encode_ms
            ),
            result(found, tuple(sides), tau, network, point, stored.sentence if stored else ""),
        )
