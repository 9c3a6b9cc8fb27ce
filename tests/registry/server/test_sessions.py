"""Sessions are begun without describing the house, and calls without one leave nothing."""

from __future__ import annotations

import time
from datetime import timedelta

import gradio as gr
import httpx
import pytest
from gradio_client import Client

from registry.pages.guard import GuardedBlocks
from registry.server import sessions
from registry.server.sessions import LeanSession, end_idle_sessions, forget_idle, keep_sessions_lean


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
    ends = time.monotonic() + 10
    while not brought.gone and time.monotonic() < ends:
        time.sleep(0.05)
    assert brought.gone and "resting" not in page.app.state_holder
