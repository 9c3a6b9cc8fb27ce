"""Builds well; each of its handlers fails in another way."""

import sys

import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(
        name="broken-run",
        title="Broken at run",
        summary="Every button fails in another way.",
        build=f"{__name__}:build",
        order=8,
    )


class Refused(Exception):
    """An error that is meant for people."""

    for_people = "The word <b> is too short (first word). Give at least three letters."


def fail(text):
    raise ValueError("secret detail")


def leave(text):
    sys.exit(3)


def midway(text):
    yield "half"
    raise KeyError("secret detail")


async def fail_later(text):
    raise ZeroDivisionError("secret detail")


async def leave_midway(text):
    yield "half"
    sys.exit(4)


class Panic(BaseException):
    """No `Exception`: what a library written in Rust raises when it panics."""


def panic(text):
    raise Panic("secret detail")


def refuse(text):
    raise Refused()


def say(text):
    raise gr.Error("Said by the plug-in itself")


def too_few(text):
    return "secret detail"


def bad_picture(text):
    return "/nowhere/secret-detail.png"


HANDLERS = (fail, leave, midway, fail_later, leave_midway, panic, refuse, say)


def build(ctx):
    text = gr.Textbox("word", label="Word")
    picture = gr.Image(label="Result")
    for handler in HANDLERS:
        name = "broken_run" if handler is fail else f"broken_run_{handler.__name__}"
        button = gr.Button(handler.__name__, elem_id=f"run-{handler.__name__}")
        button.click(handler, text, text, api_name=name)
    other = gr.Button("Wrong results")
    other.click(too_few, text, [text, picture], api_name="broken_run_too_few")
    other.click(bad_picture, text, picture, api_name="broken_run_bad_picture")

    @gr.render(inputs=text)
    def drawn(word):
        gr.Button(f"Leave, {word}", elem_id="run-rendered").click(leave, text, text)
