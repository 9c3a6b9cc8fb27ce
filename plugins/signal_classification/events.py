"""What the events of the signal page do. How it looks is in `plots.py` and `views.py`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from plugins.classification.views import said, waiting
from plugins.markup import error_card
from plugins.signal_classification import plots, views
from plugins.signal_classification.session import Session
from plugins.signal_classification.settings import Settings
from plugins.turns import Ticket, Turns
from plugins.visits import Visits
from plugins.widgets import HIDDEN, Upload
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.signal_classification.training import Run

RUN = {"concurrency_id": "signals", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who trains is decided by `Turns`."""
FRAME = 0.7
"""Seconds between two redrawings of the page."""
STILL = gr.skip()


class Events:
    """The handlers of one page, and the queue of those who want to train."""

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.visits, self.turns = Visits(), Turns()

    def leave(self, request: gr.Request) -> None:
        """Forget the visit now; training ends after the batch at hand."""
        self.visits.leave(request.session_hash)

    # --- the set ------------------------------------------------------------------------------

    def choose(self, request: gr.Request, session: Session, name: str) -> tuple:
        """Take a set that comes with aeon, as its archive divides it.

        Returns:
            The set's view, and the choice of its test signals.
        """
        from plugins.signal_classification.shipped import load_shipped

        self.visits.seen(request.session_hash, session)
        try:
            session.train, session.test = load_shipped(name)
        except ParagoneError as error:
            return error_card(error), STILL
        return self._taken(session, views.about_shipped(name))

    def bring(
        self, request: gr.Request, session: Session, upload: Upload | None, label: str
    ) -> tuple:
        """Take a set of the visitor's own; three tenths of each class are tested on.

        Returns:
            The emptied input, the set's view, and the choice of its test signals.
        """
        from plugins.signal_classification.readers import read_set
        from plugins.signal_classification.signals import split

        self.visits.seen(request.session_hash, session)
        if upload is None:
            return (STILL,) * 3
        try:
            with upload.taken() as path:
                whole = read_set(path, self.ctx.limits, label.strip())
            session.train, session.test = split(whole)
        except ParagoneError as error:
            return None, error_card(error), STILL
        return (None, *self._taken(session, ""))

    def _taken(self, session: Session, about: str) -> tuple:
        session.outcome, session.trained = None, None
        session.baselines.clear()
        test = session.test
        known = [(f"{name} · {test.classes[k]}", i) for i, (name, k) in enumerate(
            zip(test.names, test.labels, strict=True))]  # fmt: skip
        return views.set_view(session.train, test, about), gr.Dropdown(known[:500], value=None)

    # --- training -----------------------------------------------------------------------------

    def train(self, request: gr.Request, session: Session, *values: Any) -> Iterator[tuple]:
        """Wait for one's turn, train, and show how it goes and how good it became.

        Yields:
            The status, the results, and the two buttons.
        """
        self.visits.seen(request.session_hash, session)
        if not session.over:
            todo = "Stop it first, or wait for its end."
            yield error_card(ParagoneError("A run of yours is going on", todo=todo)), *(STILL,) * 3
            return
        session.over, session.stopped, ticket = False, False, None
        try:
            yield said("Getting ready…"), "", *_buttons(True)
            run = session.run = self.new_run(session, *values)
            ticket = self.turns.join(lambda: run.settings.budget - run.seconds)
            yield from self._wait(session, ticket)
            if not session.stopped:
                yield from self._train(session, run)
        except ParagoneError as error:
            yield error_card(error), STILL, *_buttons(False)
        else:
            yield (*(STILL,) * 2, *_buttons(False))
        finally:
            session.over = True
            if ticket is not None:
                ticket.leave()

    def new_run(self, session: Session, network: str, timm: str, members: Any, budget: Any) -> Run:
        """A run that is ready to begin.

        Raises:
            ParagoneError: There is no set, or a setting or the network cannot be used.
        """
        from plugins.signal_classification.training import Run

        settings = Settings(network=network, timm=timm.strip(), members=members, budget=budget)
        if session.train is None:
            raise ParagoneError(
                "There is no set to learn from", where="set", todo="Choose one, or bring your own."
            )
        return Run(settings, session.train, session.test)

    def _wait(self, session: Session, ticket: Ticket) -> Iterator[tuple]:
        while ticket.place and not session.stopped:
            yield waiting(ticket.place, ticket.wait), *(STILL,) * 3
            time.sleep(FRAME)

    def _train(self, session: Session, run: Run) -> Iterator[tuple]:
        from plugins.signal_classification.baselines import USUAL, baseline

        drawn, session.baselines = 0.0, []
        for progress in run.advance():
            if time.monotonic() - drawn >= FRAME:
                picture = plots.learning(run.progress, run.settings.budget)
                yield (
                    views.training(progress),
                    f'<div class="pv-plots pc-plots">{picture}</div>',
                    STILL,
                    STILL,
                )
                drawn = time.monotonic()
        outcome = session.outcome = run.finish()
        session.trained = outcome.trained
        for name in USUAL:
            yield said(f"Beside it: {name}…"), views.results(session), STILL, STILL
            session.baselines.append(baseline(name, run.train, run.test, run.form))
        yield views.trained(session), views.results(session), STILL, STILL

    def stop(self, session: Session) -> dict:
        """End the run after the batch at hand; what was learnt is kept."""
        session.stop()
        return gr.Button(interactive=False)

    # --- classifying --------------------------------------------------------------------------

    def known(self, session: Session, number: Any) -> tuple:
        """Classify a test signal."""
        if session.test is None or number is None:
            return STILL, STILL
        i = int(number)
        session.shown = session.test.series[i], session.test.names[i]
        return self._answer(session, session.test.classes[session.test.labels[i]])

    def brought(self, session: Session, upload: Upload | None) -> tuple:
        """Classify the first signal of a file."""
        from plugins.signal_classification.readers import read_signals

        if upload is None:
            return (STILL,) * 3
        try:
            with upload.taken() as path:
                channels = session.trained.form.channels if session.trained else 1
                series, names, _ = read_signals(path, self.ctx.limits, channels)
        except ParagoneError as error:
            return None, error_card(error), ""
        session.shown = series[0], names[0]
        return (None, *self._answer(session))

    def drawn(self, event: gr.EventData, session: Session) -> tuple:
        """Classify what was drawn: heights 0..1 from left to right."""
        import numpy as np

        heights = [float(value) for value in list(event.heights)[:2000]]
        session.shown = np.array([heights], np.float32), "Your drawing"
        return self._answer(session)

    def _answer(self, session: Session, truth: str = "") -> tuple:
        """The answer, and the first layer at work."""
        from plugins.signal_classification.explain import cams, first_kernels

        trained = session.trained
        try:
            if trained is None:
                todo = "Train one first."
                raise ParagoneError("There is no network that could tell", todo=todo)
            signal, name = session.shown
            inputs, notes = trained.form.apply([signal], (name,))
        except ParagoneError as error:
            return error_card(error), ""
        probabilities = trained.probabilities(inputs)[0]
        best = int(probabilities.argmax())
        maps = cams(trained, inputs)[0]
        drawing = plots.lit(
            inputs[0], maps[best], f"{name}: what speaks for {trained.classes[best]}"
        )
        answer = views.answer(trained.classes, probabilities, truth, notes)
        filters = first_kernels(trained.networks[0], inputs[0])
        return drawing + answer, plots.kernels(filters)


def _buttons(running: bool) -> tuple:
    return gr.Button(interactive=not running), gr.Button(interactive=running)
