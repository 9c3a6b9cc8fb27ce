"""Fails half-way through its page, inside a nested Blocks, with events already made."""

import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(
        name="broken-build",
        title="Broken at build",
        summary="Half a page, then an error.",
        build=f"{__name__}:build",
        order=7,
    )


def build(ctx):
    text = gr.Textbox("remains of a failed build", label="Half a page")
    button = gr.Button("Go")
    button.click(lambda t: t, text, text, api_name="broken_build")
    with gr.Row(), gr.Column():
        gr.Number(1, label="More of it")
        with gr.Blocks():
            gr.Slider(0, 1, label="Nested")
            raise RuntimeError("the build gave up")
