"""Ctrl-C is pressed while it is imported."""

import os
import signal

import gradio as gr
import pluggy

os.kill(os.getpid(), signal.SIGINT)

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="int-import", title="Ctrl-C at import", build=f"{__name__}:build")


def build(ctx):
    word = gr.Textbox(label="Word")
    word.submit(lambda text: text, word, word, api_name="int_import")
