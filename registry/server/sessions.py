"""Sessions that cost a visitor no more than the page that they use.

gradio begins every session, and a caller from code without one is a new session each time, by
describing every component of every page. In a house of five pages that was half of what a face
verification costs, and 0.9 MB a session. The descriptions are wanted only where a visitor shares a
link to the page as it is, so here each is made when it is asked for. And of a call without a
session nothing is kept, so that many of them do not push visitors out.

A visit ends in one place, `end_visit`, for all pages: when its tab is closed or its connection is
lost, when it has rested for `PARAGONE_VISIT_MINUTES`, and when it makes room for others. Then every
`gr.State` value that has a method `forget()` is told, in another thread; a plug-in drops there what
its visitor brought. gradio itself would keep a state for an hour, and one that was only changed in
place for ever.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from gradio import state_holder

from registry.server.memory import give_back

log = logging.getLogger("paragone.sessions")

MANY = 1000
"""Lists of pending calls that may gather before the finished ones are cleared away."""
RECENT = 1000
"""Visits that have ended and are known by name, in case a lost connection comes back."""
LOOK = 60.0
"""Seconds between two looks for visits at rest; a quarter of their time where that is less."""


class LeanSession(state_holder.SessionState):
    """A session whose components are described when they are asked for."""

    def __init__(self, blocks: Any):
        self._root, self._closed = blocks, False
        # What is in no page is not described; the rest of gradio's own preparation stays.
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))

    @property
    def is_closed(self) -> bool:
        """Whether the tab is closed or its connection lost."""
        return self._closed

    @is_closed.setter
    def is_closed(self, closed: bool) -> None:
        self._closed = closed
        holder = getattr(self._root, "state_holder", None)
        if closed and holder is not None:
            names = [name for name, one in list(holder.session_data.items()) if one is self]
            _end_apart(holder, names)

    @property
    def components(self) -> Iterator[dict]:
        """The description of every component, in the order of the pages."""
        described = self.config_values
        self.config_values = {
            number: described.get(number) or self.blocks_config.config_for_block(number, [], block)
            for number, block in self.blocks_config.blocks.items()
            if number in self._root.blocks
        }
        return super().components


_kept = state_holder.StateHolder.__getitem__


def session_of(holder: state_holder.StateHolder, name: str) -> state_holder.SessionState:
    """The session of a name; a call without one goes by its own id, and gets a passing one."""
    queue = holder.blocks._queue
    if name not in holder and name in queue.event_ids_to_events:
        _clear_finished(holder, queue.pending_event_ids_session)
        return LeanSession(holder.blocks)
    session = _kept(holder, name)
    if values := forgotten(holder).pop(name, None):
        session.state_data.update(values)  # Emptied; a page may say so to who comes back.
    return session


def make_room(holder: state_holder.StateHolder, name: str) -> None:
    """As gradio's own, but the visits that make room are forgotten, too."""
    with holder.lock:
        if name in holder.session_data:
            holder.session_data.move_to_end(name)
        over = max(0, len(holder.session_data) - holder.capacity)
        oldest = list(holder.session_data)[:over]
    _end_apart(holder, oldest)


def _clear_finished(holder: state_holder.StateHolder, pending: dict[str, set[str]]) -> None:
    """gradio keeps the empty list of a call without a session for good, and looks through all."""
    if len(pending) > MANY:
        for name in [name for name, calls in pending.items() if not calls and name not in holder]:
            del pending[name]


def end_idle_sessions(page: Any, minutes: float) -> None:
    """Forget every visit that has done nothing for so long, as long as the page is there. gradio
    keeps what a visitor brought while their tab is open, be it for days.
    """

    def look(there: Any) -> None:
        holder = getattr(there, "state_holder", None)
        if holder is not None:  # It comes with the server.
            forget_idle(holder, minutes * 60)

    while_there(page, minutes, look)


def while_there(page: Any, minutes: float, work: Callable[[Any], Any]) -> None:
    """Do some work on the page every minute, or four times within the minutes where they are few,
    as long as the page is there.
    """
    watched = weakref.ref(page)

    def go_on() -> None:
        while not ended.wait(min(LOOK, minutes * 60 / 4)):
            if (there := watched()) is None:
                return
            try:
                work(there)
            except Exception:
                log.exception("What is done every minute failed")
            del there

    ended = threading.Event()
    weakref.finalize(page, ended.set)
    threading.Thread(target=go_on, name=f"every-minute-{work.__name__}", daemon=True).start()


def forget_idle(holder: state_holder.StateHolder, seconds: float) -> int:
    """End the visits that were last used longer ago; how many it was."""
    oldest = datetime.now() - timedelta(seconds=seconds)
    idle = [name for name, used in list(holder.time_last_used.items()) if used < oldest]
    for name in idle:
        end_visit(holder, name)
    if idle:
        log.info("%d visits at rest were forgotten", len(idle))
        give_back()
    return len(idle)


def end_visit(holder: state_holder.StateHolder, name: str) -> None:
    """Forget a visit: every value of a `gr.State` that has a `forget()` is told, and the session
    goes.
    """
    holder.time_last_used.pop(name, None)
    session = holder.session_data.pop(name, None)
    _forget(holder, name, session)


def forgotten(holder: state_holder.StateHolder) -> OrderedDict[str, dict[int, Any]]:
    """Visits that ended, by name, with their emptied values, the latest `RECENT`."""
    return vars(holder).setdefault("forgotten", OrderedDict())


def _end_apart(holder: state_holder.StateHolder, names: list[str]) -> None:
    """End visits at once for anyone who asks, and tell their values in a thread: files are deleted
    then, and this may be the server's loop.
    """
    ended = []
    for name in names:
        holder.time_last_used.pop(name, None)
        ended.append((name, holder.session_data.pop(name, None)))

    def forget() -> None:
        for name, session in ended:
            _forget(holder, name, session)
        ended.clear()  # Nothing holds the sessions any more.
        give_back()

    if ended:
        threading.Thread(target=forget, name="ended-visits", daemon=True).start()


def _forget(holder: state_holder.StateHolder, name: str, session: Any) -> None:
    values = {
        number: value
        for number, value in list(getattr(session, "state_data", {}).items())
        if callable(getattr(value, "forget", None))
    }
    for value in values.values():
        try:
            value.forget()
        except Exception as error:  # The other visits must be forgotten all the same.
            log.error("A visit could not be forgotten wholly: %s", type(error).__name__)
    boxes = holder.blocks._queue.pending_messages_per_session
    if (box := boxes.get(name)) is not None:
        box.close()
    recent = forgotten(holder)
    recent[name] = values
    while len(recent) > RECENT:
        recent.popitem(last=False)
