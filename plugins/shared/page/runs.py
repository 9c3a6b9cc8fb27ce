"""One run at a time in the whole house: who comes later waits, and sees place and time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Ticket:
    """A place in the queue.

    Args:
        remaining: Gives the seconds that its holder still needs, for those who wait.
    """

    def __init__(self, turns: Turns, remaining: Callable[[], float]):
        self._turns, self.remaining = turns, remaining
        self.since = time.monotonic()

    @property
    def place(self) -> int:
        """How many are ahead; 0: it is one's turn."""
        return self._turns.place(self)

    @property
    def wait(self) -> float:
        """Seconds until one's turn, as far as those ahead can tell."""
        return sum(ticket.remaining() for ticket in self._turns.ahead(self))

    @property
    def wanted(self) -> float:
        """Seconds for which somebody has been waiting behind; 0: nobody is."""
        behind = self._turns.behind(self)
        return time.monotonic() - behind[0].since if behind else 0.0

    def leave(self) -> None:
        """Give the place up, or end one's turn."""
        self._turns.leave(self)


class Turns:
    """The queue. First come, first served."""

    def __init__(self) -> None:
        self._tickets: list[Ticket] = []
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether it is anybody's turn."""
        with self._lock:
            return bool(self._tickets)

    def join(self, remaining: Callable[[], float]) -> Ticket:
        """Stand behind all others."""
        ticket = Ticket(self, remaining)
        with self._lock:
            self._tickets.append(ticket)
        return ticket

    def place(self, ticket: Ticket) -> int:
        """How many are ahead of a ticket."""
        return len(self.ahead(ticket))

    def ahead(self, ticket: Ticket) -> list[Ticket]:
        """The tickets before this one."""
        with self._lock:
            return self._tickets[: self._tickets.index(ticket)]

    def behind(self, ticket: Ticket) -> list[Ticket]:
        """The tickets after this one."""
        with self._lock:
            return self._tickets[self._tickets.index(ticket) + 1 :]

    def leave(self, ticket: Ticket) -> None:
        """Take a ticket out."""
        with self._lock:
            if ticket in self._tickets:
                self._tickets.remove(ticket)
