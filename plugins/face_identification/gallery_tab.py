"""The gallery's part of the page: many people at once, corrections, exchange, forgetting."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from plugins.face_identification import figures
from plugins.face_identification.events import Events
from plugins.face_identification.gallery_events import GalleryEvents
from plugins.shared.faces.widgets import set_input
from plugins.shared.files.zip_files import readings_of
from plugins.shared.page.archive_names import ArchiveNames
from plugins.shared.page.help_panel import in_both
from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN, NETWORK, ZipInput, download, html
from weights.messages import say

HELP = Path(__file__).with_name("help")


class GalleryTab:
    """The components and events of this part.

    Args:
        inputs: The page's session and settings, in the order of `services.Settings`.
        shown: What `page_state.refresh` fills, by name; a change in its `people` changes the
            choices here.
    """

    def __init__(self, events: Events, inputs: list[Any], shown: dict[str, Any]):
        """Build into the open tab."""
        self.events, self.do = events, GalleryEvents(events)
        self.inputs, self.shown = inputs, shown
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
        in_both(HELP, "gallery.")
        self.set = set_input(self.events.ctx.limits.upload_bytes, "gallery-zip")
        self.names = ArchiveNames(self.set, partial(readings_of, limits=self.events.ctx.limits))
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
            say(
                "Deleting removes the pictures, the chips, the encodings of every network, the "
                "rows of the index and what is cached; the receipt counts them. The gallery of a "
                "visit is deleted when you close the page, or after {minutes} minutes of rest.",
                minutes=self.events.minutes,
            )
        )
        self.sure = gr.Checkbox(False, label="Yes, delete everybody", elem_id="gallery-sure")
        self.everybody = gr.Button("Delete everybody", variant="stop", elem_id="gallery-everybody")

    # --- wiring -----------------------------------------------------------------------------

    @property
    def parts(self) -> dict[str, Any]:
        """What the handlers change, by name."""
        names = ("said", "set", "stop", "state", "person", "other", "photos", "imported", "sure")
        return self.shown | {name: getattr(self, name) for name in names}

    def _wire(self) -> None:
        do, inputs, parts = self.do, self.inputs, self.parts
        session, people = inputs[0], [self.person, self.other]
        labelled = [self.set, self.keep, self.gate, *inputs]
        self.names.wire(do.many, parts, labelled, **NETWORK)
        self.again.click(**named(do.encode_again, parts), inputs=inputs, **NETWORK)
        self.stop.click(**named(do.stop, parts), inputs=[session], **HIDDEN)
        self.person.input(**named(do.person, parts), inputs=[self.person, *inputs], **HIDDEN)
        self.photos.tick(do.tick, [session], None, **HIDDEN)
        for button, handler in (
            (self.rename, do.rename),
            (self.merge, do.merge),
            (self.split, do.split),
            (self.drop, do.drop),
        ):
            button.click(**named(handler, parts), inputs=[*people, self.new, *inputs], **NETWORK)
        given = [self.imported, *inputs]
        self.imported.upload(**named(do.bring_back, parts), inputs=given, **NETWORK)
        given = [self.sure, *inputs]
        self.everybody.click(**named(do.everybody, parts), inputs=given, **NETWORK)
        # Whatever was enrolled or deleted elsewhere, the choices here follow.
        parts["people"].change(**named(do.choices, parts), inputs=inputs, **HIDDEN)
