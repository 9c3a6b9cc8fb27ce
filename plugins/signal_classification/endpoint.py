"""The named endpoint of the task, for callers from code: learn from a labelled set, and name
signals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from plugins.shared.page.endpoint import enter, finish
from plugins.shared.page.session import Work
from plugins.shared.page.widgets import Upload, ZipInput
from plugins.signal_classification.classify_events import packaged
from plugins.signal_classification.settings import Settings
from plugins.signal_classification.train_events import RUN, Events
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.signal_classification.learning.metrics import Report
    from plugins.signal_classification.learning.trained import Trained

EXAMPLE = '{"budget": 30, "members": 1}'


def build_endpoint(events: Events) -> None:
    """Files and settings in, answers out; the page's own session is not touched."""

    def signal_classification(
        labelled: Upload | None = None, signals: Upload | None = None, settings: str = "{}"
    ) -> dict:
        """Learn from labelled signals, and name others.

        Args:
            labelled: A UCR file, a CSV with a label column, or a zip with one folder a class.
                Three tenths of each class are tested on. None: the network of the page answers,
                which knows the heartbeats of ECG5000.
            signals: Signals to name, in the same formats; none: only the test is told.
            settings: A JSON object with fields of the settings, such as {"budget": 30, "members":
                1, "network": "inception"}.

        Returns:
            classes; test (accuracy, balanced_accuracy, majority, recall by class), null where
            nothing was learnt; answers, for each signal its name, class and probabilities; notes;
            seconds of learning.
        """
        wanted = Settings.from_json(settings, EXAMPLE)
        if labelled is None and signals is None:
            todo = "Send signals with labels to learn from, signals to name, or both."
            raise ParagoneError("There is nothing to do", where="labelled", todo=todo)
        if labelled is None:
            known, test, notes, seconds = packaged(), None, [], 0.0
        else:
            known, test, notes, seconds = _learnt(events, wanted, labelled)
        answers, more = _answers(known, signals, events.ctx.limits)
        return {
            "classes": list(known.classes),
            "test": test,
            "answers": answers,
            "notes": [*notes, *more],
            "seconds": round(seconds, 2),
        }

    with gr.Group(visible=False):
        files = [ZipInput(label="labelled"), ZipInput(label="signals")]
        settings = gr.Textbox("{}", label="settings")
        enter(signal_classification, [*files, settings], RUN)


def _learnt(
    events: Events, settings: Settings, labelled: Upload
) -> tuple[Trained, dict, list[str], float]:
    """Wait and learn.

    Returns:
        The networks, measures on the test signals, what was done to the signals, and seconds.
    """
    from plugins.shared.classification.labelled import split
    from plugins.signal_classification.data.reader import read_set
    from plugins.signal_classification.learning.training import Run
    from plugins.signal_classification.warming import warm_up

    events.runs.check(settings)
    with events.runs.open(Work()) as ticket:
        with ticket.preparing():
            train, test = split(read_set(labelled.path, events.ctx.limits))
            warm_up(events.ctx.device)
            run = Run(settings, train, test, device=events.ctx.device)
        finish(ticket, run.advance(), lambda: run.settings.budget - run.seconds)
        outcome, notes = run.finish(), [*train.notes, *run.notes]
        ticket.check()
    notes += [ticket.note] if ticket.note else []
    return outcome.trained, _told(outcome.report), notes, outcome.seconds


def _told(report: Report) -> dict:
    """Measures on the test signals as plain values; null for a class that is not among them."""
    recall = {
        name: None if share != share else float(share)  # NaN is no JSON.
        for name, share in zip(report.classes, report.recall, strict=True)
    }
    return {
        "accuracy": report.accuracy,
        "balanced_accuracy": report.balanced,
        "majority": report.majority,
        "recall": recall,
    }


def _answers(trained: Trained, signals: Upload | None, limits: Any) -> tuple[list[dict], list[str]]:
    """What networks say of the signals in a file, and what was done to them."""
    from plugins.signal_classification.data.reader import read_signals

    if signals is None:
        return [], []
    read = read_signals(signals.path, limits, trained.form.channels)
    names, notes = read.names, read.notes
    found = trained.classify(read.series, names)
    answers = [
        {
            "name": name,
            "class": trained.classes[int(row.argmax())],
            "probabilities": {k: float(p) for k, p in zip(trained.classes, row, strict=True)},
            "likely": list(found.likely(i, trained.classes)),
            "unlike": bool(found.unlike[i]),
        }
        for i, (name, row) in enumerate(zip(names, found.probabilities, strict=True))
    ]
    return answers, [*notes, *found.notes, *([found.why] if found.why else [])]
