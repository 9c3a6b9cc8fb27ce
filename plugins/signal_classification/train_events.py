"""What the events of the signal page do that bring a set and train on it. What classifies is in
`asking.py`, how it looks in `views.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from plugins.shared.classification.views import waiting
from plugins.shared.page.former import UNMADE, made_with
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.runs import Runs, Ticket
from plugins.shared.page.widgets import HIDDEN
from plugins.signal_classification.answering import take_test
from plugins.signal_classification.classify_events import Asking
from plugins.signal_classification.comparison import answering, contender, offered_seconds, renew
from plugins.signal_classification.session import Answering, Session
from plugins.signal_classification.set_events import SetEvents
from plugins.signal_classification.settings import RESNET, TWIN, Settings
from plugins.signal_classification.views import html as views
from plugins.signal_classification.views import run as runs_view
from plugins.signal_classification.views.results import Contender
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


class Events(SetEvents):
    """The handlers of one page, and the queue of those who want to train."""

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.runs = Runs(ctx)
        self.asking = Asking(ctx)

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
            status = runs_view.state("ready", "Getting ready…") + UNMADE
            yield {"status": status, "live": "", "again": gr.Button(visible=False), **buttons(True)}
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
        steps: Any,
        budget: Any,
        refit: Any = False,
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
        values = {"network": network, "timm": timm, "members": members, "steps": steps}
        settings = Settings(**values, budget=budget, refit=bool(refit))
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
        yield {"status": runs_view.state("running", "Getting ready…")}
        yield from self._advance(session, ticket, first)
        outcome = first.finish()
        ticket.check()
        session.found = ()
        for one in dict.fromkeys((outcome, *first.parts)):
            session.found += (answering(first, one),)
        session.rows = [contender(one) for one in session.found]
        session.own, session.asked_own = session.found[0], True
        take_test(session)
        yield {
            "live": "",
            "keep": gr.Row(visible=True),
            **self._standing(session),
            "status": runs_view.state("running", "It answers; now it is compared.") + session.made,
            **self.asking.view(session, 0),
        }
        for run in others:
            if ticket.stopped:
                break
            yield from self._advance(session, ticket, run)
            if ticket.stopped:
                break
            more = answering(run, run.finish())
            yield self._held_against(session, contender(more), more)
        for name in (MAJORITY, *(one for one in BASELINES if one in beside)):
            if ticket.stopped and name != MAJORITY:
                break
            yield {"status": runs_view.state("running", say("Beside it: {name}…", name=say(name)))}
            steps = baseline_steps(name, first.train, first.test, first.form)
            one = None
            for one in steps if name == MAJORITY else ticket.steps(steps):  # noqa: B007
                pass
            if one is not None:
                row = Contender(name, one.tally.accuracy, one.tally.balanced, one.seconds)
                yield self._held_against(session, row)
        chosen = best = self._best_answers(session)
        if first.settings.refit and not ticket.stopped and session.own in session.found:
            yield from self._refit(session, ticket, first)
            chosen = {**chosen, **self._standing(session), **self.asking.view(session, 0)}
        yield {
            **chosen,
            "status": runs_view.ended(
                first, outcome, title_of(session.own.trained) if best else "", ticket.note
            ),
            "again": self._offer(session, first),
        }

    def _refit(self, session: Session, ticket: Ticket, run: Run) -> Iterator[dict]:
        """Let what answers learn from all signals; its figures stay those of the test."""
        from plugins.signal_classification.learning.refit import refit_run, refitted

        own = session.own
        again = refit_run(run, own.trained)
        yield from self._advance(session, ticket, again)
        if ticket.stopped:
            return
        found = again.finish()
        told = "{title}: all {n:,} signals, those of the test too, {steps:,} steps"
        data = say(told, title=run.train.title, n=len(again.train), steps=found.steps)
        new = replace(own, trained=refitted(own.trained, found), data=data)
        if session.own is own:
            session.found = tuple(new if one is own else one for one in session.found)
            session.own, session.pool = new, None  # It has learnt the test signals by now.

    def _best_answers(self, session: Session) -> dict:
        """Let the best of those compared answer, where it is not the one that was asked for."""
        if session.own not in session.found:  # The visitor has brought another one.
            return {}
        best = max(session.found, key=lambda one: one.standing.report.accuracy)
        if best is session.own:
            return {}
        session.own = best
        if not session.asked_own:
            return {}
        take_test(session)
        return {**self._standing(session), **self.asking.view(session, 0)}

    def _standing(self, session: Session) -> dict:
        """The results table and the choice of who answers."""
        renew(session)
        return {"results": views.results(session.own), "which": views.which(session)}

    def _advance(self, session: Session, ticket: Ticket, run: Run) -> Iterator[dict]:
        session.run, name = run, network_name(run.settings)
        run.stopped = session.stopped
        for progress in ticket.steps(run.advance()):
            if ticket.due(FRAME):
                yield {
                    "status": runs_view.training(progress, name, run),
                    "live": runs_view.learning(run.progress, run.settings.budget) + session.made,
                }

    def _held_against(
        self, session: Session, row: Contender, more: Answering | None = None
    ) -> dict:
        """Put a row into the results table, and what can answer into the choice of who does."""
        if session.own not in session.found:  # The visitor has brought another one.
            return {}
        session.found += (more,) if more else ()
        session.rows.append(row)
        shown = self._standing(session)
        return shown if session.asked_own else {"which": shown["which"]}

    def _offer(self, session: Session, run: Run) -> dict:
        """As many seconds as the steps would have taken; unseen where they were taken."""
        session.offered = 0 if run.stopped else offered_seconds(run)
        if not session.offered:
            return gr.Button(visible=False)
        words = say("Train again with {seconds:,} s", seconds=session.offered)
        return gr.Button(words, visible=True)

    def give_more(self, session: Session) -> dict:
        """Set the seconds to what was offered."""
        return {"budget": session.offered}

    def stop(self, session: Session) -> dict:
        """End the run after the batch at hand; what was learnt is kept."""
        session.stop()
        return gr.Button(interactive=False)


def buttons(running: bool) -> dict[str, Any]:
    """Train and stop."""
    return {"train": gr.Button(interactive=not running), "stop": gr.Button(interactive=running)}
