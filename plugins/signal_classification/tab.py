"""The signal page and how it is wired. What the events do is in `events.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import Context

from plugins.classification.views import style
from plugins.markup import asset
from plugins.signal_classification.endpoint import build_endpoint
from plugins.signal_classification.events import RUN, Events
from plugins.signal_classification.session import Session
from plugins.signal_classification.settings import NETWORKS, TWIN, Settings
from plugins.signal_classification.shipped import SHIPPED
from plugins.widgets import HIDDEN, NETWORK, ZipInput, html

PAGE = Path(__file__).with_name("page")
KINDS = [".tsv", ".txt", ".csv", ".ts", ".arff", ".zip"]
PAD = """
<svg class="sg-pad" data-pad viewBox="0 0 640 150" preserveAspectRatio="none" tabindex="0"
 role="img" aria-label="Draw a signal here: with the mouse, a finger, or the arrow keys and Enter">
<path class="sg-line" vector-effect="non-scaling-stroke"/></svg>
<button class="sg-wipe" data-wipe type="button">Wipe</button>
"""
LEGEND = """
<p class="sg-legend"><span><i style="background:#ea580c"></i>speaks for it</span>
<span><i style="background:#0284c7"></i>speaks against it</span></p>
"""
ABOUT = r"""
A signal is a picture of one dimension, and a ConvNet reads it with kernels that slide along time.
With a kernel $w$ of $f$ taps a layer computes, at every place $t$,

$$z_t = b + \sum_{c}\sum_{k=1}^{f} w_{c,k}\, x_{c,\,t+k}$$

so a signal of 14 samples and 16 kernels of 5 taps give 10 × 16 numbers: the same arithmetic as in
2-D, one index less. **InceptionTime** slides kernels of several lengths side by side. The **twin**
is a timm network for pictures whose kernels were summed along one axis.

Before the last layer the answers along the signal are averaged; taken apart again they say which
part of the curve spoke for the class (a **class-activation map**, Zhou et al. 2016).

Course: convolutional networks, week 4, *1D and 3D generalizations*. Papers: Ismail Fawaz et al.
2020 (InceptionTime); Dempster et al. 2021 (MiniRocket).
"""


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    events = Events(ctx)
    Page(events, gr.State(Session()))
    build_endpoint(events)


class Page:
    """A set and a network that learns it; and signals that are classified."""

    def __init__(self, events: Events, session: gr.State):
        self.events, self.session = events, session
        styles = asset("house.css"), style(), asset("signals.css", PAGE)
        html(f"<style>{''.join(styles)}</style>", padding=False)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self._build_set()
            with gr.Column(scale=3, min_width=320):
                self._build_run()
        self.results = html(elem_id="sg-results", padding=False)
        self._build_asking()
        with gr.Accordion("What happens here", open=False):
            gr.Markdown(ABOUT, latex_delimiters=[{"left": "$$", "right": "$$", "display": True}])
        self._wire()

    def _build_set(self) -> None:
        about = "They come with the package aeon."
        self.set = gr.Dropdown(
            list(SHIPPED), value=None, label="A set to learn", info=about, elem_id="sg-set"
        )
        with gr.Accordion("Or bring your own", open=False):
            self.upload = ZipInput(
                label="Table, UCR file, or a zip with one folder a class",
                file_types=KINDS,
                height=130,
                elem_id="sg-upload",
            )
            self.label = gr.Textbox(
                label="Column of the labels",
                info="Its name or number; none: the first, the last, or the one called label.",
                elem_id="sg-label",
            )

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
            self.members = gr.Slider(1, 5, known.members, step=1, label="Networks that vote")
            self.budget = gr.Slider(
                5, 300, known.budget, step=5, label="Seconds at most", elem_id="sg-budget"
            )
        with gr.Row():
            self.train = gr.Button("Train", variant="primary", elem_id="sg-train")
            self.stop = gr.Button("Stop", interactive=False, elem_id="sg-stop")
        self.status = html(elem_id="sg-status", padding=False)
        self.about = html(elem_id="sg-about", padding=False)

    def _build_asking(self) -> None:
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self.known = gr.Dropdown([], label="Classify a test signal", elem_id="sg-known")
                self.pad = html(PAD, js_on_load=asset("draw.js", PAGE), elem_id="sg-pad")
                self.file = ZipInput(
                    label="Or a signal of your own",
                    file_types=KINDS,
                    height=110,
                    elem_id="sg-file",
                )
            with gr.Column(scale=3, min_width=320):
                self.answer = html(elem_id="sg-answer", padding=False)
                html(LEGEND, padding=False)
                self.kernels = html(elem_id="sg-kernels", padding=False)

    def _wire(self) -> None:
        events, session = self.events, self.session
        chosen = [self.about, self.known]
        self.set.input(events.choose, [session, self.set], chosen, **HIDDEN)
        given = [session, self.upload, self.label]
        self.upload.upload(events.bring, given, [self.upload, *chosen], **HIDDEN)
        self.network.input(
            lambda name: gr.Textbox(visible=name == TWIN), [self.network], [self.timm], **HIDDEN
        )
        run = [session, self.network, self.timm, self.members, self.budget]
        outputs = [self.status, self.results, self.train, self.stop]
        self.train.click(events.train, run, outputs, **RUN)
        self.stop.click(events.stop, [session], [self.stop], **HIDDEN)
        answered = [self.answer, self.kernels]
        latest = {"trigger_mode": "always_last", **NETWORK}
        self.known.input(events.known, [session, self.known], answered, **latest)
        self.file.upload(events.brought, [session, self.file], [self.file, *answered], **latest)
        self.pad.drawn(events.drawn, [session], answered, **latest)
        Context.root_block.unload(events.leave)
