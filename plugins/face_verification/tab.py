"""The face-verification page: components, events, and nothing computed here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import gradio as gr
from gradio.context import Context

from plugins.face_verification import figures, plots
from plugins.face_verification.lab_tab import Laboratory
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
from plugins.faces.compare import METRICS, metric_named
from plugins.faces.detect import Face, detector
from plugins.faces.encode import EncodingCache, Network
from plugins.faces.examples import examples, load_example
from plugins.faces.pictures import Picture, read_picture
from plugins.widgets import PictureInput, Upload, html
from weights.errors import ParagoneError

log = logging.getLogger(__name__)

SESSION_SECONDS = 3600
START = "Starts at {:.3g}: {}."
MEASURED_NOTHING = "nothing yet"
HIDDEN = {"api_visibility": "private", "show_progress": "hidden"}
SEND_TAU = "(tau) => {{ window.dispatchEvent(new CustomEvent('paragone-tau', {{ detail: {{ channel: '{0}', tau }} }})); }}"
"""Moving tau is told to the page's scripts and to nobody else."""
ABOUT = r"""
One network f turns each face into an encoding (a **Siamese network**: one net, two inputs). Two pictures show one person when

$$d(A, B) = \lVert f(A) - f(B) \rVert \le \tau$$

A low τ takes few strangers for one person (low **FMR**, false match rate) but turns more genuine pairs away (high **FNMR**, false
non-match rate). No network and no τ removes both. A τ holds for the network and the distance it was measured with, and for no other.

Course: convolutional networks, week 4, *Face verification and binary classification*, *Siamese network*. Papers: Taigman et al. 2014
(DeepFace), Schroff et al. 2015 (FaceNet), King 2009 (dlib-ml).
"""


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    page = Page(ctx)
    with gr.Tab("Compare two faces", id="compare"):
        page.build_compare()
    with gr.Tab("Threshold laboratory", id="laboratory"):
        Laboratory(ctx, page, SEND_TAU.format("lab"), HIDDEN)
    page.build_endpoint()
    html(f"<style>{figures.asset('page.css')}</style>")


