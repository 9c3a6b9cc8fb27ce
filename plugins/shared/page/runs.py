"""One protocol for all long work: begin, prepare, wait for one's place, take steps, stop, end.

A page has `Runs` that let one run at a time go on; who comes later waits and sees place and time.
Each run ends within a step when its visitor stops it, when the caller has left or cancelled, and
when it reaches the bounds of the server. Those are in one place: `run_steps` and `run_seconds` of
`ctx.limits` (`registry/limits.py`).

    with self.runs.open(session) as ticket:
        with ticket.preparing():
            run = Run(…)
        for _ in ticket.waiting(lambda: run.remaining):
            yield {"status": waiting(ticket.place, ticket.wait)}
        for _ in ticket.steps(run.advance()):
            if ticket.due(FRAME):
                yield {"status": status(run)}
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from plugins.shared.page.session import Work
from plugins.shared.page.settings import SettingsError
from weights.errors import ParagoneError
from weights.messages import say

POLL = 0.2
"""Seconds between two looks at the queue, and at a run that is paused."""
PATIENCE = 60.0
"""Seconds that a paused run may keep others waiting."""

T = TypeVar("T")


class Left(Exception):
    """The caller has gone or the visit was forgotten: the work ends here, and nothing is kept."""

    for_people = "The visit has ended, or the call was cancelled."


def stay(ctx: Any) -> None:
    """See, between two pieces of work, that the caller is still there.

    Args:
        ctx: The task's context: `caller_left()`.

    Raises:
        Left: The caller has gone.
    """
    if ctx.caller_left():
        raise Left


class Ticket:
    """One run, from its beginning to its end.

    Args:
        runs: The queue that it waits in.
        work: Of whom it is, and whether it shall stop.

    Attributes:
        remaining: Gives the seconds that it still needs, for those who wait.
        since: When it began to wait.
        note: Why it ended before its time; empty where it did not.
    """

    def __init__(self, runs: Runs, work: Work):
        self._runs, self._work = runs, work
        self.remaining: Callable[[], float] = lambda: math.nan
        self.since = self._begun = time.monotonic()
        self._drawn, self.note = -math.inf, ""

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Read and build what the run needs before it stands in the queue, so that mistakes are
        told at once. One caller does at a time; those who wait for it cost nothing.

        Raises:
            Left: The caller has gone.
        """
        while not self._runs.building.acquire(timeout=POLL):
            self.check()
        try:
            self.check()
            yield
        finally:
            self._runs.building.release()
        self.check()

    # --- its place in the queue -----------------------------------------------------------------

    @property
    def place(self) -> int:
        """How many runs are ahead; 0: it may go on."""
        return len(self._runs.ahead(self))

    @property
    def wait(self) -> float:
        """Seconds until it may go on, as far as those ahead can tell."""
        return sum(ticket.remaining() for ticket in self._runs.ahead(self))

    @property
    def wanted(self) -> float:
        """Seconds for which somebody has been waiting behind; 0: nobody is."""
        behind = self._runs.behind(self)
        return time.monotonic() - behind[0].since if behind else 0.0

    def leave(self) -> None:
        """Give the place up."""
        self._runs.leave(self)

    def waiting(self, remaining: Callable[[], float]) -> Iterator[Ticket]:
        """Stand behind all others; gives the ticket a few times a second until its run may begin or
        is stopped.

        Raises:
            Left: The caller has gone.
        """
        self._runs.join(remaining, self)
        while self.place and not self._work.stopped:
            self.check()
            yield self
            time.sleep(POLL)
        self.check()
        self._begun = time.monotonic()

    # --- going on and ending --------------------------------------------------------------------

    def check(self) -> None:
        """See that somebody still wants the result.

        Raises:
            Left: The caller has gone or cancelled, or the visit was forgotten.
        """
        if self._work.ticket is not self or self._runs.caller_left():
            raise Left

    @property
    def stopped(self) -> bool:
        """Whether the run shall end now and keep what it has.

        Raises:
            Left: Nobody wants the result any more.
        """
        self.check()
        most = self._runs.limits.run_seconds
        if not self.note and time.monotonic() - self._begun > most:
            self.note = say(
                "It ended after {most:,} seconds, the most that a run may take here.", most=most
            )
        return self._work.stopped or bool(self.note)

    def steps(self, steps: Iterable[T]) -> Iterator[T]:
        """The steps of a run until it ends or shall end.

        Raises:
            Left: Nobody wants the result any more; the step at hand was the last one.
        """
        most = self._runs.limits.run_steps
        for number, step in enumerate(steps, 1):
            if self.stopped:
                return
            yield step
            if number >= most:
                self.note = say(
                    "It ended after {most:,} steps, the most that a run may take here.", most=most
                )
                return
        self.check()

    def hold(self, run: Any) -> None:
        """Wait while a run is paused; it ends where others have waited for long.

        Args:
            run: With the flags `paused` and `stopped`.
        """
        while run.paused and not run.stopped and not self.stopped:
            if self.wanted > PATIENCE:
                run.stopped = True
            time.sleep(POLL / 2)

    def due(self, seconds: float) -> bool:
        """Whether the page was last redrawn so long ago; then this is the time of the next."""
        now = time.monotonic()
        if now - self._drawn < seconds:
            return False
        self._drawn = now
        return True

    def whole(self) -> None:
        """See that a call from code came to its end.

        Raises:
            ParagoneError: A bound ended it, and a part of the result would pass for the whole.
        """
        if self.note:
            todo = "Ask for less, or raise PARAGONE_MAX_RUN_SECONDS or PARAGONE_MAX_STEPS."
            raise ParagoneError(self.note.rstrip("."), todo=todo)


