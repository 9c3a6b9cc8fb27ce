"""Callers of an endpoint who leave before anything is built for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from plugins.shared.page.runs import Left


def endpoint(build_endpoint: Callable[[Any], None], events: Any) -> Callable[..., Any]:
    """The function that a task offers to callers from code."""
    with gr.Blocks(analytics_enabled=False) as page:
        build_endpoint(events)
    (entered,) = page.fns.values()
    return entered.fn


def leave_before_it_is_built(events: Any, call: Callable[[], Any], count: int = 6) -> None:
    """So many make a call while somebody else's run is built, and leave.

    Args:
        events: Of the task, with a context whose `caller_left` is its own.
    """
    left: list[int] = []

    def ask() -> None:
        with pytest.raises(Left):
            call()
        left.append(1)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    with events.runs.building:
        for thread in threads:
            thread.start()
        events.runs.caller_left = lambda: True
        for thread in threads:
            thread.join(300)
        assert len(left) == count, "they waited on although they had left"
    assert not events.runs.busy
