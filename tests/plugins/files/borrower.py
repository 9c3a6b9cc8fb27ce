"""A third party's plug-in that trusts what gradio gives it: it reads a file and deletes it."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import numpy as np
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(
        name="borrower",
        title="Borrower",
        summary="Reads whatever file it is given.",
        build="borrower:build",
    )


def consumed(value) -> str:
    """Everything that a value leads to, as text; the files are gone afterwards."""
    if isinstance(value, dict):
        return " ".join(consumed(each) for each in value.values())
    if isinstance(value, (list, tuple)):
        return " ".join(consumed(each) for each in value)
    if isinstance(value, str) and 0 < len(value) < 500 and Path(value).is_file():
        content = Path(value).read_bytes()
        Path(value).unlink()
        return content.decode("latin-1")
    return "" if value is None else f"value {value}"


def named(value: dict | list) -> str:
    if isinstance(value, list):
        return " ".join(named(each) for each in value)
    if isinstance(value, dict):
        return " ".join([consumed(value.get("path")), *(named(each) for each in value.values())])
    return ""


def mean_colour(picture) -> str:
    return "" if picture is None else str(picture.reshape(-1, picture.shape[-1]).mean(0).round())


def tile() -> np.ndarray:
    return np.full((4, 4, 3), (9, 8, 7), np.uint8)


def deleted(event: gr.DeletedFileData) -> str:
    return consumed(event.file.path)


def build(ctx):
    out = gr.Textbox(label="What was read")
    picture = gr.Image(label="picture")
    gr.Button("Look").click(mean_colour, picture, out, api_name="borrower")
    files = gr.File(file_count="multiple", label="files")
    for name, component in {
        "path": gr.Image(type="filepath", label="path"),
        "file": gr.File(label="file"),
        "files": files,
        "gallery": gr.Gallery(type="filepath", label="gallery"),
        "audio": gr.Audio(type="filepath", label="audio"),
        "video": gr.Video(label="video"),
        "model": gr.Model3D(label="model"),
        "message": gr.MultimodalTextbox(label="message"),
        "editor": gr.ImageEditor(type="filepath", label="editor"),
        "slider": gr.ImageSlider(type="filepath", label="slider"),
        "chat": gr.Chatbot(label="chat"),
        "upload": gr.UploadButton("Upload", label="upload"),
    }.items():
        gr.Button(name).click(consumed, component, out, api_name=f"borrower_{name}")
    json = gr.JSON(label="json")
    gr.Button("json").click(named, json, out, api_name="borrower_json")
    files.delete(deleted, None, out, api_name="borrower_deleted")
    made = gr.Image(label="made", format="png", interactive=False)
    gr.Button("Make").click(tile, None, made, api_name="borrower_make")
    gr.Button("Again").click(mean_colour, made, out, api_name="borrower_again")
