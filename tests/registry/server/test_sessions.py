"""Sessions are begun without describing the house, and calls without one leave nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import gradio as gr
import httpx
import pytest
from gradio_client import Client

import app
from registry.server import sessions
from registry.server.gradio_patches import keep_sessions_lean
from registry.server.guard import GuardedBlocks
from registry.server.sessions import LeanSession, end_idle_sessions, forget_idle, forgotten


@pytest.fixture(scope="module")
def page():
    keep_sessions_lean()

    def count(text: str, told: int) -> tuple[str, int]:
        return f"{text} {told}", told + 1

    with GuardedBlocks(analytics_enabled=False) as page:
        told, text = gr.State(0), gr.Textbox("a value", label="Text")
        with gr.Row():
            gr.Number(3, label="Number")
        gr.Button("Go").click(count, [text, told], [text, told], api_name="go")
    page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield page
    page.close()


def test_a_new_session_describes_nothing_until_it_is_asked(page):
    session = LeanSession(page)
    assert session.config_values == {}
    described = list(session.components)
    assert len(described) == len(page.blocks)
    assert [d["props"].get("value") for d in described].count("a value") == 1
    gradios_own = LeanSession.__base__(page)
    assert described == list(gradios_own.components)


def test_what_a_session_changed_is_described_as_it_is(page):
    session = LeanSession(page)
    number = next(n for n, block in page.blocks.items() if block.get_block_name() == "textbox")
    session._update_value_in_config(number, "changed")
    shown = {d["id"]: d["props"].get("value") for d in session.components}
    assert shown[number] == "changed" and "a value" not in shown.values()


def test_the_lists_of_finished_calls_are_cleared_away(page, monkeypatch):
    monkeypatch.setattr(sessions, "MANY", 3)
    call = f"{page.local_url}gradio_api/call/go"
    for _ in range(8):
        event = httpx.post(call, json={"data": ["x"]}).json()["event_id"]
        assert '"x 0"' in httpx.get(f"{call}/{event}").text
    assert len(page._queue.pending_event_ids_session) <= 5


def test_a_call_without_a_session_leaves_none_and_a_visitor_keeps_theirs(page):
    before = set(page.app.state_holder.session_data)
    for _ in range(3):
        call = f"{page.local_url}gradio_api/call/go"
        event = httpx.post(call, json={"data": ["x"]}).json()["event_id"]
        assert '"x 0"' in httpx.get(f"{call}/{event}").text
    assert set(page.app.state_holder.session_data) == before
    visitor = Client(page.local_url, verbose=False)
    assert [visitor.predict("x", api_name="/go") for _ in range(2)] == ["x 0", "x 1"]
    assert visitor.session_hash in page.app.state_holder


class Brought:
    """What a task keeps for a visitor."""

    def __init__(self, fails: bool = False):
        self.fails, self.gone = fails, False

    def forget(self) -> None:
        self.gone = True
        if self.fails:
            raise OSError("a file is held open")


def state_of(page) -> int:
    """The number of the page's `gr.State`; gradio itself clears away what belongs to none."""
    return next(n for n, block in page.blocks.items() if isinstance(block, gr.State))


def test_visits_at_rest_are_forgotten_and_others_stay(page):
    holder = page.app.state_holder
    kept = {name: Brought(fails=name == "idle") for name in ("idle", "also-idle", "busy")}
    for name, brought in kept.items():
        holder[name].state_data[state_of(page)] = brought
        if name != "busy":
            holder.time_last_used[name] -= timedelta(minutes=61)
    assert forget_idle(holder, 3600) == 2
    assert [brought.gone for brought in kept.values()] == [True, True, False]
    assert "busy" in holder and "idle" not in holder and "also-idle" not in holder
    assert forget_idle(holder, 3600) == 0


def test_the_watch_forgets_by_itself(page):
    brought = Brought()
    page.app.state_holder["resting"].state_data[state_of(page)] = brought
    end_idle_sessions(page, minutes=0.5 / 60)
    ends = time.monotonic() + 300
    while not brought.gone and time.monotonic() < ends:
        time.sleep(0.05)
    assert brought.gone and "resting" not in page.app.state_holder


