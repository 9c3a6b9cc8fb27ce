"""The named endpoint of the task, for callers from code: learn from a labelled set, and name
signals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from plugins.shared.classification.metrics import wilson
from plugins.shared.page.endpoint import enter, finish
from plugins.shared.page.session import Work
from plugins.shared.page.widgets import Upload, ZipInput
from plugins.signal_classification.answering import BEATS, WINDOWS, classified, packaged
from plugins.signal_classification.data.reading import DOWN, ROWS, Asked
from plugins.signal_classification.downloads import read_model
from plugins.signal_classification.settings import Settings
from plugins.signal_classification.train_events import RUN, Events
from plugins.signal_classification.views.run import ALONE, SHORT
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.classification.metrics import Tally
    from plugins.signal_classification.learning.trained import Trained

EXAMPLE = '{"budget": 30, "members": 1}'


def build_endpoint(events: Events) -> None:
    """Files and settings in, answers out; the page's own session is not touched."""

    def signal_classification(
        labelled: Upload | None = None,
        signals: Upload | None = None,
        settings: str = "{}",
        test: Upload | None = None,
        model: Upload | None = None,
        label: str = "",
        way: str = "",
    ) -> dict:
        """Learn from labelled signals, and name others.

        Args:
            labelled: A UCR file, a CSV with a label column, or a zip with one folder a class.
                Three tenths of each class are tested on, unless `test` is sent. None: `model`
                answers, or the network of the page, which knows the heartbeats of ECG5000.
            signals: Signals to name, in the same formats; none: only the test is told.
            settings: A JSON object with fields of the settings, such as {"budget": 30, "members":
                1, "network": "inception"}; {"refit": true} learns from all signals in the end.
            test: Labelled signals to test on.
            model: A network that was downloaded here before.
            label: The column of the labels, by name or number from 1; "": found by its look.
            way: "rows": each row is a signal; "columns": time runs down the rows; "": by its look.

        Returns:
            classes; test (accuracy, its 95 % interval, balanced_accuracy, majority, recall by
            class, right, total), null where nothing was tested; answers, for each signal its name,
            class, probabilities, the classes likely (a conformal prediction set), and whether it is
            unlike the training signals; score, the same as test over the signals that came with a
            label, else null; notes; seconds of learning.
        """
        wanted = Settings.from_json(settings, EXAMPLE)
        asked = Asked(label, way)
        if way not in ("", ROWS, DOWN):
            todo = say("Choose one of: {known}.", known=f"{ROWS}, {DOWN}")
            raise ParagoneError(say("It is {value}", value=repr(way)), where="way", todo=todo)
        if labelled is None and signals is None:
            todo = "Send signals with labels to learn from, signals to name, or both."
            raise ParagoneError("There is nothing to do", where="labelled", todo=todo)
        if labelled is not None:
            known, tested, notes, seconds = _learnt(events, wanted, labelled, test, asked)
        elif model is not None:
            known = read_model(model.path, events.ctx.limits)[0]
            tested, notes, seconds = None, [], 0.0
        else:
            known, tested, notes, seconds = packaged(), None, [], 0.0
        answers, score, more = _answers(known, signals, events.ctx.limits, way)
        return {
            "classes": list(known.classes),
            "test": tested,
            "answers": answers,
            "score": score,
            "notes": [*notes, *more],
            "seconds": round(seconds, 2),
        }

    with gr.Group(visible=False):
        files = [ZipInput(label="labelled"), ZipInput(label="signals")]
        chosen = gr.Textbox("{}", label="settings")
        more = [ZipInput(label="test"), ZipInput(label="model")]
        texts = [gr.Textbox("", label="label"), gr.Textbox("", label="way")]
        enter(signal_classification, [*files, chosen, *more, *texts], RUN)


def _learnt(
    events: Events, settings: Settings, labelled: Upload, test: Upload | None, asked: Asked
) -> tuple[Trained, dict, list[str], float]:
    """Wait and learn.

    Returns:
        The networks, measures on the test signals, what was done to the signals, and seconds.
    """
    from plugins.shared.classification.labelled import check_trainable, split
    from plugins.signal_classification.data.reader import read_set
    from plugins.signal_classification.data.signal_set import to_test
    from plugins.signal_classification.learning.refit import refit_run, refitted
    from plugins.signal_classification.learning.training import Run
    from plugins.signal_classification.warming import warm_up

    events.runs.check(settings)
    with events.runs.open(Work()) as ticket:
        with ticket.preparing():
            whole = read_set(labelled.path, events.ctx.limits, asked)
            if test is None:
                parts = split(whole)
            else:
                check_trainable(whole)
                parts = whole, to_test(whole, read_set(test.path, events.ctx.limits, asked))
            warm_up(events.ctx.device)
            run = Run(settings, *parts, device=events.ctx.device)
        finish(ticket, run.advance(), lambda: run.settings.budget - run.seconds)
        outcome, seconds = run.finish(), run.seconds
        trained = outcome.trained
        if settings.refit and not ticket.stopped:
            again = refit_run(run, trained)
            for _ in ticket.steps(again.advance()):
                pass
            trained, seconds = refitted(trained, again.finish()), seconds + again.seconds
        ticket.check()
    notes = [*whole.notes, whole.division] if test is None else [*whole.notes]
    notes += run.notes
    if run.steps < run.wanted:
        notes.append(say(SHORT, steps=run.steps, wanted=run.wanted))
    if run.parts and not trained.networks:
        notes.append(say(ALONE, steps=run.steps, wanted=run.wanted))
    notes += [note for note in (trained.doubt.why, ticket.note) if note]
    return trained, _told(outcome.report), notes, seconds


def _told(report: Tally) -> dict:
    """Measures as plain values; null for a class that does not occur."""
    recall = {
        name: None if share != share else float(share)  # NaN is no JSON.
        for name, share in zip(report.classes, report.recall, strict=True)
    }
    return {
        "accuracy": report.accuracy,
        "interval": wilson(report.right, report.total),
        "right": report.right,
        "total": report.total,
        "balanced_accuracy": report.balanced,
        "majority": report.majority,
        "recall": recall,
    }


def _answers(
    trained: Trained, signals: Upload | None, limits: Any, way: str
) -> tuple[list[dict], dict | None, list[str]]:
    """What networks say of the signals in a file, how good that is where the file tells the truth,
    and what was done to the signals.
    """
    from plugins.signal_classification.data.reader import read_signals

    if signals is None:
        return [], None, []
    read = read_signals(signals.path, limits, trained.form.channels, Asked(way=way))
    cut = BEATS if trained is packaged() else WINDOWS
    pool = classified(trained, signals.name, read, cut)
    found = pool.answers
    answers = [
        {
            "name": name,
            "class": trained.classes[int(row.argmax())],
            "probabilities": {k: float(p) for k, p in zip(trained.classes, row, strict=True)},
            "likely": list(found.likely(i, trained.classes)),
            "unlike": bool(found.unlike[i]),
        }
        for i, (name, row) in enumerate(zip(pool.names, found.probabilities, strict=True))
    ]
    score = None if pool.score is None else _told(pool.score)
    return answers, score, [*pool.notes, *([found.why] if found.why else [])]