class Page:
    """The compare part: what its components are and what its events do.

    Attributes:
        session: `gr.State` of one `Session`, forgotten when the visitor leaves.
        model: The dropdown of networks, which the laboratory shares.
    """

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.cards = {card.name: card for card in ctx.backbones()}
        self.default = next(iter(self.cards))
        self.credits = {e.title: f"{e.licence}. {e.credit}." for e in examples()}
        self.warm = threading.Event()

    # --- components -------------------------------------------------------------------------

    def build_compare(self) -> None:
        """Slots, verdict, encodings, curves; filled with a finished comparison when the page loads."""
        self.session = gr.State(
            Session(), time_to_live=SESSION_SECONDS, delete_callback=Session.forget
        )
        card = self.cards[self.default]
        tau, reason = default_threshold(card, card.distance, None)
        with gr.Row(equal_height=False):
            view_a, input_a = self._build_slot("a")
            with gr.Column(scale=3, min_width=280):
                self.verdict = html(
                    plots.verdict(None, tau, METRICS[card.distance].top, "Reading the two faces…"),
                    html_template='<div class="pv-verdict is-waiting"></div>',
                    js_on_load=figures.asset("verdict.js"),
                    channel="compare",
                    elem_id="verdict",
                )
                self.tau = gr.Slider(
                    0, METRICS[card.distance].top, tau, step=0.01, label="Threshold τ", elem_id="tau",
                    info=START.format(tau, reason),
                )  # fmt: skip
                self.model = gr.Dropdown(
                    [(c.title, name) for name, c in self.cards.items()], value=self.default,
                    label="Network", elem_id="model",
                )  # fmt: skip
                self.metric = gr.Radio(
                    [(metric.title, name) for name, metric in METRICS.items()],
                    value=card.distance, label="Distance", elem_id="metric",
                )  # fmt: skip
            view_b, input_b = self._build_slot("b")
        self.about_model = html(elem_id="about-model")
        self.strips = html(elem_id="encodings")
        self.measured_on = gr.Dropdown(
            [MEASURED_NOTHING], value=MEASURED_NOTHING, label="Operating curve measured on",
            elem_id="measured-on", interactive=True,
            allow_custom_value=True,  # the choices are each visitor's own; _refresh knows them
        )  # fmt: skip
        self.curves = html(
            {"tau": tau},
            html_template='<div class="pv-curves"></div>',
            js_on_load=figures.asset("curves.js"),
            channel="compare",
            elem_id="curves",
        )
        with gr.Accordion("What happens here", open=False):
            gr.Markdown(ABOUT, latex_delimiters=[{"left": "$$", "right": "$$", "display": True}])
        with gr.Accordion("The answer as JSON (also the endpoint /face_verification)", open=False):
            self.answer = gr.JSON(show_label=False)
        self.views = {"a": view_a, "b": view_b}
        self._wire({"a": input_a, "b": input_b})

    def _build_slot(self, side: str) -> tuple[gr.HTML, PictureInput]:
        with gr.Column(scale=3, min_width=260):
            view = html(
                figures.slot(None, ""), js_on_load=figures.asset("slot.js"), elem_id=f"view-{side}"
            )
            picture = PictureInput(
                label=f"Picture {side.upper()}: drop, paste or take one", height=150, image_mode=None,
                sources=["upload", "clipboard", "webcam"], elem_id=f"input-{side}", buttons=[],
            )  # fmt: skip
        return view, picture

    # --- events -----------------------------------------------------------------------------

    def _wire(self, inputs: dict[str, PictureInput]) -> None:
        settings = [self.session, self.model, self.metric, self.tau, self.measured_on]
        shown = [self.verdict, self.strips, self.curves, self.about_model, self.answer]
        network = {"concurrency_id": "network", "concurrency_limit": 2, **HIDDEN}
        for side, picture in inputs.items():
            view = self.views[side]
            events = (
                (picture.input, self._on_upload, [picture]),
                (view.choose, self._on_choose, []),
                (view.example, self._on_example, []),
            )
            for listen, handler, extra in events:
                listen(
                    handler(side), [*extra, *settings], [view, picture, *shown],
                    trigger_mode="always_last", **network,
                )  # fmt: skip
        chosen = [self.tau, self.measured_on, *shown]
        self.model.input(self._on_model, settings, [self.metric, *chosen], **network)
        self.metric.input(self._on_settings, settings, chosen, **network)
        self.measured_on.input(self._refresh, settings, shown, **network)
        self.tau.input(None, [self.tau], None, js=SEND_TAU.format("compare"), **HIDDEN)
        opening = Context.root_block.load(
            self._on_open, settings, [*self.views.values(), *chosen], **HIDDEN
        )
        opening.then(self._on_opened, None, [self.model], **HIDDEN)

    # --- what the events share ----------------------------------------------------------------

    def network(self, name: str) -> Network:
        """The chosen network: its file is located now, its weights are loaded when a face needs them."""
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
        return gr.Dropdown(choices=[*curves_for(self.cards[model], session.lab)] or [MEASURED_NOTHING])

    # --- handlers -------------------------------------------------------------------------------

    def _on_open(self, session: Session, model: str, *rest: Any) -> tuple:
        """Put the opening comparison on screen: real faces, encodings on record, no network."""
        for side, key in zip("ab", OPENING, strict=True):
            session.subjects[side] = look(load_example(key), self.find_faces)
        recall_recorded(list(session.subjects.values()), self.cards[model], session.cache)
        views = [self._view(session, side) for side in "ab"]
        return (*views, *self._on_settings(session, model, *rest))

    def _on_opened(self) -> Any:
        """Say which networks can be had, and load the default one, so that the first click is quick."""
        if not self.warm.is_set():
            self.warm.set()
            threading.Thread(target=self._warm_up, daemon=True).start()
        states = {name: self.ctx.availability(name) for name in self.cards}
        missing = {state.why for state in states.values() if not state.ready}
        return gr.Dropdown(
            choices=[
                (card.title if states[name].ready else f"{card.title} (unavailable)", name)
                for name, card in self.cards.items()
            ],
            info=f"Unavailable: {' '.join(sorted(missing))}" if missing else None,
        )

    def _warm_up(self) -> None:
        try:
            self.find_faces(load_example(OPENING[0]))
            self.ctx.backbone(self.default)
        except ParagoneError as error:
            log.warning("The default network could not be loaded ahead: %s", error)

    def _on_upload(self, side: str) -> Any:
        def upload(picture: Upload | None, session: Session, *settings: Any) -> Iterator[tuple]:
            if picture is None:
                yield (gr.skip(),) * 7
                return
            try:
                with picture.taken() as path:
                    read = read_picture(path, picture.name, self.ctx.limits)
                subject = look(read, self.find_faces)
                subject.face  # noqa: B018  (raises where there is none to compare)
            except ParagoneError as error:
                yield (self._view(session, side, error), None, *(gr.skip(),) * 5)
                return
            session.subjects[side] = subject
            yield (self._view(session, side), None, *(gr.skip(),) * 5)
            yield (gr.skip(), gr.skip(), *self._refresh(session, *settings))

        return upload

    def _on_choose(self, side: str) -> Any:
        def choose(event: gr.EventData, session: Session, *settings: Any) -> tuple:
            subject = replace(session.subjects[side], chosen=int(event.face))
            try:
                subject.face  # noqa: B018
            except ParagoneError as error:
                return (self._view(session, side, error), *(gr.skip(),) * 6)
            session.subjects[side] = subject
            return (self._view(session, side), gr.skip(), *self._refresh(session, *settings))

        return choose

    def _on_example(self, side: str) -> Any:
        def example(event: gr.EventData, session: Session, *settings: Any) -> tuple:
            session.subjects[side] = look(load_example(str(event.key)), self.find_faces)
            return (self._view(session, side), gr.skip(), *self._refresh(session, *settings))

        return example

    def _on_model(self, session: Session, model: str, metric: str, *rest: Any) -> tuple:
        """Another network: start with the distance it was trained for."""
        metric = self.cards[model].distance or metric
        return (metric, *self._on_settings(session, model, metric, *rest))

    def _on_settings(
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
            maximum=plots.reach(curve, METRICS[metric].top), value=tau, info=START.format(tau, reason)
        )
        offered = gr.Dropdown(choices=[*known] or [MEASURED_NOTHING], value=title)
        return (slider, offered, *self._refresh(session, model, metric, tau, title))

    def _refresh(
        self, session: Session, model: str, metric: str, tau: float, measured_on: str
    ) -> tuple:
        """Compare what the session holds; returns verdict, strips, curves, card of the network, JSON."""
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
        names = tuple(subject.picture.name for subject in sides)
        point = stored and stored.by_metric[metric].at(tau)
        return (
            plots.verdict(found, tau, end),
            figures.encodings(found, names),
            plots.curves(stored, metric, tau, found.distance, card.title),
            figures.model_card(network.card, network.origin, self.ctx.device),
            result(found, tuple(sides), tau, network, point, stored.sentence if stored else ""),
        )

    # --- the endpoint ---------------------------------------------------------------------------

    def build_endpoint(self) -> None:
        """The named endpoint: two pictures in, one typed answer out; the page's own session is not touched."""

        def face_verification(
            picture_a: Upload, picture_b: Upload, model: str, metric: str, threshold: float | None
        ) -> dict:
            """Compare the largest face of two pictures.

            Args:
                picture_a: A picture file with a face at least 40 pixels wide.
                picture_b: The other picture.
                model: Name of the network.
                metric: euclidean, squared or cosine.
                threshold: tau, at least 0; none: the network's own.

            Returns:
                distance, metric, threshold, same_person, verdict, model, weights, encoding_size, faces_a and faces_b (box as
                left, top, right, bottom in pixels of the upright picture; width; score), chosen_a, chosen_b, fmr and fnmr
                at the threshold (null where no curve was measured), measured_on, timings_ms.
            """
            subjects = [self._read(picture, name) for picture, name in ((picture_a, "picture_a"), (picture_b, "picture_b"))]
            network = self.network(model)
            card = self.cards[model]
            stored = next(iter(curves_for(card, None).values()), None)
            curve = stored.by_metric[metric_named(metric).name] if stored else None
            tau = default_threshold(card, metric, curve)[0] if threshold is None else threshold
            found = compare(*subjects, network, metric, EncodingCache())
            source = stored.sentence if stored else ""
            return result(found, tuple(subjects), tau, network, curve and curve.at(tau), source)

        with gr.Group(visible=False):
            pictures = [PictureInput(label=f"picture_{side}", image_mode=None) for side in "ab"]
            model = gr.Dropdown(list(self.cards), value=self.default, label="model")
            metric = gr.Dropdown(list(METRICS), value="euclidean", label="metric")
            threshold = gr.Number(None, label="threshold", minimum=0)
            answer = gr.JSON(label="answer")
            gr.Button("Compare").click(
                face_verification, [*pictures, model, metric, threshold], answer,
                api_name="face_verification", concurrency_id="network",
            )  # fmt: skip

    def _read(self, picture: Upload | None, field: str) -> Subject:
        if picture is None:
            raise ParagoneError("A picture is missing", where=field, todo="Send two picture files.")
        with picture.taken() as path:
            return look(read_picture(path, picture.name, self.ctx.limits), self.find_faces)


@lru_cache(maxsize=1)
def _shelf() -> str:
    return figures.shelf(
        [(e.key, e.title, figures.data_uri(e.load().pixels, 96)) for e in examples()]
    )
