"""Whether the caller of the handler that runs here is still there.

gradio ends a generator at its next yield where the caller's stream has closed, and a plain function
never; of a call that was sent and whose answer nobody fetches, it knows nothing. So long work asks
here at every step. A call counts as left when its stream was closed (a browser tab, an HTTP client,
an assistant's connection), when it was cancelled (`job.cancel()`, POST `/cancel`), or when nobody
has listened for its answer for `PATIENCE` seconds after it was sent.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

from anyio import from_thread
from gradio import queueing
from gradio.context import LocalContext
from starlette.requests import Request

from registry.server.sessions import forgotten

PATIENCE = 20.0
"""Seconds within which a caller has to ask for the answer of a call that it has sent."""


class Mailbox(asyncio.Queue):
    """The messages of a session to its caller.

    Attributes:
        asked: When the caller last asked for one, in `time.monotonic()`; to have listened for an
            earlier call is not to listen for this one.
        closed: The visit has ended; what comes is dropped until somebody asks again. A message
            holds a whole answer, pictures included, and gradio keeps those of 2,000 sessions.
    """

    asked, closed = -math.inf, False

    async def get(self) -> Any:
        """The next message."""
        self.asked, self.closed = time.monotonic(), False
        return await super().get()

    def put_nowait(self, message: Any) -> None:
        """Add a message, unless nobody will read it."""
        if not self.closed:
            super().put_nowait(message)

    def close(self) -> None:
        """Drop what is here and what comes."""
        self.closed = True
        while not self.empty():
            self.get_nowait()


_remove, _reset = queueing.Queue.remove_from_queue, queueing.Queue.reset_iterators


async def cancelled(queue: queueing.Queue, call: str) -> None:
    """As gradio's own, and a call that runs already counts as left."""
    await _remove(queue, call)
    _mark(queue, call)


async def ended(queue: queueing.Queue, call: str) -> None:
    """As gradio's own, which waits for the step at hand of a cancelled generator, for up to a
    minute; so the step is told first.
    """
    _mark(queue, call)
    await _reset(queue, call)


def _mark(queue: queueing.Queue, call: str) -> None:
    event = queue.event_ids_to_events.get(call)
    if event is not None:
        event.alive = False


def caller_left() -> bool:
    """Whether the caller of the handler that runs in this thread has gone or cancelled; False
    outside a call.
    """
    page, call = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    if page is None:
        return False
    if call is None:
        return _hung_up(LocalContext.request.get(None))
    queue = page._queue
    event = queue.event_ids_to_events.get(call)
    if event is None or not event.alive:
        return True
    if event.session_hash in forgotten(page.state_holder):
        return True
    box = queue.pending_messages_per_session.get(event.session_hash)
    heard = getattr(box, "asked", math.inf) >= event.enqueue_time
    return not heard and time.monotonic() - event.enqueue_time > PATIENCE


def _hung_up(request: Any) -> bool:
    """Whether a direct call (POST `/run`), which is in no queue, has lost its connection."""
    connection = getattr(request, "request", None)
    if not isinstance(connection, Request):
        return False
    try:
        return from_thread.run(connection.is_disconnected)
    except RuntimeError:  # Not in a thread of the server's.
        return False
