"""A plug-in as a package would install it: found by its entry point."""

import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="echo", title="Echo", build="paragone_echo:build", order=6)


@hookimpl
def register_backbones(register):
    register(name="echo_net.test", source="local:echo.safetensors")


def build(ctx):
    text = gr.Textbox("hello", label="Text")
    gr.Button("Echo").click(lambda t: t, text, text, api_name="echo")
