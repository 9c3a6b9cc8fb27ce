"""The triplet page: its two parts, and how the first is wired. What the events do is in
`events.py`.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.context import Context

from plugins.shared.page.finished import Finished
from plugins.shared.page.former import mark_former
from plugins.shared.page.help_panel import help_panel
from plugins.shared.page.html_parts import asset
from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN, download, html
from plugins.triplet_finetuning.controls import Controls
from plugins.triplet_finetuning.endpoint import build_endpoint
from plugins.triplet_finetuning.events import RUN, Events
from plugins.triplet_finetuning.few_shot.tab import FewShotTab
from plugins.triplet_finetuning.head_tab import HeadTab
from plugins.triplet_finetuning.player import Player
from plugins.triplet_finetuning.session import Session
from plugins.triplet_finetuning.views.theatre import TITLES
from plugins.triplet_finetuning.views.triplet_cards import page_asset

# The browser tab remembers the names of its visitor's networks; nobody else can guess them.
KEEP = """(name) => {
  if (!name) return;
  const known = JSON.parse(sessionStorage.getItem("paragone-finetuned") || "[]");
  const others = known.filter((one) => one !== name);
  sessionStorage.setItem("paragone-finetuned", JSON.stringify([name, ...others].slice(0, 8)));
}"""
USE = """(name) => {{
  if (name) sessionStorage.setItem("paragone-choose", name);
  window.paragoneWork?.saved();
  location.href = location.pathname.replace(/[^/]*\\/?$/, "{0}") + location.search;
}}"""


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    events = Events(ctx)
    session = gr.State(Session())
    with gr.Tab("Five examples", id="few"):
        FewShotTab(ctx, session)
    with gr.Tab("Triplets", id="theatre"):
        theatre = Theatre(events, session)
    with gr.Tab("Siamese head", id="head"):
        HeadTab(events, session, [theatre.opening, theatre.training])
    build_endpoint(events)
    styles = asset("house.css"), page_asset("theatre.css"), page_asset("head.css")
    html(f"<style>{''.join(styles)}</style>", padding=False)


class Theatre:
    """Controls, the theatre, and what to do with the result.

    Attributes:
        opening, training: The events after which another run is on screen.
    """

    def __init__(self, events: Events, session: gr.State):
        self.events, self.session = events, session
        with gr.Row(equal_height=False, elem_id="tf-page"):
            with gr.Column(scale=2, min_width=280):
                with gr.Row(elem_id="tf-run"):
                    self.train = gr.Button("Train", variant="primary", elem_id="tf-train")
                    self.pause = gr.Button("Pause", elem_id="tf-pause", interactive=False)
                    self.stop = gr.Button("Stop", elem_id="tf-stop", interactive=False)
                self.status = html(elem_id="tf-status")
                self.controls = Controls(events)
            with gr.Column(scale=5, min_width=320, elem_id="tf-stage"):
                self.player = Player(session)
                self.formula = html(elem_id="tf-formula")
                self.triplets = html(elem_id="tf-triplets")
                with gr.Row(equal_height=False, elem_classes="pv-swipe"):
                    with gr.Column(min_width=300):
                        self.plane = html(elem_id="tf-plane")
                    with gr.Column(min_width=300):
                        self.map = html(elem_id="tf-map")
                        methods = [(title, name) for name, title in TITLES.items()]
                        self.method = gr.Radio(
                            methods,
                            value="pca",
                            show_label=False,
                            container=False,
                            elem_id="tf-method",
                        )
        self.plots = html(elem_id="tf-plots")
        self.summary = html(elem_id="tf-summary")
        self.name = gr.Textbox(visible="hidden", elem_id="pv-name")
        self.finished = Finished("triplet-finetuning", self.events.ctx)
        self._build_result()
        help_panel(__file__)
        self._wire()

    def _build_result(self) -> None:
        with gr.Column(visible=False) as self.result:
            with gr.Row():
                self.verify = gr.Button("Use it in face verification", elem_id="tf-verify")
                self.identify = gr.Button("Use it in face recognition", elem_id="tf-identify")
                download(
                    "Download it", self.events.write, [self.session], "tf-download", saves=True
                )
                download("As ONNX", self.events.write_onnx, [self.session], "tf-onnx", saves=True)
                self.drop = gr.Button("Forget it now", elem_id="tf-drop")
            with gr.Accordion("Put it on the Hub, with your own token", open=False):
                with gr.Row():
                    self.repo = gr.Textbox(label="Repository", placeholder="you/my-encoder")
                    self.token = gr.Textbox(label="Token with write access", type="password")
                    self.private = gr.Checkbox(True, label="Private")
                    self.push = gr.Button("Push", elem_id="tf-push")
                self.pushed = html(elem_id="tf-pushed")

    @property
    def parts(self) -> dict[str, Any]:
        """What the handlers change, by name."""
        names = ("status", "formula", "triplets", "plane", "map", "plots", "summary", "result")
        parts = {name: getattr(self, name) for name in (*names, "name", "train", "pause", "stop")}
        return {**parts, "finished": self.finished.name, **self.player.parts}

    def _wire(self) -> None:
        events, session, parts = self.events, self.session, self.parts
        inputs = [session, *self.controls.inputs]
        finished, opened = self.finished, self.finished.opening(events.open)
        playing = self.player.wire(parts)
        self.training = self.train.click(
            **named(finished.after(events.train), parts), inputs=inputs, cancels=playing, **RUN
        )
        self.training.then(None, [self.name], None, js=KEEP, **HIDDEN)
        self.pause.click(**named(events.pause, parts), inputs=[session], **HIDDEN)
        self.stop.click(**named(events.stop, parts), inputs=[session], **HIDDEN)
        self.verify.click(None, [self.name], None, js=USE.format("face-verification"), **HIDDEN)
        self.identify.click(None, [self.name], None, js=USE.format("face-identification"), **HIDDEN)
        self.drop.click(**named(finished.after(events.drop), parts), inputs=[session], **HIDDEN)
        given = [session, self.repo, self.token, self.private]
        fields = {"token": self.token, "pushed": self.pushed}
        self.push.click(**named(events.push, fields), inputs=given, **HIDDEN)
        self.method.input(events.map_by, [session, self.method], [self.map], **HIDDEN)
        self.controls.wire(session)
        results = [self.formula, self.triplets, self.plane, self.map, self.plots, self.summary]
        mark_former(self.controls.inputs, results, self.status, [self.controls.about])
        self.opening = Context.root_block.load(
            **named(opened, parts), inputs=[finished.name, session], js=finished.recall, **HIDDEN
        )
        menu = {"backbone": self.controls.fields["backbone"], "backbone_apart": self.controls.apart}
        self.opening.then(**named(events.opened, menu), **HIDDEN)
