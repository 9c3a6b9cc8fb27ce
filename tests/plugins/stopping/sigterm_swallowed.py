"""Told to stop while it is imported; it catches everything."""

import os
import signal

import gradio as gr
import pluggy

try:
    os.kill(os.getpid(), signal.SIGTERM)
except BaseException:
    pass

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="term-swallowed", title="Term swallowed", build=f"{__name__}:build")


def build(ctx):
    word = gr.Textbox(label="Word")
    word.submit(lambda text: text, word, word, api_name="term_swallowed")
