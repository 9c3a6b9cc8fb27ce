"""Who leaves or cancels is known at the next step, whichever way they came."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import gradio as gr
import httpx
import pytest
from gradio_client import Client

from registry.server import callers
from registry.server.callers import caller_left
from registry.server.gradio_patches import keep_sessions_lean, watch_callers
from registry.server.guard import GuardedBlocks

SOON = 30.0
"""Seconds after which a test gives up waiting."""


class Work:
    """Long work that ends when its caller has left; what the tests wait for."""

    def __init__(self) -> None:
        self.begun, self.over = threading.Event(), threading.Event()
        self.give_up = threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        while not self.give_up.wait(0.01):
            if caller_left():
                self.over.set()
                return "left"
        return "whole"


@pytest.fixture
def work() -> Iterator[Work]:
    work = Work()
    yield work
    work.give_up.set()


@pytest.fixture
def page(work: Work) -> Iterator[GuardedBlocks]:
    watch_callers()
    keep_sessions_lean()

    def plain(text: str) -> str:
        return work()

    def steps(text: str) -> Iterator[str]:
        yield "begun"
        yield work()

    def give_up(text: str) -> str:
        waited_for: Future = Future()
        waited_for.cancel()
        return waited_for.result()

    with GuardedBlocks(analytics_enabled=False) as page:
        text = gr.Textbox()
        gr.Button().click(plain, text, text, api_name="plain")
        gr.Button().click(lambda text: "quick answer", text, text, api_name="quick")
        gr.Button().click(give_up, text, text, api_name="give_up")
        gr.Button().click(steps, text, text, api_name="steps")
    page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield page
    work.give_up.set()
    page.close(verbose=False)


def wait_for(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.01)


def ended(work: Work) -> None:
    assert work.over.wait(SOON), "the work went on after its caller had left"


@pytest.mark.parametrize("name", ["plain", "steps"])
def test_a_stream_that_is_closed(page, work, name):
    call = f"{page.local_url}gradio_api/call/{name}"
    event = httpx.post(call, json={"data": ["x"]}).json()["event_id"]
    with httpx.stream("GET", f"{call}/{event}", timeout=SOON):
        assert work.begun.wait(SOON) and not work.over.is_set()
    ended(work)


@pytest.mark.parametrize("name", ["plain", "steps"])
def test_a_job_that_is_cancelled(page, work, name):
    client = Client(page.local_url, verbose=False)
    job = client.submit("x", api_name=f"/{name}")
    assert work.begun.wait(SOON)
    wait_for(lambda: job.communicator.event_id)  # The client cancels by it.
    job.cancel()
    ended(work)


def test_a_call_that_is_cancelled_by_its_number_alone(page, work):
    call = f"{page.local_url}gradio_api/call/plain"
    event = httpx.post(call, json={"data": ["x"]}).json()["event_id"]
    with httpx.stream("GET", f"{call}/{event}", timeout=SOON):
        assert work.begun.wait(SOON)
        wrong = {"session_hash": "another", "fn_index": 999, "event_id": event}
        httpx.post(f"{page.local_url}gradio_api/cancel", json=wrong)
        ended(work)


def test_a_tab_that_is_closed(page, work):
    api = f"{page.local_url}gradio_api/"
    asked = {"data": ["x"], "session_hash": "a-tab", "fn_index": min(page.fns)}
    with httpx.stream("GET", f"{api}heartbeat/a-tab", timeout=SOON) as heartbeat:
        beats = heartbeat.iter_bytes()  # Held: the stream ends with it.
        next(beats)
        httpx.post(f"{api}queue/join", json=asked)
        assert work.begun.wait(SOON) and not work.over.is_set()
    ended(work)


def test_a_direct_call_whose_connection_is_lost(page, work):
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{page.local_url}gradio_api/run/plain", json={"data": ["x"]}, timeout=0.5)
    ended(work)


def test_direct_calls_take_turns_and_who_hangs_up_before_gets_none():
    """Ten calls of a handler of which two may run at once; eight hang up while they wait."""
    begun, go_on, done = [], threading.Event(), []

    def handler(text: str) -> str:
        begun.append(text)
        assert go_on.wait(SOON)
        return text

    with GuardedBlocks(analytics_enabled=False) as page:
        text = gr.Textbox()
        limit = {"concurrency_id": "network", "concurrency_limit": 2}
        gr.Button().click(handler, text, text, api_name="held", **limit)
    page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    url = f"{page.local_url}gradio_api/run/held"

    def ask(name: str, timeout: float) -> None:
        try:
            done.append(httpx.post(url, json={"data": [name]}, timeout=timeout).json()["data"])
        except httpx.ReadTimeout:
            done.append([])

    def start(names: list[str], timeout: float) -> list[threading.Thread]:
        threads = [threading.Thread(target=ask, args=(name, timeout)) for name in names]
        for thread in threads:
            thread.start()
        return threads

    try:
        first = start(["a", "b"], SOON)
        wait_for(lambda: len(begun) == 2)
        for thread in start([f"left {i}" for i in range(8)], 0.5):
            thread.join(SOON)
        assert done == [[]] * 8 and sorted(begun) == ["a", "b"]
        go_on.set()
        for thread in [*first, *start(["last"], SOON)]:
            thread.join(SOON)
        assert sorted(begun) == ["a", "b", "last"], "work was begun for callers who had hung up"
        assert sorted(done[8:]) == [["a"], ["b"], ["last"]]
    finally:
        go_on.set()
        page.close(verbose=False)


def test_an_answer_that_nobody_asks_for(page, work, monkeypatch):
    monkeypatch.setattr(callers, "PATIENCE", 0.3)
    httpx.post(f"{page.local_url}gradio_api/call/plain", json={"data": ["x"]})
    ended(work)


def test_to_have_listened_for_an_earlier_call_is_not_to_listen_for_this_one(
    page, work, monkeypatch
):
    monkeypatch.setattr(callers, "PATIENCE", 0.3)
    join, told = f"{page.local_url}gradio_api/queue/join", f"{page.local_url}gradio_api/queue/data"
    quick = next(fn for fn in page.fns.values() if fn.api_name == "quick")
    long = next(fn for fn in page.fns.values() if fn.api_name == "plain")
    body = {"data": ["x"], "session_hash": "once", "fn_index": quick._id}
    assert httpx.post(join, json=body).is_success
    assert "quick answer" in httpx.get(told, params={"session_hash": "once"}, timeout=SOON).text
    assert httpx.post(join, json={**body, "fn_index": long._id}).is_success
    ended(work)


def test_who_listens_is_there_however_long_it_takes(page, work, monkeypatch):
    call = f"{page.local_url}gradio_api/call/plain"
    event = httpx.post(call, json={"data": ["x"]}).json()["event_id"]
    with httpx.stream("GET", f"{call}/{event}", timeout=SOON) as answer:
        mailbox = page._queue.pending_messages_per_session[event]
        wait_for(lambda: work.begun.is_set() and mailbox.asked > 0)
        monkeypatch.setattr(callers, "PATIENCE", 0.0)
        threading.Timer(0.3, work.give_up.set).start()
        assert '"whole"' in "".join(answer.iter_text())
    assert not work.over.is_set()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 cannot tell the two apart")
def test_something_cancelled_that_a_handler_waited_for_is_an_error_and_no_silence(page):
    call = f"{page.local_url}gradio_api/call/give_up"
    event = httpx.post(call, json={"data": ["x"]}).json()["event_id"]
    told = httpx.get(f"{call}/{event}", timeout=SOON).text
    assert "event: error" in told and "could not finish this step (CancelledError)" in told


def test_outside_a_call_nobody_has_left():
    assert not caller_left()
