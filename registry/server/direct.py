"""Direct calls (POST `/run`), which gradio puts in no queue: as many run at a time as the queue of
their resource lets run, and none for a caller who has hung up while it waited.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request


class HungUp(Exception):
    """The caller of a direct call has gone before its turn came."""

    for_people = "The call was ended before its turn came."


class DirectCalls:
    """The lines of those who call directly, one for each resource."""

    def __init__(self) -> None:
        self._lines: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def turn(self, block_fn: Any, request: Any) -> AsyncIterator[None]:
        """Wait for the turn of a call, and hold it.

        Args:
            request: gradio's, of the call.

        Raises:
            HungUp: The caller has gone.
        """
        connection, most = getattr(request, "request", None), block_fn.concurrency_limit
        if not isinstance(connection, Request) or not isinstance(most, int):
            yield  # A call from this process, or one that no limit holds for.
            return
        line = self._lines.setdefault(block_fn.concurrency_id, asyncio.Semaphore(most))
        async with line:
            if await connection.is_disconnected():
                raise HungUp
            yield
