"""What we use of gradio that its documentation does not promise.

When one of these fails after an upgrade of gradio, read the file that the message names before
lifting the range in requirements.txt: the house stands on these facts.
"""

from __future__ import annotations

import inspect

import gradio as gr
import pytest
from gradio.blocks import BlocksConfig
from gradio.context import Context


def test_a_page_is_an_entry_in_pages_and_current_page_names_the_open_one():
    said = "gradio changed its pages: compare Blocks.route with registry/pages/build.py, _page"
    with gr.Blocks(analytics_enabled=False) as demo:
        assert demo.pages == [("", "Home", True)] and demo.current_page == "", said
        demo.pages.append(("second", "Second", False))
        demo.current_page = "second"
        text = gr.Textbox("there")
        event = text.submit(lambda t: t, text, text)
        demo.current_page = ""
        gr.Textbox("here")
    pages = demo.config["page"]
    assert text._id in pages["second"]["components"], said
    assert text._id not in pages[""]["components"], said
    assert pages["second"]["dependencies"] == [event["id"]], said
    assert len(pages[""]["components"]) == 1, said
    demo.route("Third", "/third")
    assert demo.pages[-1] == ("third", "Third", True) and demo.current_page == "third", said


def test_a_failing_nested_blocks_still_clears_the_context():
    said = "gradio's Blocks.__exit__ changed: see registry/pages/build.py, _contain"
    with gr.Blocks(analytics_enabled=False) as demo:
        with pytest.raises(ValueError), gr.Column(), gr.Blocks():
            raise ValueError
        assert Context.root_block is None, said
        Context.root_block, Context.block = demo, demo


@pytest.mark.parametrize(
    ("method", "first"),
    [
        ("call_function", "block_fn"),
        ("preprocess_data", "block_fn"),
        ("postprocess_data", "block_fn"),
    ],
)
def test_every_call_of_a_handler_passes_through_these(method, first):
    said = f"gradio's Blocks.{method} changed: registry/server/guard.py stands on it"
    function = getattr(gr.Blocks, method)
    assert inspect.iscoroutinefunction(function), said
    assert list(inspect.signature(function).parameters)[1] == first, said
    assert f"self.{method}(" in inspect.getsource(gr.Blocks.process_api), said


def test_the_text_of_a_component_error_is_made_here():
    said = "gradio's Blocks._format_processing_error changed: see registry/server/guard.py"
    names = list(inspect.signature(gr.Blocks._format_processing_error).parameters)
    assert names == ["block_fn", "index", "block", "value", "is_input", "original_error"], said


def test_every_event_is_entered_by_set_event_trigger_and_false_makes_it_private():
    said = "gradio's BlocksConfig.set_event_trigger changed: see registry/pages/endpoints.py"
    names = list(inspect.signature(BlocksConfig.set_event_trigger).parameters)
    assert names[:3] == ["self", "targets", "fn"], said
    assert {"api_name", "api_visibility"} <= set(names), said
    with gr.Blocks(analytics_enabled=False) as demo:
        text = gr.Textbox()
        text.submit(lambda t: t, text, text, api_name=False)
        text.submit(lambda t: t, text, text, api_name="same")
        text.submit(lambda t: t, text, text, api_name="same")
    made = [(f.api_name, f.api_visibility) for f in demo.fns.values()]
    assert made == [("false", "private"), ("same", "public"), ("same_1", "public")], said
