"""What the events of the signal page do that bring a set and train on it. What classifies is in
`asking.py`, how it looks in `views.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from plugins.shared.classification.views import said, waiting
from plugins.shared.page.former import UNMADE, brought_set, made_with
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.runs import Runs, Ticket
from plugins.shared.page.widgets import HIDDEN, Upload
from plugins.signal_classification.classify_events import Asking, take_test
from plugins.signal_classification.session import Answering, Session
from plugins.signal_classification.settings import RESNET, TWIN, Settings
from plugins.signal_classification.views import html as views
from plugins.signal_classification.views.results import Contender, Standing
from plugins.signal_classification.wording import network_name, title_of
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.signal_classification.learning.training import Run

RUN = {"concurrency_id": "signals", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who trains is decided by `Runs`."""
FRAME = 0.7
"""Seconds between two redrawings of the page."""
OTHER = "The other kind"
"""A twin beside a network made for signals, and a ResNet-1D beside a twin."""


class Events:
    """The handlers of one page, and the queue of those who want to train."""

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.runs = Runs(ctx)
        self.asking = Asking(ctx)

    # --- the set ------------------------------------------------------------------------------

    def choose(self, session: Session, name: str) -> str:
        """Take a set that comes with aeon, as its archive divides it; the set's view."""
        from plugins.signal_classification.data.aeon_sets import load_shipped

        try:
            session.train, session.test = load_shipped(name)
        except ParagoneError as error:
            return error_card(error)
        return set_view(session, *views.about_shipped(name))

    def bring(self, session: Session, upload: Upload | None, label: str) -> dict:
        """Take a set of the visitor's own; three tenths of each class are tested on."""
        from plugins.shared.classification.labelled import split
        from plugins.signal_classification.data.reader import read_set

        if upload is None:
            return {}
        try:
            with upload.taken() as path:
                whole = read_set(path, self.ctx.limits, label.strip(), upload.encoding)
            session.train, session.test = split(whole)
        except ParagoneError as error:
            return {"upload": None, "about": error_card(error)}
        return {"upload": None, "about": set_view(session, whole.division)}

    # --- training -----------------------------------------------------------------------------

    def train(self, session: Session, beside: Sequence[str], *values: Any) -> Iterator[dict]:
        """Wait, train, and show how it goes and how good it became."""
        try:
            with self.runs.open(session) as ticket:
                yield from self._run(session, ticket, beside, values)
        except ParagoneError as error:
            yield {"status": error_card(error)}

    def _run(
        self, session: Session, ticket: Ticket, beside: Sequence[str], values: tuple
    ) -> Iterator[dict]:
        try:
            status = views.state("ready", "Getting ready…") + UNMADE
            yield {"status": status, "live": "", **buttons(True)}
            with ticket.preparing():
                runs = self.new_runs(session, beside, *values)
            session.made = made_with(session, (beside, *values))
            left = lambda: sum(run.settings.budget - run.seconds for run in runs)  # noqa: E731
            for _ in ticket.waiting(left):
                words = waiting(ticket.place, ticket.wait)
                yield {"status": Markup('<div data-state="waiting">{}</div>').format(words)}
            if not ticket.stopped:
                yield from self._train(session, ticket, runs, beside)
        except ParagoneError as error:
            yield {"status": error_card(error), **buttons(False)}
        else:
            yield buttons(False)

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
        for one in wanted:
            self.runs.check(one)
        device = self.ctx.device
        warm_up(device)
        return [Run(one, session.train, session.test, device=device) for one in wanted]

    def _train(
        self, session: Session, ticket: Ticket, runs: list[Run], beside: Sequence[str]
    ) -> Iterator[dict]:
        from plugins.signal_classification.learning.baselines import (
            BASELINES,
            MAJORITY,
            baseline_steps,
        )

        first, *others = runs
        yield from self._advance(session, ticket, first)
        outcome = first.finish()
        ticket.check()
        report, title = outcome.report, title_of(outcome.trained)
        row = Contender(title, report.accuracy, report.balanced, outcome.seconds, True)
        standing = Standing(report, (row,), tuple(first.progress))
        data = say(
            "{title}: {train:,} signals, {steps:,} steps",
            title=first.train.title,
            train=len(first.train),
            steps=outcome.steps,
        )
        own = session.own = Answering(
            say("Your network: {title}", title=title),
            "",
            data,
            outcome.trained,
            standing,
            first.test,
        )
        session.asked_own = True
        take_test(session)
        yield {
            "live": "",
            "keep": gr.Row(visible=True),
            "which": views.which(session),
            "results": views.results(own),
            "status": views.training(first.progress[-1], title) + session.made,
            **self.asking.view(session, 0),
        }
        for run in others:
            if ticket.stopped:
                break
            yield from self._advance(session, ticket, run)
            if ticket.stopped:
                break
            found = run.finish()
            tally, name = found.report, title_of(found.trained)
            row = Contender(name, tally.accuracy, tally.balanced, found.seconds)
            yield self._held_against(session, row)
        for name in (MAJORITY, *(one for one in BASELINES if one in beside)):
            if ticket.stopped and name != MAJORITY:
                break
            yield {"status": views.state("running", say("Beside it: {name}…", name=say(name)))}
            steps = baseline_steps(name, first.train, first.test, first.form)
            one = None
            for one in steps if name == MAJORITY else ticket.steps(steps):  # noqa: B007
                pass
            if one is not None:
                row = Contender(name, one.tally.accuracy, one.tally.balanced, one.seconds)
                yield self._held_against(session, row)
        done = "{steps:,} steps in {seconds:.0f} s on {device}. It answers under “Classify”."
        stopped = (
            "Stopped; what was learnt is kept. {steps:,} steps in {seconds:.0f} s on {device}. "
            "It answers under “Classify”."
        )
        words = say(
            stopped if session.stopped else done,
            steps=outcome.steps,
            seconds=outcome.seconds,
            device=first.device,
        )
        notes = Markup().join(said(note) for note in (*first.notes, ticket.note) if note)
        yield {"status": views.state("done", words) + notes}

    def _advance(self, session: Session, ticket: Ticket, run: Run) -> Iterator[dict]:
        session.run, name = run, network_name(run.settings)
        run.stopped = session.stopped
        for progress in ticket.steps(run.advance()):
            if ticket.due(FRAME):
                yield {
                    "status": views.training(progress, name),
                    "live": views.learning(run.progress, run.settings.budget) + session.made,
                }

    def _held_against(self, session: Session, row: Contender) -> dict:
        """Put a row into the results table."""
        own = session.own
        if own is None or own.standing is None:  # The visitor has brought another one.
            return {}
        standing = replace(own.standing, rows=(*own.standing.rows, row))
        session.own = replace(own, standing=standing)
        return {"results": views.results(session.own)} if session.asked_own else {}

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
    return views.set_view(train, test, (*notes, *about)) + brought_set(session)


def buttons(running: bool) -> dict[str, Any]:
    """Train and stop."""
    return {"train": gr.Button(interactive=not running), "stop": gr.Button(interactive=running)}
