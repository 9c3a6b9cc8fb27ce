"""Coroutines of plug-ins, run apart from the server's own event loop.

A plain handler runs in a thread. A coroutine would run in the loop that answers every visitor, and
one that blocks (`time.sleep` in an `async def`) would hold all of them up. Here each page has a
loop in a thread of its own, started by its first coroutine, so that one holds up its own page only.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any


class Loop:
    """An event loop in a thread that ends with the process."""

    def __init__(self, name: str):
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name=name, daemon=True).start()

    def apart(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, where it is a coroutine or an asynchronous generator, run in this
        loop. Its context goes with it, and a caller that is cancelled cancels it.
        """
        if inspect.isasyncgenfunction(function):

            @functools.wraps(function)
            async def steps(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
                made = function(*args, **kwargs)
                try:
                    while True:
                        yield await self.run(anext(made))
                except StopAsyncIteration:
                    return
                finally:  # Nobody waits for it: a step that blocks would hold up the caller too.
                    self._submit(_outcome(made.aclose()))

            return steps

        @functools.wraps(function)
        async def whole(*args: Any, **kwargs: Any) -> Any:
            return await self.run(function(*args, **kwargs))

        return whole

    async def run(self, work: Awaitable) -> Any:
        """Wait, in another loop, until the coroutine has run in this one."""
        kind, value = await asyncio.wrap_future(self._submit(_outcome(work)))
        if kind == "error":
            raise value
        return value

    def stop(self) -> None:
        """End the loop when its present step is done."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _submit(self, work: Coroutine) -> Future:
        # `run_coroutine_threadsafe` would leave the caller's context behind.
        answer: Future = Future()
        context = contextvars.copy_context()

        def begin() -> None:
            task = asyncio.ensure_future(work, loop=self._loop)
            answer.add_done_callback(
                lambda done: done.cancelled() and self._loop.call_soon_threadsafe(task.cancel)
            )
            task.add_done_callback(hand_over)

        def hand_over(task: asyncio.Task) -> None:
            if task.cancelled():
                answer.cancel()
            elif answer.set_running_or_notify_cancel():
                answer.set_result(task.result())

        self._loop.call_soon_threadsafe(begin, context=context)
        return answer


def is_asynchronous(function: Any) -> bool:
    """Whether a call of it would run in the server's loop."""
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


async def _outcome(work: Awaitable) -> tuple[str, Any]:
    # A SystemExit in a task would end the loop with it, so every error is handed over as a value.
    try:
        return "answer", await work
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return "error", error
