"""The page's first act: some classes, a few pictures of each, and no training."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from plugins.shared.faces.align import align, whole_size
from plugins.shared.faces.detect import usable, whole_picture
from plugins.shared.files.pictures import read_picture
from plugins.shared.page.help_panel import in_both
from plugins.shared.page.html_parts import asset, error_card
from plugins.shared.page.parts import named
from plugins.shared.page.picture_place import picture_input
from plugins.shared.page.widgets import HIDDEN, NETWORK, Upload, html
from plugins.triplet_finetuning.data.objects import EACH, HELD_OUT, NAMES, objects
from plugins.triplet_finetuning.few_shot import views
from plugins.triplet_finetuning.few_shot.examples import EACH_MOST, Encode, Examples, unseen
from plugins.triplet_finetuning.few_shot.network import SIDE, features
from plugins.triplet_finetuning.session import Session
from weights.errors import ParagoneError
from weights.messages import say

HELP = Path(__file__).parents[1] / "help"
FIRST = list(HELD_OUT[:5])
RATE = 5


class FewShotTab:
    """Components and events of the first act."""

    def __init__(self, ctx: Any, session: gr.State):
        """Build into the open tab."""
        self.ctx = ctx
        start = Examples()
        start.choose(FIRST, 5)
        in_both(HELP, "few_shot.")
        with gr.Row(equal_height=False, elem_id="fs-page"):
            with gr.Column(scale=3, min_width=300):
                self.chosen = gr.Dropdown(
                    [(name, name) for name in NAMES],
                    value=FIRST,
                    multiselect=True,
                    label="Classes of the built-in objects",
                    elem_id="fs-chosen",
                )
                with gr.Row():
                    self.each = gr.Slider(
                        1,
                        EACH_MOST,
                        5,
                        step=1,
                        label="Examples of each",
                        elem_id="fs-each",
                        min_width=220,
                    )
                    self.rate = gr.Slider(
                        1,
                        30,
                        RATE,
                        step=1,
                        label="False alarms wanted, %",
                        elem_id="fs-rate",
                        min_width=220,
                    )
                with gr.Accordion("Classes of my own", open=False, elem_id="fs-own"):
                    self.name = gr.Textbox(label="Name", elem_id="fs-name", max_length=40)
                    self.example = picture_input("An example: drop, paste or take", "fs-example")
                    self.forget = gr.Button("Forget my classes", size="sm", elem_id="fs-forget")
                self.classes = html(views.classes(start), elem_id="fs-classes")
            with gr.Column(scale=3, min_width=300, elem_id="fs-stage"):
                self.shelf = html(
                    views.to_try(start), js_on_load=asset("slot.js"), elem_id="fs-shelf"
                )
                self.probe = picture_input("Or tell a picture of mine", "fs-probe")
                self.verdict = html(elem_id="fs-verdict")
                self.expected = html(elem_id="fs-expected")
                self.compare = gr.Button(
                    "Measure on pictures that were not given", elem_id="fs-compare"
                )
                self.table = html(elem_id="fs-table")
        self._wire(session)

    def _wire(self, session: gr.State) -> None:
        names = ("classes", "shelf", "verdict", "expected", "table", "example", "probe")
        parts = {name: getattr(self, name) for name in names}
        given = [session, self.chosen, self.each]
        told = [*given, self.rate]
        latest = {"trigger_mode": "always_last", **HIDDEN}
        for control in (self.chosen, self.each):
            control.input(**named(self._choose, parts), inputs=given, **latest)
        self.rate.input(**named(lambda: STALE, parts), **latest)
        self.example.input(
            **named(self._add, parts), inputs=[*given, self.name, self.example], **HIDDEN
        )
        self.forget.click(**named(self._forget, parts), inputs=given, **HIDDEN)
        self.probe.input(**named(self._brought, parts), inputs=[*told, self.probe], **NETWORK)
        self.shelf.example(**named(self._pressed, parts), inputs=told, **NETWORK)
        self.compare.click(**named(self._compare, parts), inputs=told, **NETWORK)

    def _encode(self, chips: Any) -> np.ndarray:
        return features(self.ctx, chips)

    def _choose(self, session: Session, chosen: list[str], each: float) -> dict:
        """Other built-in classes, or another number of examples."""
        try:
            session.examples.choose(chosen or (), int(each))
        except ParagoneError as error:
            return {"verdict": error_card(error)}
        return {**self._shown(session), **STALE}

    def _shown(self, session: Session) -> dict:
        examples = session.examples
        return {"classes": views.classes(examples), "shelf": views.to_try(examples)}

    def _add(
        self, session: Session, chosen: list[str], each: float, name: str, upload: Upload | None
    ) -> dict:
        """A picture for a class of the visitor's own."""
        if upload is None:
            return {}
        try:
            session.examples.choose(chosen or (), int(each))
            session.examples.add(name, self._read(upload))
        except ParagoneError as error:
            return {"example": None, "verdict": error_card(error)}
        return {**self._shown(session), **STALE, "example": None}

    def _forget(self, session: Session, chosen: list[str], each: float) -> dict:
        """Drop what the visitor brought."""
        session.examples = Examples()
        return self._choose(session, chosen, each)

    def _read(self, upload: Upload) -> np.ndarray:
        with upload.taken() as path:
            picture = read_picture(path, upload.name, self.ctx.limits, keep_source=True)
        return align(picture, usable(picture, whole_picture(picture)), f"whole-{SIDE}")

    def _pressed(
        self, event: gr.EventData, session: Session, chosen: list[str], each: float, rate: float
    ) -> dict:
        """A picture of the shelf."""
        try:
            index = int(event.key)
            pixels = objects(96).chips[index]
        except (AttributeError, TypeError, ValueError, IndexError):
            return {}
        return self._tell(session, chosen, each, rate, pixels, NAMES[index // EACH])

    def _brought(
        self,
        session: Session,
        chosen: list[str],
        each: float,
        rate: float,
        upload: Upload | None,
    ) -> dict:
        """A picture of the visitor's."""
        if upload is None:
            return {}
        try:
            pixels = self._read(upload)
        except ParagoneError as error:
            return {"probe": None, "verdict": error_card(error)}
        return {**self._tell(session, chosen, each, rate, pixels), "probe": None}

    def _tell(
        self,
        session: Session,
        chosen: list[str],
        each: float,
        rate: float,
        pixels: np.ndarray,
        shown: str = "",
    ) -> dict:
        start = time.perf_counter()
        try:
            examples = session.examples
            examples.choose(chosen or (), int(each))
            known = examples.classes(self._encode, rate / 100)
            row = known.similarities(examples.encoded([pixels], self._encode))[0]
        except ParagoneError as error:
            return {"verdict": error_card(error)}
        ms = 1000 * (time.perf_counter() - start)
        return {
            "verdict": views.verdict(pixels, row, known, shown, ms),
            "expected": views.expectation(known, rate / 100),
        }

    def _compare(self, session: Session, chosen: list[str], each: float, rate: float) -> dict:
        """The built-in classes on their other pictures, by this network and by the visitor's."""
        try:
            examples = Examples()
            examples.choose(chosen or (), int(each))
            title = say("EfficientNet-Lite0, not trained further")
            rows = [self._row(title, examples, rate, self._encode)]
            if session.outcome is not None and whole_size(session.outcome.encoder.alignment):
                own = Examples(recorded=False)
                own.choose(chosen or (), int(each))
                title = say("Your run, step {step}", step=session.outcome.best)
                trained = trained_in(session)
                rows.append(self._row(title, own, rate, trained))
        except ParagoneError as error:
            return {"table": error_card(error)}
        return {"table": views.comparison(rows)}

    def _row(self, title: str, examples: Examples, rate: float, encode: Encode) -> tuple:
        known = examples.classes(encode, rate / 100)
        near, far = unseen(examples.chosen)
        pictures, names = objects(96).chips, list(known.names)
        labels = np.array([names.index(NAMES[i // EACH]) for i in near])
        found = [
            known.similarities(examples.encoded(list(pictures[part]), encode))
            for part in (near, far)
        ]
        return title, known, found[0], labels, found[1]


def trained_in(session: Session) -> Encode:
    """What the network of the visitor's run makes of pictures of any size."""
    from plugins.triplet_finetuning.training.encoder import encode

    encoder = session.outcome.encoder
    side = (encoder.size, encoder.size)

    def encoded(chips: Sequence[np.ndarray]) -> np.ndarray:
        return encode(
            encoder, np.stack([np.asarray(Image.fromarray(one).resize(side)) for one in chips])
        )

    return encoded


STALE = {"verdict": "", "expected": "", "table": ""}
