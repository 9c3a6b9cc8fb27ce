"""What is trained, and how: the left side of the triplet page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from plugins.shared.faces.widgets import set_input
from plugins.shared.files.zip_files import readings_of
from plugins.shared.page.archive_names import ArchiveNames
from plugins.shared.page.help_panel import in_both
from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN, apart, html
from plugins.triplet_finetuning.data.sources import BROUGHT, HUB, OBJECTS, SOURCES
from plugins.triplet_finetuning.events import SUGGESTED, Events
from plugins.triplet_finetuning.settings import DISTANCES, MINING, NORMS, SCRATCH, Settings

HELP = Path(__file__).with_name("help")


class Controls:
    """Components, and those of them that a run reads."""

    def __init__(self, events: Events):
        self.events = events
        known = Settings()
        self.source = gr.Radio(SOURCES, value=OBJECTS, label="Pictures", elem_id="tf-source")
        with gr.Column(visible=False) as self.own:
            in_both(HELP, "own_pictures.")
            self.upload = set_input(events.ctx.limits.upload_bytes, "tf-zip")
            self.names = ArchiveNames(self.upload, partial(readings_of, limits=events.ctx.limits))
        self.dataset = gr.Textbox(
            label="Image dataset on the Hub",
            placeholder="owner/name",
            visible=False,
            elem_id="tf-dataset",
        )
        self.about = html(elem_id="tf-about")
        self.rival = gr.Checkbox(
            label="Random triplets beside it, from the same seed", elem_id="tf-rival"
        )
        mining = [(title, name) for name, title in MINING.items()]
        fields: dict[str, Any] = {
            "backbone": gr.Dropdown(
                events.networks, value=SCRATCH, label="Backbone", elem_id="tf-backbone"
            ),
            "mining": gr.Radio(
                mining, value="all", label="Triplets that count", elem_id="tf-mining"
            ),
            "margin": gr.Slider(
                0, 2, known.margin, step=0.05, label="Margin α", elem_id="tf-margin"
            ),
            "steps": gr.Slider(
                10, 2000, known.steps, step=10, label="Steps, at most", elem_id="tf-steps"
            ),
        }
        with gr.Accordion("More settings", open=False):
            fields |= {
                "norm": gr.Radio(
                    [(title, name) for name, title in NORMS.items()],
                    value="batch",
                    label="Normalisation of the small ConvNet",
                    elem_id="tf-norm",
                ),
                "rate": gr.Number(known.rate, label="Learning rate (AdamW)", elem_id="tf-rate"),
                "layers": gr.Slider(
                    -1, 12, known.layers, step=1, label="Stages that learn (0: the head; -1: all)"
                ),
                "distance": gr.Radio(list(DISTANCES), value=known.distance, label="Distance"),
                "identities": gr.Slider(
                    2, 32, known.identities, step=1, label="P, identities a batch"
                ),
                "pictures": gr.Slider(2, 16, known.pictures, step=1, label="K, pictures of each"),
                "warm_up": gr.Number(
                    known.warm_up,
                    precision=0,
                    label="First steps with all triplets that lose",
                    info="With 0 and hard triplets a network that knows nothing collapses: try it.",
                    elem_id="tf-warm-up",
                ),
                "decay": gr.Number(known.decay, label="Weight decay"),
                "every": gr.Number(known.every, precision=0, label="Steps between two looks"),
                "patience": gr.Number(
                    known.patience,
                    precision=0,
                    label="Stop after so many looks without a gain",
                    info="0: never",
                ),
                "test_share": gr.Slider(
                    0.1, 0.6, known.test_share, step=0.05, label="Share of identities held out"
                ),
                "seed": gr.Number(known.seed, precision=0, label="Seed"),
                "augment": gr.Checkbox(known.augment, label="Vary the pictures a little each time"),
            }
        self.fields, self.apart = fields, apart("tf-backbone")
        self.inputs = [
            self.source,
            self.dataset,
            self.rival,
            *(fields[name] for name in Settings.names()),
        ]

    def wire(self, session: gr.State) -> None:
        """Changes that answer at once."""
        self.source.input(
            lambda one: (gr.Column(visible=one == BROUGHT), gr.Textbox(visible=one == HUB)),
            [self.source],
            [self.own, self.dataset],
            **HIDDEN,
        )
        given, parts = [self.upload, session], {"upload": self.upload, "about": self.about}
        self.names.wire(self.events.bring, parts, given, **HIDDEN)
        backbone, parts = self.fields["backbone"], {name: self.fields[name] for name in SUGGESTED}
        backbone.input(**named(self.events.suggest, parts), inputs=[backbone], **HIDDEN)
