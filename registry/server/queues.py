"""One queue for each resource: anyone who waits is told how many are ahead, and about how long.

Every event that runs a network says `concurrency_id="network"`. The networks run on the CPU or on a
graphics card, and how many may run at a time depends on which; so the house decides it here, for
all plug-ins. Long runs have queues of their own (`plugins/shared/page/runs.py`), in which one runs
at a time.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from registry.limits import Limits
from registry.server.gradio_patches import watch_callers
from registry.server.guard import GuardedBlocks
from registry.server.middleware import Middleware, path_of

NETWORK = "network"
CPU, GPU = "cpu", "gpu"
ADDRESS = "/waiting"
SCRIPT = "".join(
    (Path(__file__).parent / name).read_text(encoding="utf-8")
    for name in ("waiting.js", "busy.js", "tabs.js", "save.js", "groups.js")
)
HEAD = f'<script src=".{ADDRESS}.js"></script>'
KEEP = {"Cache-Control": "max-age=300"}
REST = 0.005
"""Seconds between two looks of gradio's for work. Its own, 1 ms, costs an idle server 3 to 4 % of a
processor, and a busy one as much of its networks' time.
"""
NEVER = sys.maxsize
"""Calls between two summaries of all calls so far, for the monitoring that the house turns off.
gradio's own, 1, costs each call 20 ms and more.
"""


def open_queues(page: GuardedBlocks, limits: Limits, gpu: bool) -> GuardedBlocks:
    """Give the page its queues, with their length and how many run at a time in each.

    Args:
        gpu: Whether the networks run on a graphics card.
    """
    resource, at_once = (GPU, limits.gpu_workers) if gpu else (CPU, limits.workers)
    for event in page.default_config.fns.values():
        if event.concurrency_id == NETWORK:
            event.concurrency_id, event.concurrency_limit = resource, at_once
    watch_callers()
    page.queue(max_size=limits.queue_length)
    page._queue.sleep_when_free = REST
    page._queue.ANAYLTICS_CACHE_FREQUENCY = NEVER
    return page


@dataclass(frozen=True)
class Place:
    """Where a call stands.

    Attributes:
        ahead: How many are before it; those that run now are not counted.
        seconds: About how long until it runs; None until a call of each kind was once timed.
    """

    ahead: int
    seconds: float | None


def place_of(queue: Any, call: str, now: float | None = None) -> Place | None:
    """The place of a waiting call in gradio's queue; None where no such call waits.

    The wait is what those before it still need, shared among as many as may run at once.

    Args:
        call: The event's id, which only who sent the call was told.
        now: As of `time.time()`.
    """
    now = time.time() if now is None else now
    for line in queue.event_queue_per_concurrency_id.values():
        waiting = [event._id for event in line.queue]
        if call in waiting:
            ahead = line.queue[: waiting.index(call)]
            running = [
                (fn, now - begun)
                for fn, starts in line.start_times_per_fn.items()
                for begun in starts
            ]
            asked = [(event.fn, 0.0) for event in ahead] + running
            known = [queue.process_time_per_fn.get(fn) for fn, _ in asked]
            if not all(timed and timed.count for timed in known):
                return Place(len(ahead), None)
            left = sum(
                max(0.0, timed.avg_time - spent)
                for timed, (_, spent) in zip(known, asked, strict=True)
            )
            return Place(len(ahead), left / (line.concurrency_limit or len(asked) or 1))
    return None


class Waiting(Middleware):
    """ASGI middleware that answers `/waiting/CALL` with the place of a call, and `/waiting.js`.

    Args:
        page: Whose queue it is.
    """

    methods = ("GET",)

    def __init__(self, app: Any, page: GuardedBlocks):
        super().__init__(app)
        self.page = page

    async def answer(self, scope: Any) -> Response | None:
        """The script, or the place."""
        path = path_of(scope)
        if path == f"{ADDRESS}.js":
            return Response(SCRIPT, media_type="text/javascript", headers=KEEP)
        call = path.removeprefix(f"{ADDRESS}/")
        if path == call:
            return None
        place = place_of(self.page._queue, call)
        said = {"waiting": place is not None}
        if place is not None:
            said |= {"ahead": place.ahead, "seconds": place.seconds}
        return JSONResponse(said, headers={"Cache-Control": "no-store"})
