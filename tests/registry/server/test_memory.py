"""Work is turned away while memory is short, or where one visit holds too much."""

from __future__ import annotations

import gc
import json
from types import SimpleNamespace

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio_client import Client
from PIL import Image

from registry import Limits
from registry.limits import MIB
from registry.server.guard import GuardedBlocks
from registry.server.memory import Admission, TooMuch, size_of


def state_of(*values) -> SimpleNamespace:
    return SimpleNamespace(state_data=dict(enumerate(values)))


def test_work_is_turned_away_while_memory_is_short():
    held = [100 * MIB]
    admit = Admission(Limits(memory_mb=200), lambda: held[0])
    admit(None)
    held[0] = 201 * MIB
    with pytest.raises(TooMuch, match="Busy.*Try again") as caught:
        admit(None)
    assert caught.value.for_people == str(caught.value)
    held[0] = 150 * MIB
    admit(None)


def test_memory_that_can_be_given_back_is_not_held_against_anybody(monkeypatch):
    held = [300 * MIB]
    admit = Admission(Limits(memory_mb=200), lambda: held[0])
    monkeypatch.setattr(gc, "collect", lambda: held.__setitem__(0, 100 * MIB))
    admit(None)
    held[0] = 300 * MIB  # So soon after, nothing is tried again.
    with pytest.raises(TooMuch):
        admit(None)


class Held:
    """A visitor's state, as the tasks have it."""

    def __init__(self, **things):
        self.__dict__.update(things)


def test_a_visit_that_holds_too_much_is_told_so_and_others_go_on():
    admit = Admission(Limits(session_mb=8, memory_mb=10**6))
    small = Held(pictures={"a": Held(pixels=np.zeros((1000, 1000, 3), np.uint8))})
    large = Held(pictures=[np.zeros(MIB, np.uint8) for _ in range(9)])
    admit(state_of(small))
    with pytest.raises(TooMuch, match="This visit holds more than the 8 MB"):
        admit(state_of(1, small, large))
    admit(state_of(small, "text", None))


@pytest.mark.parametrize(
    ("value", "mb"),
    [
        (np.zeros((4, MIB), np.uint8), 4),
        ([b"x" * MIB, bytearray(MIB)], 2),
        ({"deep": ({"er": Held(picture=Image.new("RGB", (1024, 1024)))},)}, 3),
        (Held(house=Limits(), function=size_of, kind=Held, module=np), 0),
    ],
)
def test_the_size_of_what_is_held(value, mb):
    assert abs(size_of([value], 10**9) / MIB - mb) < 0.1
    twice = [value, value]
    assert abs(size_of(twice, 10**9) / MIB - mb) < 0.1, "one thing is counted once"


def test_the_guard_asks_before_heavy_work_only_and_once_a_run():
    asked = []

    def refuse(state):
        asked.append(state)
        raise TooMuch("Busy: try again.")

    def steps(text: str):
        yield text
        yield text + "!"

    with GuardedBlocks(analytics_enabled=False) as page:
        text = gr.Textbox()
        gr.Button("A").click(lambda t: t, text, text, api_name="light")
        gr.Button("B").click(steps, text, text, api_name="heavy", concurrency_id="network")
    page.pages[0] = ("", "House", False)
    page.queue().launch(prevent_thread_lock=True, quiet=True, ssr_mode=False, show_error=True)
    try:
        client = Client(page.local_url, verbose=False)
        page.admit = asked.append
        run = client.submit("x", api_name="/heavy")
        run.result()
        assert run.outputs()[-1] == "x!"
        assert len(asked) == 1
        page.admit = refuse
        assert client.predict("x", api_name="/light") == "x"
        with pytest.raises(Exception, match="Busy: try again"):
            client.predict("x", api_name="/heavy")
        page.admit = lambda state: None
        assert client.predict("x", api_name="/light") == "x"
    finally:
        page.close()


def test_a_tiny_cap_says_busy_and_the_server_lives(serve):
    server = serve({"PARAGONE_PLUGINS": "face_verification", "PARAGONE_MEMORY_MB": "1"})
    call = f"{server.url}gradio_api/call/face_verification"
    data = {"data": [None, None, "dlib_resnet.faces_v1", "euclidean", None]}
    for _ in range(2):
        event = httpx.post(call, json=data).json()["event_id"]
        told = httpx.get(f"{call}/{event}", timeout=300).text
        assert "Busy: the server's memory is full" in json.loads(told.split("data: ")[1])["error"]
    assert httpx.get(server.url).status_code == 200
    assert server.process.poll() is None and "Traceback" not in server.log
