"""The volume page and how it is wired. What the events do is in `events.py`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import Context

from plugins.shared.classification.views import style
from plugins.shared.files.zip_files import readings_of
from plugins.shared.page.archive_names import ArchiveNames
from plugins.shared.page.finished import Finished
from plugins.shared.page.former import mark_former
from plugins.shared.page.help_panel import help_panel
from plugins.shared.page.html_parts import asset
from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN, NETWORK, ZipInput, download, html
from plugins.volume_classification.data.formats import ENDINGS
from plugins.volume_classification.data.medmnist import SIZES, listed
from plugins.volume_classification.endpoint import build_endpoint
from plugins.volume_classification.lesson.panel import LOOK
from plugins.volume_classification.session import Session
from plugins.volume_classification.settings import SCALES, SYMMETRIES, Settings
from plugins.volume_classification.train_events import FEWEST, MOST, RUN
from plugins.volume_classification.view_events import Events
from plugins.volume_classification.views.html import safety
from plugins.volume_classification.views.verdicts import judges
from weights.messages import say

PAGE = Path(__file__).with_name("page")
EDGES = (16, 24, 32, 48, 64, 96)
SCRIPTS = ("viewer.js", "turning.js", "lesson.js", "looking.js", "moving.js")
SAFETY = (
    "Nothing here has been tested on patients. The phantoms are simulated. Of DICOM files only the "
    "picture is read; names and numbers of patients are never shown, logged or kept."
)


def _licences() -> str:
    """Of the sets of MedMNIST."""
    return ", ".join(sorted({one.licence for one in listed().values()})) or "not known"


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    events = Events(ctx)
    Page(events, gr.State(Session()))
    build_endpoint(events)


class Page:
    """The lesson; volumes that are looked at; and three networks that learn side by side."""

    def __init__(self, events: Events, session: gr.State):
        self.events, self.session = events, session
        styles = asset("house.css"), style(), asset("volumes.css", PAGE)
        html(f"<style>{''.join(styles)}</style>{safety(SAFETY)}", padding=False)
        self.script = "\n".join(asset(name, PAGE) for name in SCRIPTS)
        with gr.Tab("Lesson", id="lesson"):
            self._build_lesson()
        with gr.Tab("Look and ask", id="look"):
            self._build_viewer()
        with gr.Tab("Train", id="train"):
            self._build_train()
        help_panel(__file__)
        self._wire()

    def _build_lesson(self) -> None:
        self.lesson = html(elem_id="vc-lesson", js_on_load=self.script, padding=False)
        with gr.Row():
            self.another = gr.Button("Another one", variant="primary", elem_id="vc-another")
            self.twin = gr.Button("Its twin: same slice, other class", elem_id="vc-twin")
        self.lesson_note = html(elem_id="vc-lesson-note", padding=False)

    def _build_viewer(self) -> None:
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=280):
                self.file = ZipInput(
                    label="A volume: NIfTI, NRRD, MetaImage, MGH, NumPy, or a zip of DICOM files",
                    file_types=list(ENDINGS),
                    height=150,
                    elem_id="vc-file",
                )
                self.part = gr.Dropdown(
                    [],
                    label="The file holds several; look at",
                    visible=False,
                    elem_id="vc-part",
                )
                self.known = gr.Dropdown(
                    [],
                    label="Or a test volume of the set",
                    info="The set is chosen under “Train”.",
                    elem_id="vc-known",
                )
                self.asked = gr.Dropdown(
                    judges(False), value=LOOK, label="Who is asked", elem_id="vc-asked"
                )
            with gr.Column(scale=3, min_width=320):
                self.trouble = html(elem_id="vc-trouble", padding=False)
                self.series = html(elem_id="vc-series", padding=False)
                self.answer = html(elem_id="vc-answer", padding=False)
        self.look = html(elem_id="vc-look", js_on_load=self.script, padding=False)

    def _build_train(self) -> None:
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self._build_set()
            with gr.Column(scale=3, min_width=320):
                self._build_run()
        self.results = html(elem_id="vc-results", padding=False)

    def _build_set(self) -> None:
        with gr.Tab("Phantoms", id="phantoms"):
            self.count = gr.Slider(
                FEWEST, MOST, 400, step=20, label="How many (simulated)", elem_id="vc-count"
            )
            self.simulate = gr.Button("Make them", elem_id="vc-simulate")
        with gr.Tab("MedMNIST3D", id="medmnist"):
            self.medmnist = gr.Dropdown(
                [(one.title, key) for key, one in listed().items()],
                label="A set by its name",
                info=say(
                    "From the list of the package medmnist. Licences: {licences}.",
                    licences=_licences(),
                ),
                elem_id="vc-medmnist",
            )
            self.size = gr.Radio(
                [(f"{size}³", size) for size in SIZES], value=SIZES[0], label="Voxels"
            )
            self.fetch = gr.Button("Fetch it", elem_id="vc-fetch")
        with gr.Tab("Your own", id="own"):
            self.edge = gr.Dropdown(
                [("As the volumes suggest", 0), *((f"{edge}³", edge) for edge in EDGES)],
                value=0,
                label="Voxels of the cubes they are brought to",
                elem_id="vc-edge",
            )
            self.upload = ZipInput(
                label="A zip with one folder a class, or an .npz of MedMNIST",
                file_types=[".zip", ".npz"],
                height=150,
                elem_id="vc-upload",
            )
            self.archive_names = ArchiveNames(
                self.upload, partial(readings_of, limits=self.events.learning.ctx.limits)
            )
        self.about = html(elem_id="vc-about", padding=False)

    def _build_run(self) -> None:
        known = Settings()
        self.symmetry = gr.Dropdown(
            [(words, name) for name, words in SYMMETRIES.items()],
            value=known.symmetry,
            label="May a volume be mirrored or turned without changing its class?",
            info="If so, the networks see it turned, too, and learn from less. Where the side "
            "matters, it must not.",
            elem_id="vc-symmetry",
        )
        self.budget = gr.Slider(
            15,
            900,
            120,
            step=15,
            label="Seconds for all three together",
            info="All take the same number of steps, so each sees the volumes equally often.",
            elem_id="vc-budget",
        )
        with gr.Accordion("More settings", open=False):
            self.timm = gr.Textbox(
                known.timm,
                label="timm network",
                info="A ConvNet; its 3-D twin is made of it.",
                elem_id="vc-timm",
            )
            self.width = gr.Slider(
                0, 64, known.width, step=4, label="Kernels in the first stage",
                info="Of timm's ResNets; 0: as timm has it, and for any other network.",
            )  # fmt: skip
            self.slices = gr.Slider(1, 15, known.slices, step=2, label="Slices that 2.5-D sees")
            self.scale = gr.Dropdown(
                [(words, name) for name, words in SCALES.items()],
                value=known.scale,
                label="How values are scaled",
                elem_id="vc-scale",
            )
        self.quick = gr.Checkbox(
            True,
            label="First ask a network that learns nothing here",
            info="EfficientNet-Lite0 knows photographs; it looks at slices along three axes.",
            elem_id="vc-quick",
        )
        with gr.Row():
            self.train = gr.Button("Train all three", variant="primary", elem_id="vc-train")
            self.stop = gr.Button("Stop", interactive=False, elem_id="vc-stop")
        self.status = html(elem_id="vc-status", padding=False)
        with gr.Accordion("Take the networks home, and bring them back", open=False):
            download("Download", self.write, [self.session], "vc-download", saves=True)
            self.networks = ZipInput(
                label="A zip that was downloaded here",
                file_types=[".zip"],
                height=150,
                elem_id="vc-networks",
            )
            self.brought = html(elem_id="vc-brought", padding=False)

    @staticmethod
    def write(folder: Path, session: Session) -> Path:
        """The visitor's networks as a zip."""
        from plugins.volume_classification.learning.zip_export import write_models

        return write_models(folder, session)

    def _wire(self) -> None:
        events, session = self.events, self.session
        learning = events.learning
        latest = {"trigger_mode": "always_last", **NETWORK}
        names = ("lesson", "lesson_note", "trouble", "answer", "look", "file", "known", "about")
        names += ("upload", "status", "results", "train", "stop", "asked", "networks", "brought")
        names += ("symmetry", "series", "part")
        parts = {name: getattr(self, name) for name in names}
        finished = Finished("volume-classification", events.ctx)
        parts["finished"] = finished.name
        self.another.click(**named(events.another, parts), inputs=[session], **NETWORK)
        self.twin.click(**named(events.twin, parts), inputs=[session], **NETWORK)
        known = [session, self.known, self.asked]
        self.known.input(**named(events.known, parts), inputs=known, **latest)
        given = [session, self.file, self.asked]
        self.file.upload(**named(events.brought, parts), inputs=given, **latest)
        chosen = [session, self.part, self.asked]
        self.part.input(**named(events.part, parts), inputs=chosen, **latest)
        self.asked.input(**named(events.answer, parts), inputs=[session, self.asked], **latest)
        count = [session, self.count]
        self.simulate.click(**named(learning.simulate, parts), inputs=count, **RUN)
        chosen = [session, self.medmnist, self.size]
        self.fetch.click(**named(learning.fetch, parts), inputs=chosen, **RUN)
        self.archive_names.wire(learning.bring, parts, [session, self.upload, self.edge], **RUN)
        run = [session, self.symmetry, self.budget, self.timm, self.width, self.slices, self.scale]
        run.append(self.quick)
        self.train.click(**named(finished.after(learning.train), parts), inputs=run, **RUN)
        self.stop.click(learning.stop, [session], [self.stop], **HIDDEN)
        self.networks.upload(
            **named(events.load, parts), inputs=[session, self.networks], **NETWORK
        )
        mark_former(run[1:], [self.results], self.status, [self.about])
        opening = Context.root_block.load(
            **named(finished.opening(events.open), parts),
            inputs=[finished.name, session],
            js=finished.recall,
            **HIDDEN,
        )
        opening.then(events.warm, None, None, **NETWORK)
