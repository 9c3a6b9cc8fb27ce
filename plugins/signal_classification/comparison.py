"""What a comparison came to: who can answer, and the rows of the results table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from plugins.signal_classification.learning.doubt import covered
from plugins.signal_classification.session import Answering, Session
from plugins.signal_classification.settings import LONGEST
from plugins.signal_classification.views.results import Contender, Standing
from plugins.signal_classification.wording import title_of
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.classification.training import Outcome
    from plugins.signal_classification.learning.training import Run


def answering(run: Run, outcome: Outcome) -> Answering:
    """What a run came to, as a network that answers."""
    title, labels = title_of(outcome.trained), run.test.labels
    told = "{title}: {train:,} signals, {steps:,} steps"
    data = say(told, title=run.train.title, train=len(run.train), steps=outcome.steps)
    rows, progress = (), tuple(run.progress) if outcome.steps else ()
    standing = Standing(outcome.report, rows, progress, covered(np.exp(outcome.logits), labels))
    title = say("Your network: {title}", title=title)
    return Answering(title, "", data, outcome.trained, standing, run.test, seconds=outcome.seconds)


def contender(one: Answering) -> Contender:
    """Its row of the results table."""
    report = one.standing.report
    return Contender(title_of(one.trained), report.accuracy, report.balanced, one.seconds)


def renew(session: Session) -> None:
    """Give all that were compared the table as it is now, each with its own row marked."""
    at = session.found.index(session.own)
    session.found = tuple(
        replace(one, standing=replace(one.standing, rows=marked(session.rows, one)))
        for one in session.found
    )
    session.own = session.found[at]


def marked(rows: Sequence[Contender], own: Answering) -> tuple[Contender, ...]:
    """The rows, with the one marked that answers."""
    name = title_of(own.trained)
    return tuple(replace(row, ours=row.name == name) for row in rows)


def offered_seconds(run: Run) -> int:
    """As many as all its steps would have taken; 0: they were taken."""
    if run.steps >= run.wanted:
        return 0
    spent = max(run.seconds - run.rocket_seconds, 0.1) / max(run.steps, 1)
    seconds = 1.2 * spent * run.wanted + run.rocket_seconds
    return min(10 * int(np.ceil(seconds / 10)), LONGEST)
