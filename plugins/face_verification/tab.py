"""The face-verification page: its components and how they are wired. What the events do is in
`events.py`; nothing is computed here.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.face_verification import figures, plots
from plugins.face_verification.endpoint import build_endpoint
from plugins.face_verification.events import MEASURED_NOTHING, Events, starts_at
from plugins.face_verification.group_events import GroupEvents
from plugins.face_verification.lab_tab import Laboratory
from plugins.face_verification.model import Session, default_threshold
from plugins.face_verification.pair_events import PairEvents
from plugins.face_verification.parts import curves_view, evidence_view, metric_choice
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.widgets import (
    network_choice,
    own_networks,
    threshold,
    wire_face_opening,
)
from plugins.shared.page.finished import Finished
from plugins.shared.page.help_panel import help_panel
from plugins.shared.page.html_parts import asset, script
from plugins.shared.page.parts import named
from plugins.shared.page.picture_place import picture_input, takes_drops
from plugins.shared.page.widgets import NETWORK, PictureInput, apart, html
from weights.messages import say


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    events = Events(ctx)
    page = Page(events)
    with gr.Tab("Compare two faces", id="compare"):
        page.build_compare()
    with gr.Tab("Threshold laboratory", id="laboratory"):
        laboratory = Laboratory(events, page.session, page.measured_on, page.finished)
    page.wire_opening(laboratory)
    build_endpoint(events)
    html(f"<style>{asset('house.css')}{figures.asset('page.css')}</style>", padding=False)


class Page:
    """The compare part: its components, and which event calls which handler.

    Attributes:
        session: `gr.State` of one `Session`, forgotten when the visitor leaves.
        model: The dropdown of networks, which the laboratory shares.
    """

    def __init__(self, events: Events):
        self.events = events
        self.finished = Finished("face-verification", events.ctx)

    # --- components -------------------------------------------------------------------------

    def build_compare(self) -> None:
        """Slots, verdict, encodings, curves; filled with a finished comparison when the page
        loads.
        """
        self.session = gr.State(Session())
        card = self.events.cards[self.events.default]
        tau, reason = default_threshold(card, card.distance, None)
        with gr.Row(equal_height=False, elem_id="fv-pair"):
            view_a, input_a = self._build_slot("a")
            with gr.Column(scale=3, min_width=280, elem_classes="fv-answer"):
                self.verdict = html(
                    plots.verdict(None, tau, METRICS[card.distance].top, "Reading the two faces…"),
                    html_template='<div class="pv-verdict is-waiting"></div>',
                    js_on_load=script(figures.asset("verdict.js"), "compare"),
                    elem_id="verdict",
                )
                self.tau = threshold(card.distance, tau, "compare", "tau", starts_at(tau, reason))
                self.model = network_choice(self.events, "model")
                self.metric = metric_choice(card.distance, "metric")
                self.model_apart = apart("model")
            view_b, input_b = self._build_slot("b")
        self.matrix = html(
            js_on_load=script(figures.asset("matrix.js"), "compare"), elem_id="fv-matrix"
        )
        self.about = html(elem_id="about-model")
        self.strips = html(elem_id="encodings")
        self.measured_on = gr.Dropdown(
            [MEASURED_NOTHING],
            value=MEASURED_NOTHING,
            label="Operating curve measured on",
            elem_id="measured-on",
            interactive=True,
            allow_custom_value=True,  # each visitor has choices of their own
        )
        self.evidence = evidence_view("evidence")
        self.curves = curves_view(tau, "compare", "curves")
        help_panel(__file__)
        with gr.Accordion(
            "The last comparison as JSON (also the endpoint /face_verification)", open=False
        ):
            self.answer = gr.JSON(show_label=False)
        self.own = own_networks()
        self.views = {"a": view_a, "b": view_b}
        self.pictures = {"a": input_a, "b": input_b}
        self._wire()

    def _build_slot(self, side: str) -> tuple[gr.HTML, PictureInput]:
        with gr.Column(scale=3, min_width=260):
            scripts = asset("slot.js") + takes_drops(f"input-{side}")
            view = html(figures.slot(None), js_on_load=scripts, elem_id=f"view-{side}")
            label = say("Picture {side}: drop, paste or take one", side=side.upper())
            picture = picture_input(label, f"input-{side}")
        return view, picture

    # --- events -----------------------------------------------------------------------------

    @property
    def parts(self) -> dict[str, Any]:
        """What the handlers change, by name."""
        names = ("tau", "model", "metric", "measured_on", "verdict", "strips", "matrix")
        slots = {f"view_{side}": view for side, view in self.views.items()}
        slots |= {f"picture_{side}": picture for side, picture in self.pictures.items()}
        names += ("curves", "about", "evidence", "answer", "own")
        parts = slots | {name: getattr(self, name) for name in names}
        return {**parts, "model_apart": self.model_apart, "finished": self.finished.name}

    def _wire(self) -> None:
        events, parts, session = self.events, self.parts, self.session
        groups = GroupEvents(events)
        inputs = self.inputs = [session, self.model, self.metric, self.tau, self.measured_on]
        latest = {"trigger_mode": "always_last", **NETWORK}
        for side, view in self.views.items():
            picture = self.pictures[side]
            picture.input(**named(events.upload(side), parts), inputs=[picture, *inputs], **latest)
            view.choose(**named(events.choose(side), parts), inputs=inputs, **latest)
            view.missed(**named(groups.missed(side), parts), inputs=inputs, **latest)
            view.place(**named(groups.place(side), parts), inputs=inputs, **latest)
            view.example(**named(events.example(side), parts), inputs=inputs, **latest)
        self.matrix.pair(**named(groups.pair, parts), inputs=inputs, **latest)
        self.model.input(**named(events.change_network, parts), inputs=inputs, **NETWORK)
        self.metric.input(**named(events.change_settings, parts), inputs=inputs, **NETWORK)
        self.measured_on.input(**named(events.refresh, parts), inputs=inputs, **NETWORK)

    def wire_opening(self, laboratory: Laboratory) -> None:
        """What happens when the page is opened."""
        pair = PairEvents(self.events, laboratory)
        given = [self.session, laboratory.model, laboratory.metric, laboratory.tau]
        for pairs in (laboratory.impostors, laboratory.genuines):
            pairs.compare(**named(pair.compare, self.parts), inputs=given, **NETWORK)
        wire_face_opening(self.events, self.parts, self.inputs, self.finished, laboratory)
