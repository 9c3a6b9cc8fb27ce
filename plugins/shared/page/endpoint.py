"""Endpoints: what a task offers to callers from code. Their components are on the page, unseen."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

import gradio as gr

from plugins.shared.page.runs import Ticket
from plugins.shared.page.widgets import Upload

T = TypeVar("T")


def enter(
    call: Callable[..., Any],
    inputs: Sequence[Any],
    event: Mapping[str, Any],
    *,
    name: str = "",
    outputs: Sequence[Any] = (),
) -> None:
    """Enter a call into the page that is being built, inside a group that nobody sees. Whatever
    file is brought to it is deleted when it ends, however it ends.

    Args:
        call: Its signature and docstring are what callers are told.
        inputs: Components whose labels are the names of its arguments.
        event: The keywords of the page's own event, whose place in the queue it shares.
        name: Under which it is called; empty: the function's own.
        outputs: Components; none: one for JSON.
    """

    @functools.wraps(call)
    def answer(*given: Any) -> Any:
        with ExitStack() as brought:
            for one in given:
                if isinstance(one, Upload):
                    brought.enter_context(one.taken())
            return call(*given)

    name = name or call.__name__
    queue = {key: value for key, value in event.items() if key.startswith("concurrency")}
    shown = list(outputs) or gr.JSON(label="answer")
    gr.Button(name).click(answer, list(inputs), shown, api_name=name, **queue)


def finish(
    ticket: Ticket, steps: Iterable[T], remaining: Callable[[], float] | None = None
) -> T | None:
    """Take all steps of a run, showing none of them.

    Args:
        remaining: Seconds that it still needs, for those who wait; it waits for its turn then, too.
            None: it needs none.

    Returns:
        The last step; None: there was none.

    Raises:
        Left: The caller has gone.
    """
    for _ in ticket.waiting(remaining) if remaining else ():
        pass
    step = None
    for step in ticket.steps(steps):  # noqa: B007
        pass
    return step
