"""The named endpoint, for callers from code: a volume in, what networks say of it out. They are
those of the page or of a zip that was downloaded there, or learn from a labelled set first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import gradio as gr

from plugins.shared.page.endpoint import enter, finish
from plugins.shared.page.runs import stay
from plugins.shared.page.session import Work
from plugins.shared.page.widgets import Upload, ZipInput
from plugins.volume_classification.lesson.panel import Judged, Panel, judge
from plugins.volume_classification.settings import KINDS, Settings
from plugins.volume_classification.train_events import RUN
from plugins.volume_classification.view_events import Events
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.volume_classification.learning.metrics import Report

MODELS = ("phantom", "adrenal")
SAFETY = "For learning, not for diagnosis."
EXAMPLE = '{"budget": 60, "symmetry": "none"}'


def build_endpoint(events: Events) -> None:
    """Files in, answers out; nothing is kept."""

    def volume_classification(
        volume: Upload | None = None,
        model: Literal["phantom", "adrenal"] = "phantom",
        part: int = 1,
        labelled: Upload | None = None,
        networks: Upload | None = None,
        settings: str = "{}",
        size: int = 0,
    ) -> dict:
        """Ask networks about a volume, or let them learn first. For learning, not for diagnosis.

        Args:
            volume: NIfTI, NRRD, MetaImage, MGH, a zip of DICOM files, or NumPy (.npy, .npz).
            model: Who is asked: `phantom` (2-D, 2.5-D and 3-D; nodule or vessel in simulated lung)
                or `adrenal` (shapes of adrenal glands, AdrenalMNIST3D).
            part: Which volume, where the file holds several series or moments, counted from 1;
                `parts` tells them.
            labelled: A zip with one folder a class, or an .npz of MedMNIST, to learn from; then
                those networks are asked, and three tenths of each class are tested on.
            networks: A zip of networks that was downloaded on the page; then these are asked.
            settings: Of learning: a JSON object with fields of the settings, such as {"budget":
                60, "symmetry": "none"}; the budget is in seconds for all three networks.
            size: Voxels along an edge of the cubes that labelled volumes are brought to; 0: as the
                file suggests.

        Returns:
            parts of the file by their titles; shape and spacing (mm) of the volume, depth first;
            classes; networks, for each its answer, probabilities by class and seconds (no answer
            and no probabilities where the volume is unlike all that it learnt from); test, for each
            network that has learnt its accuracy, balanced accuracy, AUC, steps and seconds; notes
            on what was done to the volumes; warning; about (training data and licence).
        """
        from plugins.volume_classification.learning.zip_export import read_models
        from plugins.volume_classification.lesson.packaged_panels import PANELS

        if volume is None and labelled is None:
            todo = "Send NIfTI, NRRD, MetaImage, MGH, a zip of DICOM files, or NumPy."
            raise ParagoneError("There is no volume", where="volume", todo=todo)
        stay(events.ctx)
        test, notes = None, []
        told = {"parts": [], "shape": None, "spacing": None, "networks": {}}
        if labelled is not None:
            panel, test, notes = _learnt(events, Settings.from_json(settings, EXAMPLE), labelled,
                                         size)  # fmt: skip
        elif networks is not None:
            with networks.taken() as path:
                panel = read_models(path, events.ctx.limits)
        else:
            if model not in MODELS:
                todo = say("Choose one of: {models}.", models=", ".join(MODELS))
                what = say("It is {model}", model=repr(model))
                raise ParagoneError(what, where="model", todo=todo)
            panel = None
        if volume is not None:
            read, told["parts"] = _read(events, volume, part)
            stay(events.ctx)
            panel = panel or PANELS[model]()
            judged = judge(panel, read, lambda: stay(events.ctx))
            told |= {"shape": list(read.values.shape), "spacing": list(read.spacing)}
            told["networks"] = _told(judged)
            notes += [*read.notes, *judged.notes]
        return told | {
            "classes": list(next(iter(panel.networks.values())).classes),
            "test": test,
            "notes": list(dict.fromkeys(notes)),
            "warning": f"{SAFETY} {panel.warning}".strip(),
            "about": panel.about,
        }

    with gr.Group(visible=False):
        inputs = [
            ZipInput(label="volume"),
            gr.Dropdown(list(MODELS), value=MODELS[0], label="model"),
            gr.Number(1, precision=0, label="part"),
            ZipInput(label="labelled"),
            ZipInput(label="networks"),
            gr.Textbox("{}", label="settings"),
            gr.Number(0, precision=0, label="size"),
        ]
        enter(volume_classification, inputs, RUN)


def _read(events: Events, volume: Upload, part: int) -> tuple:
    from plugins.volume_classification.data.reader import part_read, parts_of

    with volume.taken() as path, parts_of(path, events.ctx.limits) as parts:
        return part_read(parts, part), [one.title for one in parts]


def _told(judged: Judged) -> dict:
    return {
        one.kind: {
            "answer": None if one.unlike else one.answer,
            "probabilities": {}
            if one.unlike
            else dict(zip(one.classes, one.probabilities, strict=True)),
            "seconds": round(one.seconds, 4),
        }
        for one in judged.verdicts
    }


def _learnt(
    events: Events, settings: Settings, labelled: Upload, size: int
) -> tuple[Panel, dict, list[str]]:
    """Wait, and let the three networks learn a set.

    Returns:
        Them, measures on the test volumes, and what was done to the volumes.
    """
    from plugins.shared.classification.labelled import split
    from plugins.volume_classification.data.reader import read_set
    from plugins.volume_classification.learning.training import Run, fair
    from plugins.volume_classification.learning.zip_export import panel_of

    runs, ctx = events.learning.runs, events.ctx
    runs.check(settings)
    outcomes = {}
    with runs.open(Work()) as ticket:
        with ticket.preparing():
            with labelled.taken() as path:
                found = read_set(path, ctx.limits, size)
            sets = found if isinstance(found, tuple) else split(found)
            each = {kind: Run(replace(settings, kind=kind), sets, device=ctx.device)
                    for kind in KINDS}  # fmt: skip
        left = list(each.values())
        fair(each, settings.budget)
        for kind, run in each.items():
            finish(ticket, run.advance(), lambda: sum(r.settings.budget - r.seconds for r in left))
            outcomes[kind] = run.finish()
            ticket.check()
            left.remove(run)
    train, test = sets
    measures = {
        kind: {**_figures(one.report), "steps": one.steps, "seconds": round(one.seconds, 2)}
        for kind, one in outcomes.items()
    }
    notes = list(dict.fromkeys((*train.notes, *test.notes)))
    return panel_of(outcomes, train.title), measures, notes


def _figures(report: Report) -> dict:
    """As plain values; NaN is no JSON."""
    return {name: None if v != v else v for name, v in report.figures().items()}
