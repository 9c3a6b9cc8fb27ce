"""What the events of “Train” do: a set is chosen, and three networks learn it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from plugins.shared.classification.views import said, waiting
from plugins.shared.page.former import UNMADE, brought_set, made_with
from plugins.shared.page.html_parts import error_card, progress
from plugins.shared.page.runs import Runs, Ticket
from plugins.shared.page.widgets import HIDDEN, Upload
from plugins.volume_classification.data.medmnist import fetch_set
from plugins.volume_classification.lesson.panel import OWN
from plugins.volume_classification.lesson.phantom import phantoms
from plugins.volume_classification.session import Session
from plugins.volume_classification.settings import AUTO, KINDS, Settings
from plugins.volume_classification.views import html as views
from plugins.volume_classification.views import plots
from plugins.volume_classification.views import verdicts as answers
from plugins.volume_classification.views.sets import set_view
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.volume_classification.data.volume_set import VolumeSet
    from plugins.volume_classification.learning.input_form import Form
    from plugins.volume_classification.learning.training import Run

RUN = {"concurrency_id": "volumes", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who trains is decided by `Runs`."""
FRAME = 0.7
"""Seconds between two redrawings of the page."""
SEEDS = 2**31
FEWEST, MOST = 20, 2000
"""Phantoms of a set."""
QUICK = "A network that knows photographs looks at slices along three axes…"
LISTED = 500
"""Test volumes that can be chosen from the list."""


