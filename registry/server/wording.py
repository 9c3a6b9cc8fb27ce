"""Messages put into words where the browser cannot do it: for programs, and in fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import gradio as gr

from registry.messages import speaking, spoken_all

Asked = Callable[[str, Mapping[str, str], Mapping[str, str]], Mapping[str, str]]
"""The page, cookies and headers of a request -> the catalogue of the language that it wants."""

DRAWN = (gr.HTML, gr.Markdown, gr.Button, gr.Label)
"""What shows its value as text of the page, which the browser puts into words."""
FIELDS = ("value", "choices")
"""What of another component stands in a field; its label and its hint are text of the page."""
LISTED = (gr.Radio, gr.CheckboxGroup)
"""Whose choices are text of the page, too."""
_catalogue: ContextVar[Mapping[str, str] | None] = ContextVar("catalogue", default=None)


def is_public(block_fn: Any) -> bool:
    """Whether programs may call it; its answer then has no page to be read on."""
    return block_fn.api_visibility == "public"


@contextmanager
def worded(asked: Asked, block_fn: Any, request: Any, page: str) -> Iterator[None]:
    """Around the call of an event: what it says is for whoever made the request."""
    first = request[0] if isinstance(request, list) and request else request
    web = getattr(first, "request", None) or first
    catalogue = asked(page, web.cookies, web.headers) if hasattr(web, "headers") else {}
    token = _catalogue.set(catalogue)
    try:
        if not is_public(block_fn):
            yield
            return
        with speaking(catalogue):
            yield
    except gr.Error as error:
        if is_public(block_fn):
            error.message = spoken_all(error.message, catalogue)
        raise
    finally:
        _catalogue.reset(token)


def told(block_fn: Any, answer: list[Any]) -> list[Any]:
    """The answer of an event, one value an output, with its messages in words where the page does
    not draw them.
    """
    public, catalogue = is_public(block_fn), _catalogue.get() or {}

    def one(output: Any, value: Any) -> Any:
        if public:
            return spoken_all(value, catalogue)
        if isinstance(output, DRAWN):
            return value
        if isinstance(value, dict) and value.get("__type__") == "update":
            fields = FIELDS[:1] if isinstance(output, LISTED) else FIELDS
            return {k: spoken_all(v, catalogue) if k in fields else v for k, v in value.items()}
        return spoken_all(value, catalogue)

    told = [one(*pair) for pair in zip(block_fn.outputs, answer, strict=False)]
    return told + answer[len(block_fn.outputs) :]