def wait_for(condition) -> None:
    ends = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.01)


PLUGIN = """
import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")
GONE = []


class Notes:
    def __init__(self):
        self.kept = []

    def forget(self):
        GONE.append(list(self.kept))
        self.kept.clear()


@hookimpl
def register_tasks(register):
    register(name="keeper", title="Keeper", summary="It keeps.", build="keeper:build")


def build(ctx):
    def keep(text, notes):
        notes.kept.append(text)  # Changed in place only.
        return " ".join(notes.kept)

    text, notes = gr.Textbox(), gr.State(Notes())
    gr.Button().click(keep, [text, notes], text, api_name="keeper")
"""


@pytest.fixture(scope="module")
def keeper(tmp_path_factory):
    """A page of a stranger's plug-in, and what its states were told."""
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "keeper.py").write_text(PLUGIN)
    environ = {"PARAGONE_PLUGINS": "keeper", "PARAGONE_PLUGIN_DIRS": str(folder)}
    page = app.build_app(environ=environ)
    page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    (fn,) = [fn for fn in page.fns.values() if fn.api_name == "keeper"]
    yield page, fn.fn.__globals__["GONE"]
    page.close(verbose=False)


@contextmanager
def open_tab(page, name: str) -> Iterator[None]:
    """An open tab, which ends with the block."""
    address = f"{page.local_url}gradio_api/heartbeat/{name}"
    with httpx.stream("GET", address, timeout=300) as answer:
        beats = answer.iter_bytes()  # Held: the stream ends with it.
        next(beats)
        yield


def ask(page, name: str, text: str) -> None:
    (fn,) = [fn for fn in page.fns.values() if fn.api_name == "keeper"]
    asked = {"data": [text, None], "session_hash": name, "fn_index": fn._id}
    httpx.post(f"{page.local_url}gradio_api/queue/join", json=asked).raise_for_status()
    wait_for(lambda: name in page.state_holder and text in kept(page, name))


def kept(page, name: str) -> list[str]:
    values = page.state_holder.session_data[name].state_data.values()
    return next((value.kept for value in values if hasattr(value, "forget")), [])


def test_a_strangers_state_is_told_when_its_tab_is_closed_and_no_other_is(keeper):
    page, gone = keeper
    with open_tab(page, "bob"):
        ask(page, "bob", "b")
        with open_tab(page, "ann"):
            ask(page, "ann", "a")
        wait_for(lambda: gone == [["a"]])
        assert "ann" not in page.state_holder and kept(page, "bob") == ["b"]
    wait_for(lambda: gone == [["a"], ["b"]])


def test_answers_that_nobody_fetched_go_with_the_visit(keeper):
    page, _ = keeper
    boxes = page._queue.pending_messages_per_session
    with open_tab(page, "silent"):
        ask(page, "silent", "a picture")
        wait_for(lambda: boxes["silent"].qsize() > 1)
    wait_for(lambda: boxes["silent"].empty())
    boxes["silent"].put_nowait("of a call that ends now")
    assert boxes["silent"].empty()


def test_who_comes_back_begins_with_the_emptied_state(keeper):
    page, gone = keeper
    with open_tab(page, "lost"):
        ask(page, "lost", "first")
        (value,) = [
            v for v in page.state_holder.session_data["lost"].state_data.values()
            if hasattr(v, "forget")
        ]  # fmt: skip
    wait_for(lambda: ["first"] in gone and "lost" in forgotten(page.state_holder))
    ask(page, "lost", "second")
    assert kept(page, "lost") == ["second"] and value.kept == ["second"]


def test_the_oldest_visits_make_room_and_are_told(keeper):
    page, gone = keeper
    holder = page.state_holder
    before = holder.capacity
    try:
        holder.capacity = len(holder.session_data) + 2
        for name in ("one", "two", "three", "four"):
            ask(page, name, name)
        wait_for(lambda: len(holder.session_data) <= holder.capacity)
        wait_for(lambda: ["one"] in gone or ["second"] in gone)
        assert "four" in holder and ["four"] not in gone
    finally:
        holder.capacity = before
