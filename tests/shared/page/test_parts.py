"""Handlers that name what they change: what they leave out stays, and a wrong name is an error."""

from __future__ import annotations

import inspect

import gradio as gr
import pytest

from plugins.shared.page.parts import named


@pytest.fixture
def parts():
    with gr.Blocks():
        return {"first": gr.Textbox(), "second": gr.Textbox()}


def test_values_go_to_their_components(parts):
    wired = named(lambda value: {"second": value}, parts)
    assert wired["outputs"] == [parts["first"], parts["second"]]
    assert wired["fn"]("new") == {parts["second"]: "new"}


def test_a_generator_stays_one(parts):
    def steps(count: int):
        for number in range(count):
            yield {"first": number} if number else {}

    wired = named(steps, parts)
    assert inspect.isgeneratorfunction(wired["fn"])
    assert list(wired["fn"](2)) == [[gr.skip(), gr.skip()], {parts["first"]: 1}]


def test_nothing_named_changes_nothing(parts):
    assert named(lambda: {}, parts)["fn"]() == [gr.skip(), gr.skip()]
    only = {"first": parts["first"]}
    assert named(lambda: {}, only)["fn"]() == gr.skip()


def test_a_name_that_no_part_has_is_an_error(parts):
    with pytest.raises(KeyError, match="third"):
        named(lambda: {"third": 1}, parts)["fn"]()
