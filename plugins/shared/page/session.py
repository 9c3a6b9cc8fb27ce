"""What one visitor of a page has brought, in memory, and the long work that goes on for them.

The server calls `forget()` of every `gr.State` value that has one when the visit ends: the visitor
has left, has done nothing for a while, or makes room for others (`registry/server/sessions.py`).
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from plugins.shared.page.upload_folder import discard

log = logging.getLogger(__name__)


def delete_files(files: list[Path]) -> None:
    """Delete what was written for downloads, each with the folder it lay in alone."""
    for path in files:
        discard(path)
    files.clear()


class Work:
    """One kind of long work of a visitor, of which one run at a time goes on.

    Attributes:
        ticket: Of the run that goes on; None: there is none. A run whose ticket is no longer here
            ends at its next step, and keeps nothing.
        stopped: The run shall end and keep what it has.
    """

    def __init__(self) -> None:
        self.ticket: Any = None
        self.stopped = False
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether a run goes on."""
        return self.ticket is not None

    def begin(self, ticket: Any, replace: bool = False) -> bool:
        """Let a run begin; False where another one goes on.

        Args:
            replace: Take the place of the other one, which ends.
        """
        with self._lock:
            if self.running and not replace:
                return False
            self.ticket, self.stopped = ticket, False
            return True

    def end(self, ticket: Any) -> None:
        """A run has ended."""
        with self._lock:
            if self.ticket is ticket:
                self.ticket = None

    def stop(self) -> None:
        """End the run within a step; what it has is kept."""
        self.stopped = True


class PageSession(Work):
    """What one visitor of a page has brought. It dies with the visit.

    Not a dataclass: Gradio writes the fields of a dataclass in its state into the page's source.

    Attributes:
        KEPT: The attributes that a finished run is in, the first of which is empty where there is
            none; who comes back finds them again (`finished.py`).
        files: Written for downloads.
        finished_as: The name of the finished run that is on screen; "": there is none.
        sets: How many sets were taken so far (`former.py`).
    """

    KEPT: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.files: list[Path] = []
        self.finished_as = ""
        self.sets = 0

    @property
    def has_finished(self) -> bool:
        """Whether there is a finished run."""
        return bool(self.KEPT) and bool(getattr(self, self.KEPT[0]))

    @property
    def weight(self) -> int:
        """How much of the room for finished runs this one takes."""
        return 1

    def __deepcopy__(self, memo: dict) -> PageSession:
        """Gradio copies the first value for each visitor; each begins with a new session."""
        return type(self)()

    def forget(self) -> None:
        """Drop everything. What runs ends at its next step, and keeps nothing."""
        self.stop()
        files, fresh = self.files, type(self)()
        fresh.stopped = True
        vars(self).update(vars(fresh))
        delete_files(files)  # Last: a disk can fail.
