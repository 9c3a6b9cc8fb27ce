"""The face-identification page: its components and how they are wired. What the events do is in
`events.py`; nothing is computed here.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.face_identification import figures
from plugins.face_identification.endpoint import build_endpoints
from plugins.face_identification.events import Events
from plugins.face_identification.gallery_tab import GalleryTab
from plugins.face_identification.k_laboratory.tab import KTab
from plugins.face_identification.session import VISIT, Session
from plugins.face_identification.settings import KEPT
from plugins.shared.faces.encoding_map import METHODS
from plugins.shared.faces.widgets import (
    network_choice,
    own_networks,
    picture_input,
    tell,
    threshold,
    wire_face_opening,
)
from plugins.shared.page.help_panel import help_panel
from plugins.shared.page.html_parts import asset, script
from plugins.shared.page.widgets import HIDDEN, NETWORK, html

CHANNEL = "identify"
TEMPLATES = [("the nearest of all their photos", "all"), ("the mean of their photos", "mean")]


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    events = Events(ctx)
    with gr.Tab("Who is this?", id="who"):
        page = Page(events)
    with gr.Tab("Gallery", id="gallery"):
        GalleryTab(events, page.inputs, page.shown, page.people)
    with gr.Tab("K laboratory", id="k-laboratory"):
        laboratory = KTab(events, page.session)
    page.wire_opening(laboratory)
    build_endpoints(events)
    html(
        f"<style>{asset('house.css')}{figures.asset('page.css')}{figures.asset('k_lab.css')}</style>"
    )


class Page:
    """The first part: its components, and which event calls which handler.

    Attributes:
        session: `gr.State` of one `Session`, forgotten when the visitor leaves.
        inputs: The session and the settings, in the order of `desk.Settings`.
        shown: What `Desk.refresh` fills.
    """

    def __init__(self, events: Events):
        self.events = events
        self.session = gr.State(Session())
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=290):
                self._build_probe()
            with gr.Column(scale=3, min_width=280):
                self._build_answer()
            with gr.Column(scale=3, min_width=260):
                self._build_people()
        self.about_model = html(elem_id="who-model")
        self.map = html(elem_id="who-map")
        help_panel(__file__)
        with gr.Accordion(
            "The last answer as JSON (also the endpoint /face_identification)", open=False
        ):
            self.json = gr.JSON(show_label=False)
        settings = [self.place, self.model, self.template, self.tau, self.follow, self.projection]
        self.inputs = [self.session, *settings]
        self.shown = [
            self.view,
            self.tau,
            self.answer,
            self.people,
            self.map,
            self.about_model,
            self.json,
        ]
        self._wire()

    # --- components -------------------------------------------------------------------------

    def _build_probe(self) -> None:
        scripts = asset("slot.js") + script(figures.asset("marks.js"), CHANNEL)
        self.view = html(figures.slot(None, None, 0), js_on_load=scripts, elem_id="who-view")
        label = "Probe: drop, paste or take a picture of one face or many"
        self.picture = picture_input(label, "who-input")

    def _build_answer(self) -> None:
        self.answer = html(
            {},
            html_template='<div class="fi-answer"></div>',
            js_on_load=script(figures.asset("answer.js"), CHANNEL),
            elem_id="who-answer",
        )
        with gr.Group():
            self.name = gr.Textbox(
                label="Enrol this face as",
                placeholder="A name, and Enter",
                max_length=80,
                elem_id="who-name",
            )
            self.enrol = gr.Button("Enrol", variant="primary", elem_id="who-enrol")
        self.said = html(elem_id="who-said")
        self.keep = gr.Checkbox(
            True,
            label="Keep the picture around the face",
            info="So that another network can encode it later.",
            elem_id="who-keep",
        )
        self.insist = gr.Checkbox(
            False, label="Enrol it all the same, if the quality is poor", elem_id="who-insist"
        )

    def _build_people(self) -> None:
        self.people = html(js_on_load=figures.asset("people.js"), elem_id="who-people")
        self.tau = threshold("euclidean", 0.6, CHANNEL, "who-tau")
        self.follow = gr.Checkbox(
            True, label="Let τ follow K, to hold FPIR at 1 %", elem_id="who-follow"
        )
        self.template = gr.Radio(
            TEMPLATES, value="all", label="A person is as far as", elem_id="who-template"
        )
        places = [("this visit, in memory", VISIT), ("the gallery of this house", KEPT)]
        self.place = gr.Radio(
            places,
            value=VISIT,
            label="Gallery",
            info="Everyone who can open this page sees and changes the gallery of the house.",
            visible=bool(self.events.uri),
            elem_id="who-place",
        )
        self.model = network_choice(self.events, "who-model-choice")
        self.own = own_networks()
        self.projection = gr.Radio(
            METHODS,
            value=METHODS[0][1],
            label="Map by",
            elem_id="who-projection",
            visible=len(METHODS) > 1,
        )

    # --- events -----------------------------------------------------------------------------

    def _wire(self) -> None:
        events, latest = self.events, {"trigger_mode": "always_last", **NETWORK}
        self.picture.input(
            events.upload,
            [self.picture, *self.inputs],
            [self.picture, *self.shown],
            **latest,
        )
        self.view.example(events.example, self.inputs, self.shown, **latest)
        self.view.choose(events.choose, self.inputs, self.shown, **latest)
        for setting in (self.model, self.template, self.place, self.follow, self.projection):
            setting.input(events.change, self.inputs, self.shown, **latest)
        self.tau.input(None, None, [self.follow], js="() => false", **HIDDEN)
        # A server's answer that equals its last one draws nothing anew, but tau may have moved.
        tell(self.tau, "tau", CHANNEL, "change")
        said = [self.said, self.name, *self.shown]
        fields = [self.name, self.keep, self.insist]
        gr.on(
            [self.enrol.click, self.name.submit],
            events.enrol,
            [self.session, *fields, *self.inputs[1:]],
            said,
            **NETWORK,
        )
        self.people.remove(events.remove, self.inputs, [self.said, *self.shown], **NETWORK)

    def wire_opening(self, laboratory: KTab) -> None:
        """What happens when the page is opened."""
        models = [self.model, laboratory.model]
        wire_face_opening(self.events, self.own, self.inputs, self.shown, models)
