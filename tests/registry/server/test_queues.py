"""A queue for each resource, and what is told to those who wait in it."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections import defaultdict
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from gradio.queueing import EventQueue, ProcessTime, Queue
from gradio_client import Client

from registry import Limits
from registry.server.guard import GuardedBlocks
from registry.server.queues import CPU, GPU, REST, Place, open_queues, place_of


def page_of(work) -> GuardedBlocks:
    with GuardedBlocks(analytics_enabled=False) as page:
        text = gr.Textbox()
        gr.Button("Go").click(work, text, text, api_name="go", concurrency_id="network")
        gr.Button("Also").click(work, text, text, api_name="also", concurrency_id="network")
        gr.Button("Light").click(lambda t: t, text, text, api_name="light")
    return page


@pytest.mark.parametrize(("gpu", "resource", "at_once"), [(False, CPU, 3), (True, GPU, 2)])
def test_all_networks_share_the_queue_of_their_resource(gpu, resource, at_once):
    page = open_queues(page_of(str), Limits(workers=3, gpu_workers=2, queue_length=5), gpu)
    events = {event.api_name: event for event in page.fns.values()}
    assert page._queue.max_size == 5
    for name in ("go", "also"):
        event = events[name]
        assert (event.concurrency_id, event.concurrency_limit) == (resource, at_once)
    assert events["light"].concurrency_id not in (CPU, GPU)


def test_an_idle_queue_rests_between_looks():
    page = open_queues(page_of(str), Limits(), gpu=False)
    looks = []

    class Watched(type(page._queue)):
        def __len__(self) -> int:  # Asked once a look.
            looks.append(1)
            return 0

    page._queue.__class__ = Watched

    async def run_for_a_while() -> None:
        task = asyncio.create_task(page._queue.start_processing())
        begun = time.monotonic()
        await asyncio.sleep(0.5)
        spent = time.monotonic() - begun
        task.cancel()
        assert 1 <= len(looks) <= spent / REST + 1

    asyncio.run(run_for_a_while())


def test_no_call_pays_for_a_summary_of_all_calls():
    said = "gradio changed its monitoring: see registry/server/queues.py, NEVER"
    source = inspect.getsource(Queue.compute_analytics_summary)
    assert "events_recorded - self.event_count_at_last_cache" in source, said
    assert ">= self.ANAYLTICS_CACHE_FREQUENCY" in source, said
    page = open_queues(page_of(str), Limits(), gpu=False)
    page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False, enable_monitoring=False)
    try:
        assert Client(page.local_url, verbose=False).predict("y", api_name="/go") == "y"
        assert page._queue.events_recorded == 1, said
        assert page._queue.cached_event_analytics_summary == {"functions": {}}
        assert httpx.get(f"{page.local_url}monitoring/summary").status_code == 403
    finally:
        page.close()


def line(*waiting: str, running: tuple[float, ...] = (), limit: int = 2) -> SimpleNamespace:
    """gradio's queue with one function, which takes 10 s."""
    fn = object()
    timed = ProcessTime()
    timed.add(10.0)
    each = EventQueue("cpu", limit)
    each.queue = [SimpleNamespace(_id=name, fn=fn) for name in waiting]
    each.start_times_per_fn[fn] = set(running)
    times = defaultdict(ProcessTime, {fn: timed})
    return SimpleNamespace(event_queue_per_concurrency_id={"cpu": each}, process_time_per_fn=times)


def test_the_wait_is_what_those_ahead_need_shared_among_the_workers():
    queue = line("a", "b", "c", running=(94.0, 99.0))
    assert place_of(queue, "a", now=100.0) == Place(0, (4 + 9) / 2)
    assert place_of(queue, "c", now=100.0) == Place(2, (4 + 9 + 10 + 10) / 2)
    # One that takes longer than usual is not expected to have ended in the past.
    assert place_of(line("a", running=(50.0,), limit=1), "a", now=100.0) == Place(0, 0.0)
    assert place_of(queue, "nobody", now=100.0) is None


def test_a_wait_is_not_guessed_before_anything_was_timed():
    queue = line("a", running=(94.0,))
    queue.process_time_per_fn.clear()
    assert place_of(queue, "a", now=100.0) == Place(0, None)


@pytest.fixture
def slow_house():
    """A house with one worker, which is held until `gate` is set."""
    from starlette.middleware import Middleware

    from registry.server.queues import Waiting

    gate = threading.Event()

    def work(text: str) -> str:
        gate.wait(20)
        return text

    page = open_queues(page_of(work), Limits(workers=1, queue_length=3), False)
    kwargs = {"middleware": [Middleware(Waiting, page=page)]}
    page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False, app_kwargs=kwargs)
    yield page, gate
    gate.set()
    page.close()


def join(page: GuardedBlocks, session: str) -> httpx.Response:
    number = next(n for n, event in page.fns.items() if event.api_name == "go")
    call = {"data": ["x"], "fn_index": number, "session_hash": session}
    return httpx.post(f"{page.local_url}gradio_api/queue/join", json=call)


def test_those_who_wait_are_told_their_place_and_too_many_are_turned_away(slow_house):
    page, gate = slow_house
    calls = [join(page, "first").json()["event_id"]]

    def told(call: str) -> dict:
        return httpx.get(f"{page.local_url}waiting/{call}").json()

    ends = time.monotonic() + 300
    while told(calls[0])["waiting"] and time.monotonic() < ends:
        time.sleep(0.02)
    assert told(calls[0]) == {"waiting": False}, "it should run by now"
    calls += [join(page, f"later-{i}").json()["event_id"] for i in range(3)]
    assert [told(call).get("ahead") for call in calls] == [None, 0, 1, 2]
    refused = join(page, "one too many")
    assert refused.status_code == 503 and "Queue is full" in refused.text
    assert told("f" * 32) == {"waiting": False}
    gate.set()
    assert Client(page.local_url, verbose=False).predict("y", api_name="/go") == "y"
