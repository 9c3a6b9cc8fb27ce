"""What is looked at: the upper part of the explorer's page."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.activation_explorer.events import Events
from plugins.activation_explorer.sources import BUNDLED, SOURCES
from plugins.shared.page.parts import named
from plugins.shared.page.picture_place import picture_input
from plugins.shared.page.widgets import (
    HIDDEN,
    NETWORK,
    ZipInput,
    apart,
    backbone_input,
    html,
)

OWN = "A zip of pictures, of any size and in any folders. They stay in the server's memory."


class Controls:
    """Components, and those of them that a survey reads."""

    def __init__(self, events: Events):
        self.events = events
        with gr.Row(equal_height=False):
            with gr.Column(min_width=260):
                self.backbone = backbone_input(events.bench, "ae-backbone")
                self.apart = apart("ae-backbone")
            with gr.Column(min_width=260):
                self.source = gr.Radio(
                    SOURCES, value=BUNDLED, label="Pictures", elem_id="ae-source"
                )
                with gr.Column(visible=False) as self.own:
                    self.upload = ZipInput(
                        label=OWN, file_types=[".zip"], elem_id="ae-zip", height=120
                    )
                self.about = html(elem_id="ae-about", padding=False)
            with gr.Column(min_width=260):
                self.layers = gr.Dropdown(
                    [],
                    multiselect=True,
                    label="Layers",
                    info="None chosen: five, one a stage, from shallow to deep.",
                    allow_custom_value=True,
                    elem_id="ae-layers",
                )
        with gr.Row():
            self.find = gr.Button("Find the patches", variant="primary", elem_id="ae-find")
            self.stop = gr.Button("Stop", interactive=False, elem_id="ae-stop")
        self.status = html(elem_id="ae-status", padding=False)
        self.inputs = [self.backbone, self.source, self.layers]

    def wire(self, session: gr.State) -> None:
        """Changes that answer at once."""
        self.source.input(
            lambda one: gr.Column(visible=one != BUNDLED), [self.source], [self.own], **HIDDEN
        )
        names = ("upload", "about", "layers", "status")
        events, parts = self.events, {name: getattr(self, name) for name in names}
        given = [self.upload, session]
        self.upload.upload(**named(events.bring, parts), inputs=given, **HIDDEN)
        # The names of the layers need the network: it is loaded when somebody wants them.
        given = [self.backbone]
        self.backbone.input(**named(events.network, parts), inputs=given, **NETWORK)
        self.layers.focus(**named(events.list_layers, parts), inputs=given, **NETWORK)


class PictureChoice:
    """A picture: one of the set that was looked at, or one of the visitor's own."""

    def __init__(self, name: str, label: str):
        self.known = gr.Dropdown([], label=label, elem_id=f"{name}-known", filterable=True)
        self.upload = picture_input("Or a picture of your own", f"{name}-upload")

    def wire(self, chosen: Any, brought: Any, session: gr.State, parts: dict[str, Any]) -> None:
        """Let both be followed.

        Args:
            chosen, brought: Handlers of (session, the number of a picture) and of (session,
                upload).
            parts: What they change, by name; for the second, `upload` as well.
        """
        latest = {"trigger_mode": "always_last", **NETWORK}
        self.known.input(**named(chosen, parts), inputs=[session, self.known], **latest)
        parts = {**parts, "upload": self.upload}
        self.upload.input(**named(brought, parts), inputs=[session, self.upload], **latest)