class Runs:
    """The queue of one kind of long work: first come, first served, one at a time.

    Args:
        ctx: The task's context: `limits`, and `caller_left()`.

    Attributes:
        building: Held by the caller who prepares a run.
    """

    def __init__(self, ctx: Any):
        self.limits, self.caller_left = ctx.limits, ctx.caller_left
        self._tickets: list[Ticket] = []
        self.building = threading.Lock()
        self._lock = threading.Lock()

    @contextmanager
    def open(
        self, work: Work, busy: str = "A run of yours is going on", replace: bool = False
    ) -> Iterator[Ticket]:
        """Begin a run; it ends with the block.

        Args:
            work: Whose it is; one run of it at a time.
            busy: What to say where another one goes on.
            replace: End the other one instead.

        Raises:
            ParagoneError: A run of this work goes on.
        """
        ticket = Ticket(self, work)
        if not work.begin(ticket, replace):
            todo = "Stop it first, or wait for its end."
            raise ParagoneError(busy, todo=todo)
        try:
            yield ticket
        finally:
            work.end(ticket)
            ticket.leave()

    def check(self, settings: Any) -> None:
        """See that settings ask for no more than a run may take.

        Args:
            settings: With a field `steps`, a field `budget` in seconds, or both.

        Raises:
            SettingsError: They do.
        """
        limits = self.limits
        for name, most, todo in (
            (
                "steps",
                limits.run_steps,
                say("A run may take {run_steps:,} steps here.", run_steps=limits.run_steps),
            ),
            (
                "budget",
                limits.run_seconds,
                say("A run may take {run_seconds:,} seconds here.", run_seconds=limits.run_seconds),
            ),
        ):
            asked = getattr(settings, name, 0)
            if asked > most:
                raise SettingsError(say("It is {asked:,}", asked=asked), where=name, todo=todo)

    @property
    def busy(self) -> bool:
        """Whether any run goes on or waits."""
        with self._lock:
            return bool(self._tickets)

    def join(self, remaining: Callable[[], float], ticket: Ticket | None = None) -> Ticket:
        """Stand behind all others."""
        ticket = ticket or Ticket(self, Work())
        ticket.remaining, ticket.since = remaining, time.monotonic()
        with self._lock:
            self._tickets.append(ticket)
        return ticket

    def ahead(self, ticket: Ticket) -> list[Ticket]:
        """The tickets before this one."""
        with self._lock:
            return self._tickets[: self._tickets.index(ticket)]

    def behind(self, ticket: Ticket) -> list[Ticket]:
        """The tickets after this one; none where it does not stand in the queue."""
        with self._lock:
            if ticket not in self._tickets:
                return []
            return self._tickets[self._tickets.index(ticket) + 1 :]

    def leave(self, ticket: Ticket) -> None:
        """Take a ticket out."""
        with self._lock:
            if ticket in self._tickets:
                self._tickets.remove(ticket)
