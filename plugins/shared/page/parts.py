"""Handlers that name what they change on the page; what they do not name stays as it is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gradio as gr


def named(handler: Callable[..., Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """The handler and the outputs of an event, as keywords for it:
    `button.click(inputs=…, **named(events.train, parts))`.

    Args:
        handler: Gives, or yields, a dict of values by the names of parts; {}: nothing changes.
        parts: The components by name.
    """

    def placed(values: dict[str, Any]) -> Any:
        if not values:
            return gr.skip() if len(parts) == 1 else [gr.skip()] * len(parts)
        return {parts[name]: value for name, value in values.items()}

    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def answering(*given: Any) -> Iterator[Any]:
            for values in handler(*given):
                yield placed(values)

    else:

        @functools.wraps(handler)
        def answering(*given: Any) -> Any:
            return placed(handler(*given))

    return {"fn": answering, "outputs": list(parts.values())}
