"""What other programs are told of an endpoint: names, types and words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, get_type_hints

import gradio as gr
from gradio.components import State

from registry.authoring.findings import Finding
from registry.docstrings import read_docstring
from registry.server.guard import GuardedBlocks
from registry.task import Task

RULE = "endpoints"
SPECIAL = (gr.Request, gr.Progress, gr.EventData, gr.OAuthToken, gr.OAuthProfile)
"""gradio fills a parameter of these types in; callers do not see it."""


def judge(page: GuardedBlocks, task: Task) -> Iterator[Finding]:
    """Each public endpoint of a task: a typed signature, and words for every parameter."""
    told = page.get_api_info()["named_endpoints"]
    for event in page.fns.values():
        if event.api_visibility == "public" and event.page == task.name:
            shown = [p["parameter_name"] for p in told[f"/{event.api_name}"]["parameters"]]
            yield from _judge(event, shown)
            name = getattr(event.fn, "__name__", "")
            if event.api_name == task.endpoint != name and name.isidentifier():
                what = f"Its handler is {name}, and so is the tool that assistants see"
                mend = f"Call the function {task.endpoint}."
                yield Finding(RULE, what, f"/{event.api_name}", mend, "advice")


def _judge(event: Any, shown: list[str]) -> Iterator[Finding]:
    function, where = event.fn, f"/{event.api_name}"
    name = getattr(function, "__name__", "")

    def find(what: str, mend: str) -> Finding:
        return Finding(RULE, what, where, mend)

    if not name.isidentifier():
        yield find(
            f"Its handler is {name or 'an object without a name'}",
            "Use a function with def: an assistant knows the tool by the function's name.",
        )
        return
    parameters = inspect.signature(function).parameters.values()
    hints = _hints(function)
    asked = [p.name for p in parameters if not _is_special(p, hints) and p.name != "self"]
    inputs = [i for i in event.inputs if not isinstance(i, State)]
    for parameter in asked:
        if parameter not in hints:
            mend = f"Write def {name}({parameter}: …)."
            yield find(f"The parameter {parameter} of {name} has no type", mend)
    if event.outputs and "return" not in hints:
        yield find(
            f"{name} does not say what it returns", f"Write def {name}(…) -> …, with the type."
        )
    told = read_docstring(function)
    if not told.summary:
        mend = 'Say in one sentence what it does, such as "Count the edges of a picture."'
        yield find(f"{name} has no docstring", mend)
        return
    for parameter in [p for p in shown if not told.parameters.get(p)]:
        if inputs and parameter in asked:
            mend = f"Add to the docstring, under Args: {parameter}: what it is, its unit and range."
            yield find(f"The docstring of {name} does not say what {parameter} is", mend)
    if event.outputs and not told.returns:
        mend = "Add to the docstring: Returns: what comes back."
        yield find(f"The docstring of {name} does not say what comes back", mend)


def _hints(function: Any) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except Exception:  # A name that only the type checker knows; the text of the hint will do.
        return dict(getattr(function, "__annotations__", {}))


def _is_special(parameter: inspect.Parameter, hints: dict[str, Any]) -> bool:
    hint = hints.get(parameter.name)
    by_type = isinstance(hint, type) and issubclass(hint, SPECIAL)
    return by_type or isinstance(parameter.default, gr.Progress)
