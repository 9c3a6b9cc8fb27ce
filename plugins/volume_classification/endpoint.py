"""The named endpoint of the task, for callers from code: a volume in, what the networks say out."""

from __future__ import annotations

from typing import Literal

import gradio as gr

from plugins.shared.page.endpoint import enter
from plugins.shared.page.runs import stay
from plugins.shared.page.widgets import NETWORK, Upload, ZipInput
from plugins.volume_classification.lesson.panel import judge
from plugins.volume_classification.view_events import Events
from weights.errors import ParagoneError
from weights.messages import say

MODELS = ("phantom", "adrenal")
SAFETY = "For learning, not for diagnosis."


def build_endpoint(events: Events) -> None:
    """A file in, answers out; nothing is kept."""

    def volume_classification(
        volume: Upload | None = None,
        model: Literal["phantom", "adrenal"] = "phantom",
        part: int = 1,
    ) -> dict:
        """Ask the shipped networks about a volume. For learning, not for diagnosis.

        Args:
            volume: NIfTI, NRRD, MetaImage, MGH, a zip of DICOM files, or NumPy (.npy, .npz).
            model: Who is asked: `phantom` (2-D, 2.5-D and 3-D; nodule or vessel in simulated lung)
                or `adrenal` (shapes of adrenal glands, AdrenalMNIST3D).
            part: Which volume, where the file holds several series or moments, counted from 1;
                `parts` tells them.

        Returns:
            parts of the file by their titles; shape and spacing (mm) of the volume, depth first;
            classes; networks, for each its answer, probabilities by class and seconds (no answer
            and no probabilities where the volume is unlike all that it learnt from); notes on what
            was done to the volume; warning; about (training data and licence).
        """
        from plugins.volume_classification.data.reader import part_read, parts_of
        from plugins.volume_classification.lesson.packaged_panels import PANELS

        if volume is None:
            todo = "Send NIfTI, NRRD, MetaImage, MGH, a zip of DICOM files, or NumPy."
            raise ParagoneError("There is no volume", where="volume", todo=todo)
        stay(events.ctx)
        with volume.taken() as path:
            if model not in MODELS:
                todo = say("Choose one of: {models}.", models=", ".join(MODELS))
                raise ParagoneError(
                    say("It is {model}", model=repr(model)), where="model", todo=todo
                )
            with parts_of(path, events.ctx.limits) as parts:
                titles = [one.title for one in parts]
                read = part_read(parts, part)
        stay(events.ctx)
        panel = PANELS[model]()
        judged = judge(panel, read, lambda: stay(events.ctx))
        return {
            "parts": titles,
            "shape": list(read.values.shape),
            "spacing": list(read.spacing),
            "classes": list(judged.verdicts[0].classes),
            "networks": {
                one.kind: {
                    "answer": None if one.unlike else one.answer,
                    "probabilities": {}
                    if one.unlike
                    else dict(zip(one.classes, one.probabilities, strict=True)),
                    "seconds": round(one.seconds, 4),
                }
                for one in judged.verdicts
            },
            "notes": list(dict.fromkeys((*read.notes, *judged.notes))),
            "warning": f"{SAFETY} {panel.warning}",
            "about": panel.about,
        }

    with gr.Group(visible=False):
        volume = ZipInput(label="volume")
        model = gr.Dropdown(list(MODELS), value=MODELS[0], label="model")
        part = gr.Number(1, precision=0, label="part")
        enter(volume_classification, [volume, model, part], NETWORK)
