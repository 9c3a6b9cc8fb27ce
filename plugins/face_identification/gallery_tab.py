"""The gallery's part of the page: its people, many at once, exchange, forgetting."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from plugins.face_identification import figures
from plugins.face_identification.doctor_events import DoctorEvents
from plugins.face_identification.events import Events
from plugins.face_identification.gallery_events import GalleryEvents
from plugins.face_identification.group_events import GroupEvents
from plugins.face_identification.people_events import PeopleEvents
from plugins.shared.faces.widgets import set_input
from plugins.shared.files.zip_files import readings_of
from plugins.shared.page.archive_names import ArchiveNames
from plugins.shared.page.finished import Finished
from plugins.shared.page.help_panel import in_both
from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN, NETWORK, ZipInput, download, html
from weights.messages import say

SHOW_COVERS = """
const show = () => {
  const detail = props.value || {};
  window.dispatchEvent(new CustomEvent("paragone-covers", { detail }));
};
watch("value", show);
"""
HELP = Path(__file__).with_name("help")


class GalleryTab:
    """The components and events of this part.

    Args:
        inputs: The page's session and settings, in the order of `services.Settings`.
        shown: What `page_state.refresh` fills, by name; a change in its `people` changes the
            choices here.
        finished: What its visitor finds again.
    """

    def __init__(
        self, events: Events, inputs: list[Any], shown: dict[str, Any], finished: Finished
    ):
        """Build into the open tab."""
        self.finished = finished
        self.events, self.people = events, PeopleEvents(events)
        self.do = GalleryEvents(events, self.people)
        self.inputs, self.shown = inputs, shown
        self.said = html(elem_id="gallery-said")
        self._build_people()
        self._build_doctor()
        self._build_unsorted()
        with gr.Row(equal_height=False):
            with gr.Column(scale=1, min_width=300):
                self._build_many()
            with gr.Column(scale=1, min_width=300):
                self._build_exchange()
                self._build_forgetting()
        self._wire()

    # --- components -------------------------------------------------------------------------

    def _build_people(self) -> None:
        self.page = html(
            {},
            html_template='<div class="fp"></div>',
            js_on_load=figures.asset("gallery_people.js"),
            elem_id="gallery-people",
        )
        self.covers = html(
            {},
            html_template="<i hidden></i>",
            js_on_load=SHOW_COVERS,
            elem_id="gallery-covers",
            padding=False,
        )

    def _build_doctor(self) -> None:
        with gr.Accordion("Does my gallery work?", open=False):
            gr.Markdown(
                "Every photo is held against all the others, as a new one would be. What it finds "
                "leads to the photo and to where it is mended."
            )
            with gr.Row():
                self.examine = gr.Button("Check the gallery", elem_id="gallery-examine")
                self.cease = gr.Button("Stop", interactive=False, elem_id="gallery-cease")
            self.report = html(js_on_load=figures.asset("doctor.js"), elem_id="gallery-report")

    def _build_unsorted(self) -> None:
        with gr.Accordion("Name the faces of an unsorted folder", open=False):
            gr.Markdown(
                "All faces of all pictures are read. Those of nobody enrolled are grouped, each "
                "group as if of one person; two faces of one picture are two people. Untick who "
                "does not belong to a group, and give it a name."
            )
            self.unsorted = set_input(
                self.events.ctx.limits.upload_bytes, "gallery-unsorted", "A zip of pictures"
            )
            self.groups = html(js_on_load=figures.asset("groups.js"), elem_id="gallery-groups")

    def _build_many(self) -> None:
        gr.Markdown("## Enrol many")
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

    def _build_exchange(self) -> None:
        gr.Markdown("## Take it with you")
        inputs = self.inputs
        download("Export the gallery", self.do.export, inputs, "gallery-export", saves=True)
        self.imported = ZipInput(
            label="Import an exported gallery",
            file_types=[".zip"],
            elem_id="gallery-import",
            height=140,
        )
        self.again = gr.Button("Encode again with the chosen network", elem_id="gallery-again")

    def _build_forgetting(self) -> None:
        gr.Markdown("## Forget")
        gr.Markdown(
            say(
                "Deleting removes the pictures, the chips, the encodings of every network, the "
                "rows of the index and what is cached; the receipt counts them. The gallery of a "
                "visit is in memory. In the same browser tab you find it again for {minutes} "
                "minutes; then it is deleted.",
                minutes=self.events.minutes,
            )
        )
        self.sure = gr.Checkbox(False, label="Yes, delete everybody", elem_id="gallery-sure")
        self.everybody = gr.Button("Delete everybody", variant="stop", elem_id="gallery-everybody")

    # --- wiring -----------------------------------------------------------------------------

    @property
    def parts(self) -> dict[str, Any]:
        """What the handlers change, by name."""
        names = ("said", "set", "stop", "state", "page", "imported", "sure")
        parts = self.shown | {name: getattr(self, name) for name in names}
        return {**parts, "finished": self.finished.name}

    def _wire(self) -> None:
        do, inputs, parts, after = self.do, self.inputs, self.parts, self.finished.after
        session = inputs[0]
        labelled = [self.set, self.keep, self.gate, *inputs]
        self.names.wire(after(do.many), parts, labelled, **NETWORK)
        self.again.click(**named(after(do.encode_again), parts), inputs=inputs, **NETWORK)
        self.stop.click(**named(do.stop, parts), inputs=[session], **HIDDEN)
        given = [self.imported, *inputs]
        self.imported.upload(**named(after(do.bring_back), parts), inputs=given, **NETWORK)
        given = [self.sure, *inputs]
        self.everybody.click(**named(after(do.everybody), parts), inputs=given, **NETWORK)
        self._wire_people()

    def _wire_people(self) -> None:
        people, inputs, page = self.people, self.inputs, self.page
        here = {"said": self.said, "page": page}
        page.open(**named(people.open, here), inputs=inputs, **NETWORK)
        page.close(people.close, inputs[:1], None, **HIDDEN)
        # Scrolled or filtered while an answer is on its way: gradio would leave the second one out.
        all_asked = {"trigger_mode": "multiple", **NETWORK}
        page.covers(**named(people.covers, {"covers": self.covers}), inputs=inputs, **all_asked)
        kept, act = {**here, "finished": self.finished.name}, self.finished.after(people.act)
        done = page.act(**named(act, kept), inputs=inputs, **NETWORK)
        groups = GroupEvents(self.events)
        read = named(groups.bring, {"unsorted": self.unsorted, "groups": self.groups})
        self.unsorted.upload(**read, inputs=[self.unsorted, self.keep, *inputs], **NETWORK)
        enrol = named(self.finished.after(groups.name), {**kept, "groups": self.groups})
        given = self.groups.name_group(**enrol, inputs=inputs, **NETWORK)
        given.then(**named(people.shown, self.shown), inputs=inputs, **NETWORK)
        doctor, seen = DoctorEvents(self.events), {"report": self.report, "stop": self.cease}
        self.examine.click(**named(doctor.examine, seen), inputs=inputs, **NETWORK)
        self.cease.click(**named(doctor.stop, seen), inputs=inputs[:1], **HIDDEN)
        done.then(**named(people.shown, self.shown), inputs=inputs, **NETWORK)
        # Whatever was enrolled or deleted elsewhere is seen here, too.
        self.shown["people"].change(**named(people.listed, here), inputs=inputs, **HIDDEN)
