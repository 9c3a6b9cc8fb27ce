"""Raises KeyboardInterrupt by itself while its page is built."""

import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="kbd-build", title="Interrupt at build", build=f"{__name__}:build")


def build(ctx):
    gr.Textbox("remains")
    raise KeyboardInterrupt("raised by a plug-in")
