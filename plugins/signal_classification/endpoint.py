"""The named endpoint of the task, for callers from code: learn from a labelled set, then name."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gradio as gr

from plugins.signal_classification.events import RUN, Events
from plugins.signal_classification.settings import Settings
from plugins.widgets import Upload, ZipInput
from weights.errors import ParagoneError

ENDPOINT = {key: value for key, value in RUN.items() if key.startswith("concurrency")}


def build_endpoint(events: Events) -> None:
    """Two files and settings in, answers out; the page's own session is not touched."""

    def signal_classification(
        labelled: Upload | None = None, signals: Upload | None = None, settings: str = "{}"
    ) -> Iterator[dict]:
        """Learn from labelled signals, and name others.

        Args:
            labelled: A UCR file, a CSV with a label column, or a zip with one folder a class.
                Three tenths of each class are tested on.
            signals: Signals to name, in the same formats; none: only the test is told.
            settings: A JSON object with fields of the settings, such as {"budget": 30, "members":
                1, "network": "inception"}.

        Returns:
            classes; test (accuracy, balanced_accuracy, majority, recall by class); answers, for
            each signal its name, class and probabilities; notes; seconds.
        """
        from plugins.signal_classification.readers import read_set, read_signals
        from plugins.signal_classification.signals import split
        from plugins.signal_classification.training import Run

        limits, series = events.ctx.limits, []
        try:
            wanted = Settings.from_json(settings, '{"budget": 30}')
            if labelled is None:
                todo = "Send signals with labels."
                raise ParagoneError("There is no set to learn from", where="labelled", todo=todo)
            train, test = split(read_set(labelled.path, limits))
            if signals is not None:
                series, names, told = read_signals(signals.path, limits, train.channels)
        finally:
            for one in (labelled, signals):
                if one is not None:
                    one.path.unlink(missing_ok=True)
        run = Run(wanted, train, test)
        ticket = events.turns.join(lambda: run.settings.budget - run.seconds)
        # A generator, so that gradio ends it within an epoch where the caller has gone.
        try:
            while ticket.place:
                yield gr.skip()
                time.sleep(0.2)
            for _ in run.advance():
                yield gr.skip()
        finally:
            ticket.leave()
        outcome, answers, notes = run.finish(), [], [*run.notes]
        if series:
            rows, more = outcome.trained.classify(series, names)
            notes += [*told, *more]
            answers = [
                {
                    "name": name,
                    "class": train.classes[int(row.argmax())],
                    "probabilities": {k: float(p) for k, p in zip(train.classes, row, strict=True)},
                }
                for name, row in zip(names, rows, strict=True)
            ]
        report = outcome.report
        yield {
            "classes": list(train.classes),
            "test": {
                "accuracy": report.accuracy,
                "balanced_accuracy": report.balanced,
                "majority": report.majority,
                "recall": dict(zip(train.classes, map(float, report.recall), strict=True)),
            },
            "answers": answers,
            "notes": notes,
            "seconds": round(outcome.seconds, 2),
        }

    with gr.Group(visible=False):
        labelled = ZipInput(label="labelled")
        signals = ZipInput(label="signals")
        settings = gr.Textbox("{}", label="settings")
        answer = gr.JSON(label="answer")
        gr.Button("Name").click(
            signal_classification,
            [labelled, signals, settings],
            [answer],
            api_name="signal_classification",
            **ENDPOINT,
        )
