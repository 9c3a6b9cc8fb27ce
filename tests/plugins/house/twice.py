"""Offers a task whose name the plug-in `good` has already."""

import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="good", title="Good task again", build=f"{__name__}:build", order=1)


def build(ctx):
    button = gr.Button("Never seen")
    button.click(lambda: None, None, None, api_name="good")