class LearnEvents:
    """The handlers of the set and of the training, and the queue of those who want to train."""

    def __init__(self, ctx: Any):
        self.ctx, self.runs = ctx, Runs(ctx)

    # --- the set ------------------------------------------------------------------------------

    def simulate(self, session: Session, count: Any) -> dict:
        """Make phantoms to learn from."""
        from plugins.shared.classification.labelled import split

        try:
            if not isinstance(count, (int, float)) or not FEWEST <= count <= MOST:
                todo = say(
                    "Give a whole number from {fewest} to {most:,}.", fewest=FEWEST, most=MOST
                )
                raise ParagoneError(
                    say("It is {count}", count=repr(count)), where="how many", todo=todo
                )
            return self._taken(session, split(phantoms(int(count), secrets.randbelow(SEEDS))))
        except ParagoneError as error:
            return {"about": refused(session, error)}

    def fetch(self, session: Session, name: str | None, size: Any) -> Iterator[dict]:
        """Take a set of MedMNIST, as it is divided there."""
        yield {"about": said("Looking for it here, and then on its server…")}
        try:
            # Kept where the house may keep something; a set of 64³ is a few hundred megabytes.
            ctx = self.ctx
            sets = fetch_set(name or "", ctx.limits, size, ctx.data_dir, ctx.offline)
            yield self._taken(session, sets)
        except ParagoneError as error:
            yield {"about": refused(session, error)}

    def bring(self, session: Session, upload: Upload | None, size: Any = 0) -> dict:
        """Take a set of the visitor's own; where it is not divided, three tenths of each class are
        tested on.

        Args:
            size: Voxels along an edge of the cubes; 0: as the volumes suggest.
        """
        from plugins.shared.classification.labelled import split
        from plugins.volume_classification.data.reader import read_set

        if upload is None:
            return {}
        try:
            with upload.taken() as path:
                found = read_set(path, self.ctx.limits, size or 0, encoding=upload.encoding)
            sets = found if isinstance(found, tuple) else split(found)
            return {"upload": None, **self._taken(session, sets)}
        except ParagoneError as error:
            return {"upload": None, "about": refused(session, error)}

    def _taken(self, session: Session, sets: tuple[VolumeSet, VolumeSet]) -> dict:
        session.train, session.test = sets
        test = session.test
        known = [
            (say("{name} · {truth}", name=name, truth=say(test.classes[label])), i)
            for i, (name, label) in enumerate(zip(test.names, test.labels, strict=True))
        ]
        return {
            "about": set_view(session.train, test) + brought_set(session),
            "known": gr.Dropdown(known[:LISTED], value=None),
            "symmetry": session.train.symmetry,
        }

    # --- training -----------------------------------------------------------------------------

    def train(self, session: Session, *values: Any) -> Iterator[dict]:
        """Wait, train the three networks one after another, and show how it goes."""
        try:
            with self.runs.open(session, "A training of yours is going on") as ticket:
                yield from self._run(session, ticket, values)
        except ParagoneError as error:
            yield {"status": error_card(error)}

    def _run(self, session: Session, ticket: Ticket, values: tuple) -> Iterator[dict]:
        try:
            yield {"status": said("Getting ready…") + UNMADE, **_buttons(True)}
            with ticket.preparing():
                runs = self.new_runs(session, *values)
            session.runs, session.outcomes = runs, {}
            session.made = made_with(session, values)
            for _ in ticket.waiting(lambda: session.left):
                yield {"status": waiting(ticket.place, ticket.wait)}
            yield from self._train(session, ticket, runs)
        except ParagoneError as error:
            yield {"status": error_card(error), **_buttons(False)}
        except Exception:
            yield _buttons(False)
            raise  # The host says that something went wrong here.
        else:
            yield _buttons(False)

    def new_runs(
        self,
        session: Session,
        symmetry: str,
        budget: Any,
        timm: str,
        width: Any,
        slices: Any,
        scale: str = AUTO,
        quick: bool = False,
    ) -> dict[str, Run]:
        """One run for each kind of network, all with the same set, budget and seed.

        Raises:
            ParagoneError: There is no set, or a setting or the network cannot be used.
        """
        from plugins.volume_classification.learning.training import Run, form_for

        if session.train is None:
            todo = "Make phantoms, choose one, or bring your own."
            raise ParagoneError("There is no set to learn from", where="set", todo=todo)
        known = Settings(
            timm=timm.strip(),
            width=width,
            budget=budget,
            slices=slices,
            symmetry=symmetry,
            scale=scale,
        )
        self.runs.check(known)
        session.budget, session.quick = known.budget, None
        session.wants_quick = bool(quick)
        sets = session.train, session.test
        form, device = form_for(session.train, scale), self.ctx.device
        memory = self.ctx.limits.memory_mb * 2**20
        return {kind: Run(replace(known, kind=kind), sets, form, device, memory) for kind in KINDS}

    def _train(self, session: Session, ticket: Ticket, runs: dict[str, Run]) -> Iterator[dict]:
        from plugins.volume_classification.learning.training import fair
        from plugins.volume_classification.learning.zip_export import panel_of

        if session.wants_quick:
            yield from self._quick(session, ticket, next(iter(runs.values())).form)
        yield {"status": said("Finding out how fast this machine is…")}
        with ticket.preparing():
            fair(runs, session.budget)
        for place, (kind, run) in enumerate(runs.items(), 1):
            for now in ticket.steps(run.advance() if not ticket.stopped else ()):
                if ticket.due(FRAME):
                    status = answers.training(kind, place, now) + session.made
                    yield {
                        "status": status,
                        "results": plots.results(runs, session.outcomes, session.quick),
                    }
            if run.steps:
                yield {
                    "status": said(
                        say("Judging {short} on the test volumes…", short=views.SHORT[kind])
                    )
                }
                outcome = run.finish()
                ticket.check()
                # The curve ends where the table is: with all test volumes and all looks.
                last = replace(run.progress[-1], balanced=outcome.report.balanced)
                run.progress.append(last)
                session.outcomes[kind] = outcome
        if not session.outcomes:
            todo = "Let it run for a few seconds at least."
            raise ParagoneError("The training was stopped before its first step", todo=todo)
        title = next(iter(runs.values())).train.title
        session.own = panel_of(session.outcomes, title)
        note = said(ticket.note) if ticket.note else ""
        done = self.trained(session)
        yield {**done, "status": done["status"] + note}

    def _quick(self, session: Session, ticket: Ticket, form: Form) -> Iterator[dict]:
        """The answer of a network that learns nothing, while the others have not begun."""
        from plugins.volume_classification.learning.train_free import NETWORK, Quick, TrainFree

        known = self.ctx.backbone(NETWORK).lent()
        mean, std = known.transform.mean[0], known.transform.std[0]
        free = TrainFree(known.module, mean, std, form)
        for one in ticket.steps(free.steps(session.train, session.test)):
            if isinstance(one, Quick):
                session.quick = one
            elif ticket.due(FRAME):
                yield {"status": progress(round(100 * one), 100, say(QUICK))}

    def trained(self, session: Session) -> dict:
        """What came of the visitor's training."""
        return {
            "status": answers.trained(session.runs, session.outcomes) + session.made,
            "results": shown(session),
            "asked": choices(OWN),
        }

    def stop(self, session: Session) -> dict:
        """End the training after the batch at hand; what was learnt is kept."""
        session.stop()
        return gr.Button(interactive=False)


def shown(session: Session) -> Markup:
    """All that is known of the visitor's training."""
    return plots.results(session.runs, session.outcomes, session.quick)


def refused(session: Session, error: ParagoneError) -> str:
    """What was wrong with a set, and the one that is there still."""
    card = error_card(error)
    return card if session.train is None else card + set_view(session.train, session.test)


def choices(chosen: str) -> dict:
    """Who may be asked, when there are networks of your own."""
    return gr.Dropdown(answers.judges(True), value=chosen)


def _buttons(running: bool) -> dict:
    return {"train": gr.Button(interactive=not running), "stop": gr.Button(interactive=running)}
