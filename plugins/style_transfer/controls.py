"""What is painted, after what, and how: the left side of the style page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from plugins.shared.page.html_parts import asset
from plugins.shared.page.parts import named
from plugins.shared.page.picture_place import picture_input, takes_drops
from plugins.shared.page.widgets import HIDDEN, NETWORK, apart, backbone_input, html
from plugins.style_transfer.events import Events
from plugins.style_transfer.session import ROLES, Session
from plugins.style_transfer.settings import (
    LARGEST,
    OPTIMISERS,
    PARAMETRISATIONS,
    PRECISIONS,
    SMALLEST,
    STARTS,
    Settings,
)

LABELS = {
    "content": "Content",
    "style1": "Style",
    "style2": "Second style",
    "style3": "Third style",
    "mask": "Mask: white where the style goes",
}
CHOICES = {
    "fourier": "Fourier",
    "pixels": "Pixels",
    "adam": "Adam",
    "lbfgs": "L-BFGS",
    "auto": "Automatic",
}
"""What values are called on the page."""


def labelled(values: Sequence[str]) -> list[tuple[str, str]]:
    """Choices of a menu: what each is called, and its value."""
    return [(CHOICES.get(value, value), value) for value in values]


class Controls:
    """Components, and those of them that a painting reads."""

    def __init__(self, events: Events):
        self.events = events
        self.slots: dict[str, tuple[Any, Any, Any]] = {}
        with gr.Row(equal_height=False, elem_classes="st-slots"):
            self._slot("content")
            self._slot("style1")
        known = Settings()
        self.backbone = backbone_input(events.networks, "st-backbone")
        fields: dict[str, Any] = {"backbone": self.backbone, **self._main(known)}
        with gr.Accordion("More styles, and where the style goes", open=False):
            with gr.Row(equal_height=False, elem_classes="st-slots"):
                self._slot("style2")
                self._slot("style3")
            self._slot("mask")
            fields["style_weights"] = gr.Textbox(
                label="Weights of the styles", placeholder="1, 1", elem_id="st-weights"
            )
        with gr.Accordion("More settings", open=False):
            fields |= self._more(known)
        self.fields, self.apart = fields, apart("st-backbone")
        self.inputs = [fields[name] for name in Settings.names()]

    def _main(self, known: Settings) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "size": gr.Slider(
                SMALLEST, LARGEST, known.size, step=32, label="Size, px", elem_id="st-size"
            ),
            "steps": gr.Slider(10, 1000, known.steps, step=10, label="Steps", elem_id="st-steps"),
        }
        with gr.Row():
            fields["alpha"] = gr.Number(
                known.alpha, label="α, content", min_width=120, elem_id="st-alpha"
            )
            fields["beta"] = gr.Number(
                known.beta, label="β, style", min_width=120, elem_id="st-beta"
            )
        fields["start"] = gr.Radio(
            list(STARTS), value=known.start, label="Start from", elem_id="st-start"
        )
        fields["keep_colours"] = gr.Checkbox(
            known.keep_colours, label="Keep the content's colours", elem_id="st-keep"
        )
        return fields

    def _more(self, known: Settings) -> dict[str, Any]:
        return {
            **self._layers(),
            "style_scale": gr.Slider(
                0.25, 3, known.style_scale, step=0.05, label="Style scale (larger: larger strokes)"
            ),
            "variation": gr.Number(known.variation, label="Total variation (smooths)"),
            "smoothing": gr.Checkbox(
                known.smoothing, label="Smooth the activations (for residual networks)"
            ),
            "parametrisation": gr.Radio(
                labelled(PARAMETRISATIONS),
                value=known.parametrisation,
                label="Parametrisation",
                info="VGG paints with pixels too; other networks fill them with noise: try it.",
                elem_id="st-parametrisation",
            ),
            "optimiser": gr.Radio(
                labelled(OPTIMISERS),
                value=known.optimiser,
                label="Optimiser",
                elem_id="st-optimiser",
            ),
            "rate": gr.Number(
                known.rate, label="Learning rate of Adam", info="0: the parametrisation's own"
            ),
            "blend": gr.Slider(0, 1, known.blend, step=0.05, label="Noise in a blended start"),
            "coarse_to_fine": gr.Checkbox(known.coarse_to_fine, label="From coarse to fine"),
            "precision": gr.Radio(
                labelled(PRECISIONS),
                value=known.precision,
                label="Numerical precision",
                info="Automatic: the quicker, measured on this machine.",
                elem_id="st-precision",
            ),
            "seed": gr.Number(known.seed, precision=0, label="Seed"),
        }

    def _layers(self) -> dict[str, Any]:
        self.list = gr.Button("List the layers of this backbone", size="sm", elem_id="st-list")
        self.listed = html(elem_id="st-listed", padding=False)
        self.content_layer = gr.Dropdown(
            [],
            value="",
            label="Content layer",
            info="None: one in the middle.",
            allow_custom_value=True,
            elem_id="st-content-layer",
        )
        self.style_layers = gr.Textbox(
            label="Style layers with weights",
            placeholder="none: the usual ones; or layer1: 1, layer2: 0.5",
            lines=2,
            elem_id="st-style-layers",
        )
        return {"content_layer": self.content_layer, "style_layers": self.style_layers}

    def _slot(self, role: str) -> None:
        with gr.Column(min_width=200):
            gr.Markdown(f"**{LABELS[role]}**")
            # Empty: the first two are filled when the page is opened.
            empty = self.events.slots.view(role, Session())
            scripts = asset("slot.js") + takes_drops(f"st-{role}-input")
            view = html(empty, js_on_load=scripts, elem_id=f"st-{role}")
            upload = picture_input("Drop, paste, choose or take one", f"st-{role}-input")
            clear = None
            if role not in ("content", "style1"):
                clear = gr.Button("Take it out", size="sm", elem_id=f"st-{role}-clear")
        self.slots[role] = view, upload, clear

    def wire(self, session: gr.State) -> None:
        """Changes that answer at once."""
        events, slots = self.events, self.events.slots
        names = ("content_layer", "style_layers", "listed")
        parts = {name: getattr(self, name) for name in names}
        given = [self.backbone, self.fields["size"]]
        self.list.click(**named(events.layers, parts), inputs=given, **NETWORK)
        self.backbone.input(**named(events.unlisted, parts), **HIDDEN)
        latest = {"trigger_mode": "always_last", **HIDDEN}
        for role in ROLES:
            view, upload, clear = self.slots[role]
            slot = {"upload": upload, "view": view}
            upload.input(**named(slots.bring(role), slot), inputs=[upload, session], **latest)
            view.example(slots.example(role), [session], [view], **HIDDEN)
            if clear is not None:
                clear.click(slots.clear(role), [session], [view], **HIDDEN)
