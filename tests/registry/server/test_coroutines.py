"""Coroutines of plug-ins run apart from the server's loop, and behave there as they would in it."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from registry.server.coroutines import Loop, is_asynchronous

seen = contextvars.ContextVar("seen", default="nothing")


@pytest.fixture
def loop():
    made = Loop("test")
    yield made
    made.stop()


def test_a_coroutine_runs_in_another_thread_with_the_callers_context(loop):
    async def handler(text):
        await asyncio.sleep(0)
        return text, seen.get(), threading.current_thread().name

    async def main():
        seen.set("the visitor")
        return await loop.apart(handler)("word")

    assert asyncio.run(main()) == ("word", "the visitor", "test")


def test_one_that_blocks_does_not_hold_up_the_caller(loop):
    free = threading.Event()

    async def blocking():
        assert free.wait(300)
        return "done"

    async def main():
        task = asyncio.ensure_future(loop.apart(blocking)())
        await asyncio.sleep(0)
        free.set()  # The caller's loop goes on, or nobody would ever set it.
        return await task

    assert asyncio.run(main()) == "done"


@pytest.mark.parametrize("error", [ValueError("a"), SystemExit(3), KeyboardInterrupt("b")])
def test_an_error_reaches_the_caller_and_the_loop_lives(loop, error):
    async def failing():
        raise error

    async def sound():
        return 1

    async def caught():
        try:
            await loop.apart(failing)()
        except BaseException as raised:
            return raised

    assert asyncio.run(caught()) is error
    assert asyncio.run(loop.apart(sound)()) == 1


def test_cancelling_the_caller_cancels_the_coroutine(loop):
    begun, ended = threading.Event(), threading.Event()

    async def handler():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def main():
        task = asyncio.ensure_future(loop.apart(handler)())
        await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ended.wait(300)


def test_an_asynchronous_generator_gives_its_steps_and_is_closed(loop):
    closed = threading.Event()

    async def steps(upto):
        try:
            for number in range(upto):
                yield number, threading.current_thread().name
        finally:
            closed.set()

    async def all_of_it():
        return [step async for step in loop.apart(steps)(2)]

    async def only_one():
        made = loop.apart(steps)(9)
        step = await anext(made)
        await made.aclose()
        return step

    assert asyncio.run(all_of_it()) == [(0, "test"), (1, "test")]
    assert closed.wait(300)
    closed.clear()
    assert asyncio.run(only_one()) == (0, "test") and closed.wait(300)


def test_the_kind_of_function_stays_what_it_was(loop):
    async def steps():
        yield 1

    async def whole(): ...

    assert all(is_asynchronous(loop.apart(each)) for each in (steps, whole))
    assert not is_asynchronous(len)
