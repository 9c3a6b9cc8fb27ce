"""Finished work that its visitor finds again who leaves the page and comes back, as after a reload.

What a session names in `KEPT` is held in memory under a name that nobody can guess, and that the
visitor's browser tab alone remembers. It is dropped as a visit is: after it has rested for
`session_minutes`. Nothing of an unfinished run is kept. The browser asks before it leaves a page
with a run that goes on, or that is finished and was not saved.
"""

from __future__ import annotations

import functools
import inspect
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from plugins.shared.page.html_parts import asset
from plugins.shared.page.session import PageSession
from plugins.shared.page.widgets import HIDDEN
from weights.kept import Kept

MOST = 16
"""Finished runs that one page keeps."""
RUNNING = "running"
RECALL = """(name, ...rest) => {{
  try {{
    name = sessionStorage.getItem("paragone-finished-{}");
  }} catch {{}} // A frame without storage.
  return [name || "", ...rest];
}}"""


class Finished:
    """The finished runs of one page.

    Args:
        page: The name of the task.
        ctx: The task's context: `limits`.
        saves: Whether a finished run can be saved; else the browser asks about a running one only.
        most: The room for what is kept, in the unit of `PageSession.weight`.

    Attributes:
        name: The component that carries the name between server and browser; not seen. Among the
            parts of the page it is `finished`.
        recall: The script of the opening event, whose first input is `name`.
    """

    def __init__(self, page: str, ctx: Any, saves: bool = True, most: int = MOST):
        self._kept: Kept[dict[str, Any]] = Kept(most, ctx.limits.session_minutes * 60)
        self.name = gr.Textbox(visible="hidden", elem_id="pv-finished")
        self.recall = RECALL.format(page)
        script = asset("finished.js").replace("PAGE", page).replace("SAVES", str(saves).lower())
        self.name.change(None, [self.name], None, js=script, **HIDDEN)

    def opening(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """The handler that opens the page: it gets the session with what was finished before."""

        if inspect.isgeneratorfunction(handler):

            def opened(name: str, *values: Any) -> Iterator[dict]:
                session = _session(values)
                self.back(session, name)
                for shown in handler(*values):
                    yield {"finished": session.finished_as, **shown}

        else:

            def opened(name: str, *values: Any) -> dict:
                session = _session(values)
                self.back(session, name)
                return {**handler(*values), "finished": session.finished_as}

        return opened

    def after(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """A handler that gets the session, after which its work is kept, or dropped where it is
        gone. While a generator goes on, the browser knows that there is a run.
        """
        if inspect.isgeneratorfunction(handler):

            @functools.wraps(handler)
            def told(*values: Any) -> Iterator[dict]:
                session, begun, shown = _session(values), {"finished": RUNNING}, {}
                for shown in handler(*values):
                    yield {**shown, **begun}
                    begun = {}
                # The last frame once more: it alone says that the page may be used again.
                yield {**shown, "finished": RUNNING if session.running else self.keep(session)}

        else:

            @functools.wraps(handler)
            def told(*values: Any) -> dict:
                shown, session = handler(*values), _session(values)
                return {**shown, "finished": RUNNING if session.running else self.keep(session)}

        return told

    def keep(self, session: PageSession) -> str:
        """Keep what a session has finished, if anything; the name that it goes by."""
        work = {name: getattr(session, name) for name in session.KEPT}
        before = self._kept.find(session.finished_as) or {}
        if any(before.get(name) is not value for name, value in work.items()):
            self._kept.release(session.finished_as)
            session.finished_as = ""
            if session.has_finished:
                session.finished_as = secrets.token_hex(16)
                self._kept.put(session.finished_as, work, session.weight)
        return session.finished_as

    def back(self, session: PageSession, name: object) -> None:
        """Give a session what is kept under a name, if anything is."""
        found = self._kept.find(name) if isinstance(name, str) else None
        if found is not None:
            vars(session).update(found)
            session.finished_as = str(name)


def _session(values: tuple) -> PageSession:
    """The session among what a handler gets."""
    return next(value for value in values if isinstance(value, PageSession))
