"""What the events of the signal page do that bring a set and train on it. What classifies is in
`asking.py`, how it looks in `views.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from plugins.shared.classification.views import said, waiting
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.runs import Ticket, Turns
from plugins.shared.page.session import Visits
from plugins.shared.page.widgets import HIDDEN, Upload
from plugins.signal_classification.classify_events import Asking, take_test
from plugins.signal_classification.session import Answering, Session
from plugins.signal_classification.settings import RESNET, TWIN, Settings
from plugins.signal_classification.views import html as views
from plugins.signal_classification.views.results import Contender, Standing
from plugins.signal_classification.wording import network_name, title_of
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.signal_classification.learning.training import Run

RUN = {"concurrency_id": "signals", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who trains is decided by `Turns`."""
FRAME = 0.7
"""Seconds between two redrawings of the page."""
STILL = gr.skip()
OTHER = "The other kind"
"""A twin beside a network made for signals, and a ResNet-1D beside a twin."""
PARTS = (
    "status",
    "live",
    "train",
    "stop",
    "which",
    "card",
    "table",
    "answer",
    "kernels",
    "results",
)
PARTS += ("keep",)
"""What training may change on the page, in the order of its outputs."""


class Events:
    """The handlers of one page, and the queue of those who want to train."""

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.visits, self.turns = Visits(), Turns()
        self.asking = Asking(ctx, self.visits)

    def leave(self, request: gr.Request) -> None:
        """Forget the visit now; training ends after the batch at hand."""
        self.visits.leave(request.session_hash)

    # --- the set ------------------------------------------------------------------------------

    def choose(self, request: gr.Request, session: Session, name: str) -> str:
        """Take a set that comes with aeon, as its archive divides it; the set's view."""
        from plugins.signal_classification.data.aeon_sets import load_shipped

        self.visits.seen(request.session_hash, session)
        try:
            session.train, session.test = load_shipped(name)
        except ParagoneError as error:
            return error_card(error)
        return set_view(session, *views.about_shipped(name))

    def bring(
        self, request: gr.Request, session: Session, upload: Upload | None, label: str
    ) -> tuple:
        """Take a set of the visitor's own; three tenths of each class are tested on.

        Returns:
            The emptied input, and the set's view.
        """
        from plugins.signal_classification.data.reader import read_set
        from plugins.signal_classification.data.signal_set import split

        self.visits.seen(request.session_hash, session)
        if upload is None:
            return STILL, STILL
        try:
            with upload.taken() as path:
                whole = read_set(path, self.ctx.limits, label.strip())
            session.train, session.test = split(whole)
        except ParagoneError as error:
            return None, error_card(error)
        told = "Three tenths of each class, drawn at random, are tested on."
        return None, set_view(session, told)

    # --- training -----------------------------------------------------------------------------

    def train(
        self, request: gr.Request, session: Session, beside: Sequence[str], *values: Any
    ) -> Iterator[tuple]:
        """Wait for one's turn, train, and show how it goes and how good it became.

        Yields:
            The `PARTS`.
        """
        self.visits.seen(request.session_hash, session)
        if not session.over:
            todo = "Stop it first, or wait for its end."
            card = error_card(ParagoneError("A run of yours is going on", todo=todo))
            yield parts(status=card)
            return
        session.over, session.stopped, ticket = False, False, None
        try:
            yield parts(status=views.state("ready", "Getting ready…"), live="", **buttons(True))
            runs = self.new_runs(session, beside, *values)
            ticket = self.turns.join(lambda: sum(run.settings.budget - run.seconds for run in runs))
            yield from self._wait(session, ticket)
            if not session.stopped:
                yield from self._train(session, runs, beside)
        except ParagoneError as error:
            yield parts(status=error_card(error), **buttons(False))
        else:
            yield parts(**buttons(False))
        finally:
            session.over = True
            if ticket is not None:
                ticket.leave()

    def new_runs(
        self,
        session: Session,
        beside: Sequence[str],
        network: str,
        timm: str,
        members: Any,
        budget: Any,
    ) -> list[Run]:
        """The run that the visitor wants, and the other kind of network's where it is wanted too.

        Raises:
            ParagoneError: There is no set, or a setting or the network cannot be used.
        """
        from plugins.signal_classification.learning.training import Run
        from plugins.signal_classification.warming import warm_up

        if session.train is None or session.test is None:
            todo = "Choose one, or bring your own."
            raise ParagoneError("There is no set to learn from", where="set", todo=todo)
        timm = timm.strip() or Settings.timm
        settings = Settings(network=network, timm=timm, members=members, budget=budget)
        wanted = [settings]
        if OTHER in beside:
            other = RESNET if settings.network == TWIN else TWIN
            wanted.append(replace(settings, network=other, members=1))
        device = self.ctx.device
        warm_up(device)
        return [Run(one, session.train, session.test, device=device) for one in wanted]

    def _wait(self, session: Session, ticket: Ticket) -> Iterator[tuple]:
        while ticket.place and not session.stopped:
            words = waiting(ticket.place, ticket.wait)
            yield parts(status=f'<div data-state="waiting">{words}</div>')
            time.sleep(FRAME)

    def _train(self, session: Session, runs: list[Run], beside: Sequence[str]) -> Iterator[tuple]:
        from plugins.signal_classification.learning.baselines import BASELINES, MAJORITY, baseline

        first, *others = runs
        yield from self._advance(session, first)
        outcome = first.finish()
        if session.run is not first:  # The visitor has left.
            return
        report, title = outcome.report, title_of(outcome.trained)
        row = Contender(title, report.accuracy, report.balanced, outcome.seconds, True)
        standing = Standing(report, (row,), tuple(first.progress))
        data = f"{first.train.title}: {len(first.train):,} signals, {outcome.steps:,} steps"
        session.own = Answering(
            f"Your network: {title}", "", data, outcome.trained, standing, first.test
        )
        session.asked_own = True
        take_test(session)
        shown = zip(
            ("card", "table", "answer", "kernels"), self.asking.view(session, 0), strict=True
        )
        yield parts(
            live="", keep=gr.Row(visible=True),
            which=views.which(session), results=views.results(session.own), **dict(shown),
        )  # fmt: skip
        for run in others:
            yield from self._advance(session, run)
            if session.stopped:
                break
            found = run.finish()
            tally, name = found.report, title_of(found.trained)
            row = Contender(name, tally.accuracy, tally.balanced, found.seconds)
            yield self._held_against(session, row)
        for name in (MAJORITY, *(one for one in BASELINES if one in beside)):
            if session.stopped and name != MAJORITY:
                break
            yield parts(status=views.state("running", f"Beside it: {name}…"))
            one = baseline(name, first.train, first.test, first.form)
            row = Contender(name, one.tally.accuracy, one.tally.balanced, one.seconds)
            yield self._held_against(session, row)
        stopped = "Stopped; what was learnt is kept. " if session.stopped else ""
        words = f"{stopped}{outcome.steps:,} steps in {outcome.seconds:.0f} s on {first.device}."
        notes = "".join(said(note) for note in first.notes)
        yield parts(status=views.state("done", f"{words} It answers under “Classify”.") + notes)

    def _advance(self, session: Session, run: Run) -> Iterator[tuple]:
        drawn, session.run, name = 0.0, run, network_name(run.settings)
        run.stopped = session.stopped
        for progress in run.advance():
            if time.monotonic() - drawn >= FRAME:
                yield parts(
                    status=views.training(progress, name),
                    live=views.learning(run.progress, run.settings.budget),
                )
                drawn = time.monotonic()

    def _held_against(self, session: Session, row: Contender) -> tuple:
        """Put a row into the results table."""
        own = session.own
        if own is None or own.standing is None:  # The visitor has left, or brought another one.
            return parts()
        standing = replace(own.standing, rows=(*own.standing.rows, row))
        session.own = replace(own, standing=standing)
        if not session.asked_own:
            return parts()
        return parts(results=views.results(session.own))

    def stop(self, session: Session) -> dict:
        """End the run after the batch at hand; what was learnt is kept."""
        session.stop()
        return gr.Button(interactive=False)


def set_view(session: Session, *about: str) -> str:
    """What a set is, and what will be done to its signals."""
    from plugins.signal_classification.learning.input_form import form_of

    train, test = session.train, session.test
    series, names = (*train.series, *test.series), (*train.names, *test.names)
    _, notes = form_of(train).apply(series, names)
    return views.set_view(train, test, (*notes, *about))


def parts(**values: Any) -> tuple:
    """The `PARTS`; what is not named stays as it is."""
    return tuple(values.pop(name, STILL) for name in PARTS)


def buttons(running: bool) -> dict[str, Any]:
    """The two of the `PARTS` that start and end a run."""
    return {"train": gr.Button(interactive=not running), "stop": gr.Button(interactive=running)}
