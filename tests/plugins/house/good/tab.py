"""The good plug-in's page: every kind of handler, and each must work through the guard."""

from __future__ import annotations

import asyncio

import gradio as gr


def shared(first: str, second: str) -> int:
    """Count the letters that two words share.

    Args:
        first: A word.
        second: Another word.

    Returns:
        How many different letters occur in both.
    """
    return len(set(first) & set(second))


def count(upto: float, progress=gr.Progress()):  # noqa: B008, gradio's own way
    for i in range(int(upto)):
        progress((i, upto))
        yield i + 1


async def later(text: str, request: gr.Request) -> str:
    await asyncio.sleep(0)
    return f"{text} {request.headers['user-agent'] != ''}"


async def stream(text: str):
    for end in range(1, len(text) + 1):
        await asyncio.sleep(0)
        yield text[:end]


def picture_size(picture) -> str:
    return "none" if picture is None else f"{picture.shape[1]} × {picture.shape[0]}"


def chosen(event: gr.SelectData) -> str:
    return str(event.value)


def build(ctx):
    gr.Markdown(f"Backbones: {len(ctx.backbones())}; keeps data: {ctx.data_dir is not None}.")
    with gr.Row():
        first = gr.Textbox("level", label="First word")
        second = gr.Textbox("lever", label="Second word")
    button = gr.Button("Compare", variant="primary", elem_id="good-compare")
    result = gr.Number(label="Shared letters", elem_id="good-result")
    greeting = gr.Textbox(lambda: "loaded on this page", label="Greeting", elem_id="good-greeting")
    picture = gr.Image(label="Picture")
    size = gr.Textbox(label="Size")
    button.click(shared, [first, second], result, api_name="good")
    number, steps = gr.Number(3, visible=False), gr.Number(visible=False)
    number.submit(count, number, steps, api_name="good_count")
    first.submit(later, first, greeting, api_name="good_later")
    second.submit(stream, second, greeting, api_name="good_stream")
    picture.upload(picture_size, picture, size, api_name="good_size")
    # Neither of these has a name, so neither may become an endpoint.
    first.blur(lambda text: text, first, greeting)
    table = gr.Dataframe([[1, 2]], label="Table")
    table.select(chosen, None, greeting)

    @gr.render(inputs=second)
    def mirrored(text):
        again = gr.Button(f"Mirror {text[::-1]}", elem_id="good-mirror")
        again.click(lambda: text[::-1], None, greeting)
