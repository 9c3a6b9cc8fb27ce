"""The style page and how it is wired. What the events do is in `events.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import Context

from plugins.shared.page.finished import Finished
from plugins.shared.page.former import mark_former
from plugins.shared.page.help_panel import help_panel
from plugins.shared.page.html_parts import asset
from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN, NETWORK, download, html
from plugins.style_transfer.controls import Controls
from plugins.style_transfer.downloads import write_picture, write_settings
from plugins.style_transfer.endpoint import build_endpoint
from plugins.style_transfer.events import RUN, Events
from plugins.style_transfer.session import ROLES, Session

PAGE = Path(__file__).with_name("page")


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    events = Events(ctx)
    Page(events, gr.State(Session()))
    build_endpoint(events)


class Page:
    """Pictures and settings, the painting, and what can be seen of it."""

    def __init__(self, events: Events, session: gr.State):
        self.events, self.session = events, session
        html(f"<style>{asset('house.css')}{asset('style.css', PAGE)}</style>", padding=False)
        with gr.Row(equal_height=False, elem_id="st-page"):
            with gr.Column(scale=2, min_width=300):
                self.controls = Controls(events)
            with gr.Column(scale=3, min_width=320, elem_id="st-easel"):
                self._build_easel()
        self.plots = html(elem_id="st-plots", padding=False)
        self.grams = html(elem_id="st-grams", padding=False)
        help_panel(__file__)
        self._wire()

    def _build_easel(self) -> None:
        with gr.Row(elem_id="st-buttons"):
            self.paint = gr.Button("Paint", variant="primary", min_width=120, elem_id="st-paint")
            self.pause = gr.Button("Pause", interactive=False, min_width=120, elem_id="st-pause")
            self.stop = gr.Button("Stop", interactive=False, min_width=120, elem_id="st-stop")
            self.ask = gr.Button("Estimate time", min_width=120, elem_id="st-ask")
        self.estimate = html(elem_id="st-estimate", padding=False)
        self.status = html(elem_id="st-status", padding=False)
        script = asset("canvas.js", PAGE)
        self.canvas = html(elem_id="st-canvas", js_on_load=script, padding=False)
        with gr.Row(visible=False) as self.result:
            download("Download PNG", write_picture, [self.session], "st-download", saves=True)
            download("Settings", write_settings, [self.session], "st-settings")

    def _wire(self) -> None:
        events, session, controls = self.events, self.session, self.controls
        names = ("estimate", "status", "canvas", "plots", "grams", "paint", "pause", "stop")
        parts = {name: getattr(self, name) for name in (*names, "result")}
        parts |= {role: controls.slots[role][0] for role in ROLES}
        finished = Finished("style-transfer", events.ctx)
        parts["finished"] = finished.name
        given = [session, *controls.inputs]
        self.ask.click(events.estimate, given, [self.estimate], **NETWORK)
        self.paint.click(**named(finished.after(events.paint), parts), inputs=given, **RUN)
        self.pause.click(**named(events.pause, parts), inputs=[session], **HIDDEN)
        self.stop.click(**named(events.stop, parts), inputs=[session], **HIDDEN)
        controls.wire(session)
        shown, places = [self.canvas, self.plots, self.grams], controls.slots.values()
        mark_former(controls.inputs, shown, self.status, [view for view, _, _ in places])
        opening = Context.root_block.load(
            **named(finished.opening(events.open), parts),
            inputs=[finished.name, session],
            js=finished.recall,
            **HIDDEN,
        )
        menu = {"backbone": controls.backbone, "backbone_apart": controls.apart}
        opening.then(**named(events.opened, menu), **HIDDEN)
