"""What the events of the face-verification page do. Each method is one handler, or what several
of them share; the maths is in `model.py`, the pictures are in `figures.py` and `plots.py`.

A handler gives what changes on the page by the names of `Page.parts` in `tab.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from plugins.face_verification import figures, plots
from plugins.face_verification.evidence import evidence
from plugins.face_verification.model import (
    OPENING,
    Session,
    compare,
    compare_all,
    curves_for,
    default_threshold,
    result,
)
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.engine import Engine
from plugins.shared.faces.measured.stored_curves import recall_recorded
from plugins.shared.faces.subject import Subject
from plugins.shared.faces.view import model_card
from plugins.shared.faces.widgets import offered_networks
from plugins.shared.files.pictures import read_picture
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.widgets import Upload
from weights.errors import ParagoneError
from weights.messages import say

MEASURED_NOTHING = "nothing yet"


def starts_at(tau: float, reason: str) -> str:
    """Below the slider of the threshold."""
    return say("Starts at {tau:.3g}: {reason}.", tau=tau, reason=reason)


class Events(Engine):
    """The handlers of one page."""

    def __init__(self, ctx: Any):
        super().__init__(ctx)

    # --- what the events share ----------------------------------------------------------------

    def view(
        self, session: Session, side: str, model: str, error: ParagoneError | None = None
    ) -> str:
        missed = error is not None and side in session.missed
        return figures.slot(session.subjects.get(side), error, self.shelf(model), missed)

    def offer_curves(self, session: Session, model: str) -> gr.Dropdown:
        """Every set that the network was measured on, the visitor's own among them."""
        return gr.Dropdown(
            choices=[*curves_for(self.card(model), session.lab)] or [MEASURED_NOTHING]
        )

    # --- handlers -------------------------------------------------------------------------------

    def open(self, remembered: Any, session: Session, model: str, *rest: Any) -> dict:
        """Put the opening comparison on screen: real faces, encodings on record, no network. Or
        examples of a network that the visitor has just trained and chosen.

        Args:
            remembered: The visitor's own networks; see `Engine.own`.
        """
        own = self.own(remembered)
        model, session.model = own.chosen or model, ""
        pictures = self.opening(model, OPENING)
        session.subjects.clear()
        for side, picture in zip("ab", pictures, strict=False):
            session.subjects[side] = self.detect(picture, model)
        recall_recorded(pictures, self.card(model), session.cache)
        chosen = gr.Dropdown(choices=self.titles(own), value=model)
        return {"own": remembered, "model": chosen, **self.change_network(session, model, *rest)}

    def opened(self, remembered: Any) -> dict:
        """Say which networks can be had, and load the default one where that has not begun."""
        self.warm_up()
        return offered_networks(self, remembered)

    def upload(self, side: str) -> Any:
        """The handler of a slot's upload."""

        def take(picture: Upload | None, session: Session, *settings: Any) -> Iterator[dict]:
            if picture is None:
                yield {}
                return
            try:
                with picture.taken() as path:
                    read = read_picture(path, picture.name, self.ctx.limits, keep_source=True)
                subject = self.detect(read, settings[0])
            except ParagoneError as error:
                yield self.slot(session, side, settings[0], error)
                return
            yield from self.bring(session, side, subject, *settings)

        return take

    def choose(self, side: str) -> Any:
        """The handler of a slot's boxes: another face of the same picture."""

        def take(event: gr.EventData, session: Session, *settings: Any) -> Iterator[dict]:
            if side not in session.subjects:  # The connection was lost: taken for a goodbye.
                raise ParagoneError("The picture is no longer kept", todo="Bring it again.")
            subject = replace(session.subjects[side], chosen=int(event.face))
            yield from self.bring(session, side, subject, *settings)

        return take

    def example(self, side: str) -> Any:
        """The handler of a slot's shelf."""

        def take(event: gr.EventData, session: Session, *settings: Any) -> Iterator[dict]:
            picture = self.offered_picture(str(event.key), settings[0])
            subject = self.detect(picture, settings[0])
            yield from self.bring(session, side, subject, *settings)

        return take

    def bring(
        self, session: Session, side: str, subject: Subject, *settings: Any
    ) -> Iterator[dict]:
        """Show a new face at once, without the verdict on the one before it; then compare."""
        session.missed.pop(side, None)
        try:
            subject.face  # noqa: B018  (raises where there is none to compare)
        except ParagoneError as error:
            if not subject.faces:
                session.missed[side] = subject
            yield self.slot(session, side, settings[0], error)
            return
        session.subjects[side] = subject
        waiting = plots.verdict(None, 0, 1, "Comparing…")
        yield {**self.slot(session, side, settings[0]), "verdict": waiting}
        yield self.refresh(session, *settings)

    def slot(
        self, session: Session, side: str, model: str, error: ParagoneError | None = None
    ) -> dict:
        """A slot with its picture, and what was wrong with the one that was brought; the field
        below it is empty for the next one.
        """
        return {
            f"view_{side}": self.view(session, side, model, error),
            f"picture_{side}": None,
        }

    def change_network(self, session: Session, model: str, metric: str, *rest: Any) -> dict:
        """Another network: start with the distance it was trained for, and see the pictures as it
        does. Where it cannot be had, all stays, and the menu goes back to the former one.
        """
        if session.model not in ("", model) and (error := self.refused(model)):
            return {"model": session.model, "about": error_card(error)}
        session.model = model
        metric = self.card(model).distance or metric
        for side, subject in session.subjects.items():
            session.subjects[side] = self.detect_again(subject, model)
        views = {f"view_{side}": self.view(session, side, model) for side in "ab"}
        return {**views, "metric": metric, **self.change_settings(session, model, metric, *rest)}

    def change_settings(
        self, session: Session, model: str, metric: str, tau: float, measured_on: str
    ) -> dict:
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
            info=starts_at(tau, reason),
        )
        offered = gr.Dropdown(choices=[*known] or [MEASURED_NOTHING], value=title)
        shown = self.refresh(session, model, metric, tau, title)
        return {"tau": slider, "measured_on": offered, **shown}

    def refresh(
        self, session: Session, model: str, metric: str, tau: float, measured_on: str
    ) -> dict:
        """Compare what the session holds: verdict, strips, curves, card of the network, JSON."""
        card = self.card(model)
        stored = curves_for(card, session.lab).get(measured_on)
        end = plots.reach(stored and stored.by_metric[metric], METRICS[metric].top)
        nothing = {
            "strips": "",
            "matrix": "",
            "curves": plots.curves(stored, metric, tau, None, card.title),
            "evidence": {},
            "answer": None,
        }
        sides = [session.subjects.get(side) for side in "ab"]
        if None in sides:
            return {**nothing, "verdict": plots.verdict(None, tau, end, "Bring two pictures.")}
        try:
            network = self.network(model)
            found = compare(*sides, network, metric, session.cache)
            every = compare_all(*sides, network, metric, session.cache)
        except ParagoneError as error:
            waiting = plots.verdict(None, tau, end, "No comparison: see the message below.")
            return {**nothing, "verdict": waiting, "about": error_card(error)}
        ran = found.left.fresh or found.right.fresh  # Asking for the device imports torch.
        device = self.ctx.device if ran else ""
        names = tuple(subject.picture.name for subject in sides)
        point = stored and stored.by_metric[metric].at(tau)
        source = stored.sentence if stored else ""
        own = session.lab if session.lab and session.lab.curve is stored else None
        return {
            "verdict": plots.verdict(found, tau, end),
            "strips": figures.encodings(found, names),
            "matrix": figures.matrix(every, tuple(sides), metric, tau),
            "curves": plots.curves(stored, metric, tau, found.distance, card.title),
            "evidence": evidence(own, metric, found.distance),
            "about": model_card(network.card, network.origin, device, found.encode_ms),
            "answer": result(found, tuple(sides), tau, network, point, source),
        }
