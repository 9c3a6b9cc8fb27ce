"""Visits: what a visitor brought is forgotten when they leave, or have done nothing for a while."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

log = logging.getLogger(__name__)


def delete_files(files: list[Path]) -> None:
    """Delete what was written for downloads, each with the folder it lay in alone."""
    for path in files:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # Gradio's own clean-up may have been here first.
            path.parent.rmdir()
    files.clear()


class Forgettable(Protocol):
    """A session's state."""

    def forget(self) -> None: ...


class Visits:
    """The sessions that are open. gradio would delete a state an hour after its visitor left, and
    one that was only changed in place never.

    Args:
        minutes: How long a visitor may do nothing before all is forgotten; None: as long as they
            like.
    """

    def __init__(self, minutes: float | None = None):
        self.minutes = minutes
        self._sessions: WeakValueDictionary[str, Forgettable] = WeakValueDictionary()
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()
        self._watch: threading.Timer | None = None

    def seen(self, visitor: str | None, session: Forgettable) -> None:
        """The visitor has just done something.

        Args:
            visitor: gradio's session hash; None for a caller without a session.
        """
        if visitor is None:
            return
        with self._lock:
            self._sessions[visitor] = session
            self._seen[visitor] = time.monotonic()
            if self.minutes is not None and self._watch is None:
                self._start()

    def leave(self, visitor: str | None) -> None:
        """Forget the visit now."""
        with self._lock:
            session = self._sessions.pop(visitor, None)
            self._seen.pop(visitor, None)
        if session is not None:
            session.forget()

    def sweep(self) -> None:
        """Forget those who have done nothing for too long."""
        with self._lock:
            self._watch = None
            oldest = time.monotonic() - (self.minutes or 0) * 60
            late = [visitor for visitor, seen in self._seen.items() if seen <= oldest]
        for visitor in late:
            try:
                self.leave(visitor)
            except Exception as error:  # The other visitors must be forgotten all the same.
                log.error("A visit could not be forgotten wholly: %s", type(error).__name__)
        with self._lock:
            if self._seen and self._watch is None:
                self._start()

    def _start(self) -> None:
        """Look again soon; the timer sleeps only while somebody is here."""
        self._watch = threading.Timer(min(60.0, self.minutes * 60 / 4), self.sweep)
        self._watch.daemon = True
        self._watch.start()
