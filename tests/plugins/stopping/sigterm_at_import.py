"""Told to stop while it is imported, as by docker stop."""

import os
import signal

import gradio as gr
import pluggy

os.kill(os.getpid(), signal.SIGTERM)

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="term-import", title="Term at import", build=f"{__name__}:build")


def build(ctx):
    word = gr.Textbox(label="Word")
    word.submit(lambda text: text, word, word, api_name="term_import")
