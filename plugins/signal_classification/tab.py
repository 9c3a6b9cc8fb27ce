"""The signal page and how it is wired. What the events do is in `events.py` and `asking.py`."""

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
from plugins.signal_classification.classify_events import SHIPPED
from plugins.signal_classification.controls import CUTS, KINDS, PAD, SAFETY, WAYS
from plugins.signal_classification.data.aeon_sets import SHIPPED as SETS
from plugins.signal_classification.downloads import write_answers, write_model
from plugins.signal_classification.endpoint import build_endpoint
from plugins.signal_classification.learning.baselines import BASELINES, MAJORITY, USUAL
from plugins.signal_classification.session import Session
from plugins.signal_classification.settings import LONGEST, NETWORKS, TWIN, Settings
from plugins.signal_classification.train_events import OTHER, RUN, Events

PAGE = Path(__file__).with_name("page")


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    events = Events(ctx)
    Page(events, gr.State(Session()))
    build_endpoint(events)


class Page:
    """Signals that are classified, a network that learns, and how good it is."""

    def __init__(self, events: Events, session: gr.State):
        self.events, self.session = events, session
        sheet = asset("house.css") + style() + asset("signals.css", PAGE)
        html(f"<style>{sheet}</style>{SAFETY}", padding=False)
        with gr.Tabs():
            with gr.Tab("Classify", id="classify"):
                self._build_asking()
            with gr.Tab("Train", id="train"):
                self._build_training()
        self.results = html(elem_id="sg-results", padding=False)
        help_panel(__file__)
        self._wire()

    def _build_asking(self) -> None:
        self.strip = html(elem_id="sg-strip", padding=False)
        with gr.Row(equal_height=False, elem_id="sg-asking"):
            with gr.Column(scale=2, min_width=300):
                self.which = gr.Radio(
                    [("The network of the page", SHIPPED)],
                    value=SHIPPED,
                    label="Who answers",
                    visible=False,
                    elem_id="sg-which",
                )
                self.table = html(
                    js_on_load=asset("table.js", PAGE), elem_id="sg-signals", padding=False
                )
                self.pad = html(
                    PAD, js_on_load=asset("draw.js", PAGE), elem_id="sg-pad", padding=False
                )
                with gr.Accordion("Or bring signals, or a network from before", open=False):
                    self.file_way = gr.Radio(
                        WAYS, value="", label="What a row is", elem_id="sg-file-way"
                    )
                    self.cut = gr.Radio(CUTS, value="", label="Long recordings", elem_id="sg-cut")
                    self.file = ZipInput(
                        label="Signals: a table, a UCR file, WFDB records in a zip",
                        file_types=KINDS,
                        height=120,
                        elem_id="sg-file",
                    )
                    self.taken = html(elem_id="sg-taken", padding=False)
                    self.model = ZipInput(
                        label="A network from before: the zip that you downloaded here",
                        file_types=[".zip", ".safetensors"],
                        height=120,
                        elem_id="sg-model",
                    )
                download(
                    "All answers as CSV", write_answers, [self.session], "sg-answers", size="sm"
                )
            with gr.Column(scale=3, min_width=320, elem_id="sg-told"):
                self.answer = html(
                    js_on_load=asset("answer.js", PAGE), elem_id="sg-answer", padding=False
                )
                self.card = html(elem_id="sg-card", padding=False)
        self.kernels = html(
            None,
            html_template='<div class="sg-kernels"></div>',
            js_on_load=asset("kernels.js", PAGE),
            elem_id="sg-kernels",
            padding=False,
        )

    def _build_training(self) -> None:
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self._build_set()
            with gr.Column(scale=3, min_width=320):
                self._build_run()

    def _build_set(self) -> None:
        about = "They come with the package aeon; nothing is downloaded."
        self.set = gr.Dropdown(
            list(SETS), value=None, label="A set to learn", info=about, elem_id="sg-set"
        )
        with gr.Accordion("Or bring your own", open=False):
            self.upload = ZipInput(
                label="A table, a UCR file, or a zip with one folder a class",
                file_types=KINDS,
                height=130,
                elem_id="sg-upload",
            )
            self.names = ArchiveNames(
                self.upload, partial(readings_of, limits=self.events.ctx.limits)
            )
            with gr.Row():
                self.label = gr.Dropdown(
                    [],
                    value=None,
                    label="Column of the labels",
                    info="As it was found; choose another, or type its name or number.",
                    allow_custom_value=True,
                    elem_id="sg-label",
                )
                self.way = gr.Radio(WAYS, value="", label="What a row is", elem_id="sg-way")
            self.test = ZipInput(
                label="A set to test on, if it is a file of its own",
                file_types=KINDS,
                height=120,
                elem_id="sg-test",
            )
        self.about = html(elem_id="sg-about", padding=False)

    def _build_run(self) -> None:
        known = Settings()
        self.network = gr.Radio(
            [(words, name) for name, words in NETWORKS.items()],
            value=known.network,
            label="Network",
            elem_id="sg-network",
        )
        self.timm = gr.Textbox(known.timm, label="timm network of the twin", visible=False)
        with gr.Row():
            self.members = gr.Slider(
                1, 5, known.members, step=1, label="Networks that vote", elem_id="sg-members"
            )
            self.steps = gr.Slider(
                20, 3000, known.steps, step=20, label="Steps of each network", elem_id="sg-steps"
            )
            self.budget = gr.Slider(
                3, LONGEST, known.budget, step=1, label="Seconds at most", elem_id="sg-budget"
            )
        self.beside = gr.CheckboxGroup(
            [OTHER, *(name for name in BASELINES if name != MAJORITY)],
            value=[name for name in USUAL if name != MAJORITY],
            label="Hold it against",
            info="The other kind of network, ResNet or twin, trains as long again.",
            elem_id="sg-beside",
        )
        self.refit = gr.Checkbox(
            False,
            label="In the end, learn from all signals",
            info="Those of the test, too; it takes as long again, and the figures stay.",
            elem_id="sg-refit",
        )
        with gr.Row():
            self.train = gr.Button("Train", variant="primary", elem_id="sg-train")
            self.stop = gr.Button("Stop", interactive=False, elem_id="sg-stop")
            self.again = gr.Button("Train again", visible=False, elem_id="sg-again")
        self.status = html(elem_id="sg-status", padding=False)
        self.live = html(elem_id="sg-live", padding=False)
        with gr.Row(visible=False) as self.keep:
            download("Download the network", write_model, [self.session], "sg-download", saves=True)

    def _wire(self) -> None:
        events, asking, session = self.events, self.events.asking, self.session
        latest = {"trigger_mode": "always_last", **NETWORK}
        names = ("card", "table", "answer", "kernels", "results", "which", "status", "live")
        names += ("strip", "label", "taken", "train", "stop", "again", "budget", "keep", "file")
        names += ("model", "upload", "test", "about")
        parts = {name: getattr(self, name) for name in names}
        finished = Finished("signal-classification", events.ctx)
        parts["finished"] = finished.name
        self.table.choose(**named(asking.choose, parts), inputs=[session], **latest)
        self.pad.drawn(**named(asking.drawn, parts), inputs=[session], **latest)
        brought = [session, self.file, self.file_way, self.cut]
        self.file.upload(**named(asking.brought, parts), inputs=brought, **latest)
        read = named(asking.read_anew, parts)
        changed, given = [self.file_way.input, self.cut.input], [session, self.file_way, self.cut]
        gr.on(changed, **read, inputs=given, **latest)
        brought = named(asking.bring_model, parts)
        self.model.upload(**brought, inputs=[session, self.model], **latest)
        self.which.input(**named(asking.use, parts), inputs=[session, self.which], **latest)
        test = named(events.bring_test, parts)
        self.test.upload(**test, inputs=[session, self.test], **HIDDEN)
        self.set.input(events.choose, [session, self.set], [self.about], **HIDDEN)
        given = [session, self.upload, self.label, self.way]
        self.names.wire(events.bring, parts, given, **HIDDEN)
        read = {**named(events.read_anew, parts), "inputs": [session, self.label, self.way]}
        gr.on([self.label.input, self.way.input], **read, **HIDDEN)
        self.network.input(
            lambda name: gr.Textbox(visible=name == TWIN), [self.network], [self.timm], **HIDDEN
        )
        run = [session, self.beside, self.network, self.timm, self.members, self.steps]
        run += [self.budget, self.refit]
        train = {**named(finished.after(events.train), parts), "inputs": run, **RUN}
        self.train.click(**train)
        offered = self.again.click(**named(events.give_more, parts), inputs=[session], **HIDDEN)
        offered.then(**train)
        self.stop.click(events.stop, [session], [self.stop], **HIDDEN)
        for place, status in ((self.live, self.live), (self.results, self.status)):
            mark_former(run[1:], [place], status, [self.about])
        Context.root_block.load(
            **named(finished.opening(asking.open), parts),
            inputs=[finished.name, session],
            js=finished.recall,
            **HIDDEN,
        )
