"""Handlers that never end, each in another way."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="stuck", title="Stuck", build=f"{__name__}:build")


def begun(name):
    Path(os.environ["PARAGONE_STUCK"], f"begun-{name}").touch()


def spin(text):
    begun("spin")
    while True:
        pass


def asleep(text):
    begun("asleep")
    time.sleep(1000)


async def coroutine(text):
    begun("coroutine")
    time.sleep(1000)


def worker(text):
    begun("worker")
    ThreadPoolExecutor(1).submit(time.sleep, 1000).result()  # Its thread is no daemon.


def build(ctx):
    word = gr.Textbox(label="Word")
    for handler in (spin, asleep, coroutine, worker):
        name = "stuck" if handler is spin else f"stuck_{handler.__name__}"
        gr.Button(name).click(handler, word, word, api_name=name)
