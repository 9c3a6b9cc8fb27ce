"""The face-identification page: its components and how they are wired. What the events do is in
`events.py`; nothing is computed here.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.face_identification import figures, probe_view
from plugins.face_identification.endpoint import build_endpoints
from plugins.face_identification.events import Events
from plugins.face_identification.gallery_tab import GalleryTab
from plugins.face_identification.k_laboratory.tab import KTab
from plugins.face_identification.session import VISIT, Session
from plugins.face_identification.settings import KEPT
from plugins.shared.faces.encoding_map import METHODS
from plugins.shared.faces.gallery.enrolment import MOST_IN_MEMORY
from plugins.shared.faces.widgets import (
    network_choice,
    own_networks,
    send_moves,
    threshold,
    wire_face_opening,
)
from plugins.shared.page.finished import Finished
from plugins.shared.page.help_panel import help_panel
from plugins.shared.page.html_parts import asset, script
from plugins.shared.page.parts import named
from plugins.shared.page.picture_place import picture_input, takes_drops
from plugins.shared.page.widgets import HIDDEN, NETWORK, apart, html

CHANNEL = "identify"
SEND_TYPED = "(session, typed, ...rest) => [session, window.paragoneTyped?.() || null, ...rest]"
TEMPLATES = [("the nearest of a person's photos", "all"), ("the mean of a person's photos", "mean")]


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    events = Events(ctx)
    with gr.Tab("Who is this?", id="who"):
        page = Page(events)
    with gr.Tab("Gallery", id="gallery"):
        GalleryTab(events, page.inputs, page.shown, page.finished)
    with gr.Tab("K laboratory", id="k-laboratory"):
        laboratory = KTab(events, page.session, page.finished)
    page.wire_opening(laboratory)
    build_endpoints(events)
    sheets = ("page.css", "gallery.css", "k_lab.css")
    styles = asset("house.css"), *map(figures.asset, sheets)
    sheet = f"<style>{''.join(styles)}</style>"
    html(sheet, js_on_load=figures.asset("stayed.js"), padding=False)


class Page:
    """The first part: its components, and which event calls which handler.

    Attributes:
        session: `gr.State` of one `Session`, forgotten when the visitor leaves.
        inputs: The session and the settings, in the order of `services.Settings`.
        shown: What `page_state.refresh` fills, by name.
    """

    def __init__(self, events: Events):
        self.events = events
        self.session = gr.State(Session())
        self.finished = Finished("face-identification", events.ctx, most=MOST_IN_MEMORY)
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=290):
                self._build_probe()
            with gr.Column(scale=3, min_width=280):
                self._build_answer()
            with gr.Column(scale=3, min_width=260):
                self._build_people()
        self.about = html(elem_id="who-model")
        self.map = html(elem_id="who-map")
        help_panel(__file__)
        with gr.Accordion(
            "The last answer as JSON (also the endpoint /face_identification)", open=False
        ):
            self.json = gr.JSON(show_label=False)
        settings = [self.place, self.model, self.template, self.tau, self.follow, self.projection]
        settings.append(self.once)
        self.inputs = [self.session, *settings]
        shown = ("view", "tau", "answer", "people", "map", "about", "json")
        self.shown = {name: getattr(self, name) for name in shown}
        self._wire()

    # --- components -------------------------------------------------------------------------

    def _build_probe(self) -> None:
        scripts = asset("slot.js") + takes_drops("who-input")
        scripts += script(figures.asset("marks.js"), CHANNEL) + figures.asset("name.js")
        self.view = html(probe_view.slot(None, None, 0), js_on_load=scripts, elem_id="who-view")
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
                max_lines=1,
                elem_id="who-name",
            )
            self.typed = gr.JSON(visible=False)
            self.enrol = gr.Button("Enrol", variant="primary", elem_id="who-enrol")
        self.said = html(elem_id="who-said")
        self.keep = gr.Checkbox(
            True,
            label="Keep the picture around the face",
            info="So that another network can encode it later.",
            elem_id="who-keep",
        )
        self.insist = gr.Checkbox(
            False, label="Enrol it even if the quality is poor", elem_id="who-insist"
        )

    def _build_people(self) -> None:
        self.people = html(js_on_load=figures.asset("people.js"), elem_id="who-people")
        self.tau = threshold("euclidean", 0.6, CHANNEL, "who-tau")
        self.follow = gr.Checkbox(
            True, label="Let τ follow K, to hold FPIR at 1 %", elem_id="who-follow"
        )
        self.once = gr.Checkbox(
            True,
            label="Each person at most once in a picture",
            info="Turn it off for mirrors and posters.",
            elem_id="who-once",
        )
        self.template = gr.Radio(
            TEMPLATES, value="all", label="Compare with", elem_id="who-template"
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
        self.own, self.model_apart = own_networks(), apart("who-model-choice")
        self.projection = gr.Radio(
            METHODS,
            value=METHODS[0][1],
            label="Map by",
            elem_id="who-projection",
            visible=len(METHODS) > 1,
        )

    # --- events -----------------------------------------------------------------------------

    @property
    def parts(self) -> dict[str, Any]:
        """What the handlers change, by name."""
        names = ("picture", "name", "said", "model", "own")
        parts = self.shown | {name: getattr(self, name) for name in names}
        return {**parts, "finished": self.finished.name}

    def _wire(self) -> None:
        events, inputs, parts = self.events, self.inputs, self.parts
        latest = {"trigger_mode": "always_last", **NETWORK}
        self.picture.input(**named(events.upload, parts), inputs=[self.picture, *inputs], **latest)
        self.view.example(**named(events.example, parts), inputs=inputs, **latest)
        self.view.choose(**named(events.choose, parts), inputs=inputs, **latest)
        self.view.place(**named(events.place, parts), inputs=inputs, **latest)
        chosen = (self.model, self.template, self.place, self.follow, self.projection, self.once)
        for setting in chosen:
            setting.input(**named(events.change, parts), inputs=inputs, **latest)
        self.tau.input(None, None, [self.follow], js="() => false", **HIDDEN)
        # A server's answer that equals its last one draws nothing anew, but tau may have moved.
        send_moves(self.tau, "tau", CHANNEL, "change")
        session, *settings = inputs
        gr.on(
            [self.enrol.click, self.name.submit],
            **named(self.finished.after(events.enrol), parts),
            inputs=[session, self.typed, self.name, self.keep, self.insist, *settings],
            js=SEND_TYPED,
            **NETWORK,
        )
        remove = self.finished.after(events.remove)
        self.people.remove(**named(remove, parts), inputs=inputs, **NETWORK)

    def wire_opening(self, laboratory: KTab) -> None:
        """What happens when the page is opened."""
        parts = {**self.parts, "model_apart": self.model_apart}
        wire_face_opening(self.events, parts, self.inputs, self.finished, laboratory)
        for event in laboratory.surveyed:  # τ and the errors to expect may come from that set now.
            event.then(**named(self.events.change, self.parts), inputs=self.inputs, **NETWORK)
