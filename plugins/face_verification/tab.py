"""The face-verification page: its components and how they are wired. What the events do is in
`events.py`; nothing is computed here.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.face_verification import figures, plots
from plugins.face_verification.endpoint import build_endpoint
from plugins.face_verification.events import MEASURED_NOTHING, START, Events
from plugins.face_verification.lab_tab import Laboratory
from plugins.face_verification.model import Session, default_threshold
from plugins.face_verification.parts import curves_view, metric_choice
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.widgets import (
    network_choice,
    own_networks,
    picture_input,
    threshold,
    wire_face_opening,
)
from plugins.shared.page.help_panel import help_panel
from plugins.shared.page.html_parts import asset, script
from plugins.shared.page.widgets import NETWORK, PictureInput, html


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    events = Events(ctx)
    page = Page(events)
    with gr.Tab("Compare two faces", id="compare"):
        page.build_compare()
    with gr.Tab("Threshold laboratory", id="laboratory"):
        laboratory = Laboratory(events, page.session, page.model, page.measured_on)
    page.wire_opening(laboratory)
    build_endpoint(events)
    html(f"<style>{asset('house.css')}</style>")


class Page:
    """The compare part: its components, and which event calls which handler.

    Attributes:
        session: `gr.State` of one `Session`, forgotten when the visitor leaves.
        model: The dropdown of networks, which the laboratory shares.
    """

    def __init__(self, events: Events):
        self.events = events

    # --- components -------------------------------------------------------------------------

    def build_compare(self) -> None:
        """Slots, verdict, encodings, curves; filled with a finished comparison when the page
        loads.
        """
        self.session = gr.State(Session())
        card = self.events.cards[self.events.default]
        tau, reason = default_threshold(card, card.distance, None)
        with gr.Row(equal_height=False):
            view_a, input_a = self._build_slot("a")
            with gr.Column(scale=3, min_width=280):
                self.verdict = html(
                    plots.verdict(None, tau, METRICS[card.distance].top, "Reading the two faces…"),
                    html_template='<div class="pv-verdict is-waiting"></div>',
                    js_on_load=script(figures.asset("verdict.js"), "compare"),
                    elem_id="verdict",
                )
                self.tau = threshold(
                    card.distance, tau, "compare", "tau", START.format(tau, reason)
                )
                self.model = network_choice(self.events, "model")
                self.metric = metric_choice(card.distance, "metric")
            view_b, input_b = self._build_slot("b")
        self.about_model = html(elem_id="about-model")
        self.strips = html(elem_id="encodings")
        self.measured_on = gr.Dropdown(
            [MEASURED_NOTHING],
            value=MEASURED_NOTHING,
            label="Operating curve measured on",
            elem_id="measured-on",
            interactive=True,
            allow_custom_value=True,  # each visitor has choices of their own
        )
        self.curves = curves_view(tau, "compare", "curves")
        help_panel(__file__)
        with gr.Accordion(
            "The last comparison as JSON (also the endpoint /face_verification)", open=False
        ):
            self.answer = gr.JSON(show_label=False)
        self.own = own_networks()
        self.views = {"a": view_a, "b": view_b}
        self._wire({"a": input_a, "b": input_b})

    def _build_slot(self, side: str) -> tuple[gr.HTML, PictureInput]:
        with gr.Column(scale=3, min_width=260):
            view = html(figures.slot(None), js_on_load=asset("slot.js"), elem_id=f"view-{side}")
            label = f"Picture {side.upper()}: drop, paste or take one"
            picture = picture_input(label, f"input-{side}")
        return view, picture

    # --- events -----------------------------------------------------------------------------

    def _wire(self, inputs: dict[str, PictureInput]) -> None:
        settings = self.settings = [
            self.session,
            self.model,
            self.metric,
            self.tau,
            self.measured_on,
        ]
        shown = [self.verdict, self.strips, self.curves, self.about_model, self.answer]
        for side, picture in inputs.items():
            view = self.views[side]
            events = (
                (picture.input, self.events.upload, [picture]),
                (view.choose, self.events.choose, []),
                (view.example, self.events.example, []),
            )
            for listen, handler, extra in events:
                listen(
                    handler(side),
                    [*extra, *settings],
                    [view, picture, *shown],
                    trigger_mode="always_last",
                    **NETWORK,
                )
        chosen = [self.tau, self.measured_on, *shown]
        self.changed = [*self.views.values(), self.metric, *chosen]
        self.model.input(self.events.change_network, settings, self.changed, **NETWORK)
        self.metric.input(self.events.change_settings, settings, chosen, **NETWORK)
        self.measured_on.input(self.events.refresh, settings, shown, **NETWORK)

    def wire_opening(self, laboratory: Laboratory) -> None:
        """What happens when the page is opened."""
        models = [self.model, laboratory.model]
        wire_face_opening(self.events, self.own, self.settings, self.changed, models)
