"""The gallery's part of the page: many people at once, corrections, exchange, forgetting."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.face_identification import figures
from plugins.face_identification.events import Events
from plugins.face_identification.gallery_events import GalleryEvents
from plugins.shared.faces.widgets import set_input
from plugins.shared.page.widgets import HIDDEN, NETWORK, ZipInput, download, html

HOW = """
Bring a zip, or a folder, with **one folder a person**; one picture each is enough. The largest
face of every picture is enrolled. What is enrolled already is passed over, so a set can be brought
again.
From the command line: `python app.py enrol FOLDER`.
"""


class GalleryTab:
    """The components and events of this part.

    Args:
        inputs: The page's session and settings, in the order of `desk.Settings`.
        shown: What `Desk.refresh` fills.
        people: The list of people; a change in it changes the choices here.
    """

    def __init__(self, events: Events, inputs: list[Any], shown: list[Any], people: gr.HTML):
        """Build into the open tab."""
        self.events, self.do = events, GalleryEvents(events)
        self.inputs, self.shown, self.people = inputs, shown, people
        self.said = html(elem_id="gallery-said")
        with gr.Row(equal_height=False):
            with gr.Column(scale=1, min_width=300):
                self._build_many()
            with gr.Column(scale=1, min_width=300):
                self._build_one()
        with gr.Row(equal_height=False):
            with gr.Column(scale=1, min_width=300):
                self._build_exchange()
            with gr.Column(scale=1, min_width=300):
                self._build_forgetting()
        self._wire()

    # --- components -------------------------------------------------------------------------

    def _build_many(self) -> None:
        gr.Markdown("### Enrol many")
        gr.Markdown(HOW)
        self.set = set_input(self.events.ctx.limits.upload_bytes, "gallery-zip")
        with gr.Row():
            self.keep = gr.Checkbox(
                False, label="Keep the pictures around the faces", elem_id="gallery-keep"
            )
            self.gate = gr.Checkbox(
                True, label="Refuse faces of poor quality", elem_id="gallery-gate"
            )
        self.stop = gr.Button("Stop", interactive=False, elem_id="gallery-stop")
        self.state = html(elem_id="gallery-state")

    def _build_one(self) -> None:
        gr.Markdown("### One person")
        with gr.Row():
            self.person = gr.Dropdown(
                [], label="Person", elem_id="gallery-person", allow_custom_value=True
            )
            self.other = gr.Dropdown(
                [], label="Another person", elem_id="gallery-other", allow_custom_value=True
            )
        self.photos = html(js_on_load=figures.asset("people.js"), elem_id="gallery-photos")
        self.new = gr.Textbox(label="New name", max_length=80, elem_id="gallery-new")
        with gr.Row():
            self.rename = gr.Button("Rename", elem_id="gallery-rename")
            self.merge = gr.Button("These two are one person", elem_id="gallery-merge")
            self.split = gr.Button("The ticked photos are somebody else", elem_id="gallery-split")
            self.drop = gr.Button("Delete the ticked photos", elem_id="gallery-drop")

    def _build_exchange(self) -> None:
        gr.Markdown("### Take it with you")
        inputs = self.inputs
        download("Export the gallery", self.do.export, inputs, "gallery-export")
        self.imported = ZipInput(
            label="Import an exported gallery",
            file_types=[".zip"],
            elem_id="gallery-import",
            height=140,
        )
        self.again = gr.Button("Encode again with the chosen network", elem_id="gallery-again")

    def _build_forgetting(self) -> None:
        gr.Markdown("### Forget")
        gr.Markdown(
            "Deleting removes the pictures, chips and encodings in every network, the rows of the "
            "index and what lies in the cache; the receipt counts them. The gallery of a visit is "
            f"gone when you close the page, or after {self.events.minutes} minutes at rest."
        )
        self.sure = gr.Checkbox(False, label="Yes, delete everybody", elem_id="gallery-sure")
        self.everybody = gr.Button("Delete everybody", variant="stop", elem_id="gallery-everybody")

    # --- wiring -----------------------------------------------------------------------------

    def _wire(self) -> None:
        inputs, shown = self.inputs, self.shown
        choices = [self.person, self.other, self.photos]
        after = [self.said, *choices, *shown]
        run = {"outputs": [self.stop, self.state, *after], **NETWORK}
        self.set.upload(
            self.do.many,
            [self.set, self.keep, self.gate, *inputs],
            [self.set, *run.pop("outputs")],
            **run,
        )
        self.again.click(self.do.encode_again, inputs, [self.stop, self.state, *after], **NETWORK)
        self.stop.click(self.do.stop, [self.inputs[0]], [self.stop, self.state], **HIDDEN)
        people = [self.person, self.other]
        self.person.input(self.do.person, [self.person, *inputs], [self.photos], **HIDDEN)
        self.photos.tick(self.do.tick, [self.inputs[0]], None, **HIDDEN)
        for button, handler in (
            (self.rename, self.do.rename),
            (self.merge, self.do.merge),
            (self.split, self.do.split),
            (self.drop, self.do.drop),
        ):
            button.click(handler, [*people, self.new, *inputs], after, **NETWORK)
        self.imported.upload(
            self.do.bring_back, [self.imported, *inputs], [self.imported, *after], **NETWORK
        )
        self.everybody.click(
            self.do.everybody, [self.sure, *inputs], [self.sure, *after], **NETWORK
        )
        # Whatever was enrolled or deleted elsewhere, the choices here follow.
        self.people.change(self.do.choices, inputs, choices, **HIDDEN)
