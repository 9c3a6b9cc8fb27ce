"""Gradio pieces that several tasks share."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from plugins.shared.page.network_choice import NetworkChoice, Titles
from plugins.shared.page.upload_folder import discard

HIDDEN = {"api_visibility": "private", "show_progress": "hidden"}
NETWORK = {"concurrency_id": "network", "concurrency_limit": 2, **HIDDEN}
"""For events that run a network: two at a time in the whole house."""
FETCH = """() => {{
  const at = document.querySelector("#{0}-link");
  (at.closest("a") || at.querySelector("a") || at).click();{1}
}}"""
SAVED = "window.paragoneWork?.saved();"


@dataclass(frozen=True)
class Upload:
    """A file that a visitor brought, as it lies in Gradio's temp folder.

    Attributes:
        encoding: Of the names in an archive, as its visitor chose it; empty: as the archive says.
    """

    path: Path
    name: str
    encoding: str = ""

    @contextmanager
    def taken(self) -> Iterator[Path]:
        """The file for as long as the block runs; then it is deleted, whatever happened."""
        try:
            yield self.path
        finally:
            discard(self.path)


def _upload(payload: Any) -> Upload | None:
    if payload is None or not payload.path:
        return None
    path = Path(payload.path)
    return Upload(path, payload.orig_name or path.name)


INTO_MENU = """
const place = element.closest(".block");
const move = () => {
  const menu = document.getElementById("MENU");
  if (menu) menu.append(place);
  else if (place.isConnected) requestAnimationFrame(move);
};
move();
"""
"""The menu may come onto the page later than what is put into it."""


def html(value: Any = None, **kwargs: Any) -> gr.HTML:
    """A `gr.HTML` that wears the page's own style only."""
    return gr.HTML(value, apply_default_css=False, **kwargs)


class PictureInput(gr.Image):
    """`gr.Image` whose handler gets the untouched `Upload`, or None where the slot is empty.

    Gradio would decode the picture itself, and a text file named .jpg would end as a bare error;
    here our own reader sees the bytes first and says what is wrong.
    """

    is_template = True

    def preprocess(self, payload: Any) -> Upload | None:
        """Pass the upload on."""
        return _upload(payload)


class ZipInput(gr.File):
    """`gr.File` for one zip, whose handler gets the `Upload` with the visitor's name for it."""

    is_template = True

    def preprocess(self, payload: Any) -> Upload | None:
        """Pass the upload on."""
        return _upload(payload)


def backbone_input(choice: NetworkChoice, elem_id: str) -> gr.Dropdown:
    """A choice among the networks that a page offers, and of others by name."""
    return gr.Dropdown(
        choice.titles,
        value=choice.default,
        label="Backbone",
        info="Or type the name of any timm ConvNet.",
        allow_custom_value=True,
        elem_id=elem_id,
    )


def apart(elem_id: str) -> gr.HTML:
    """The networks that cannot be had now, folded into the line of their menu's label. Wherever it
    is built, the browser puts it into the menu of this `elem_id`.
    """
    place = f"{elem_id}-apart"
    move = INTO_MENU.replace("MENU", elem_id)
    return html(js_on_load=move, elem_id=place, elem_classes="pv-apart-place", padding=False)


def offer(name: str, offered: tuple[Titles, Markup]) -> dict[str, Any]:
    """A menu of networks brought up to date, and what is listed apart from it.

    Args:
        name: Of the menu among the parts of a page; its `apart` is `…_apart`.
    """
    titles, missing = offered
    return {name: gr.Dropdown(titles), f"{name}_apart": missing}


def download(
    label: str,
    make: Callable[..., Path],
    inputs: list[Any],
    elem_id: str,
    saves: bool = False,
    **options: Any,
) -> gr.Button:
    """A button that makes a file when it is asked for, and then lets the browser fetch it.

    Args:
        make: Called with a new private folder and the inputs; returns the file it wrote there.
        saves: Whoever has it may leave the page unasked (`finished.py`).
    """

    def write(*values: Any) -> str:
        folder = Path(link.GRADIO_CACHE) / secrets.token_hex(8)
        folder.mkdir(parents=True)
        return str(make(folder, *values))

    button = gr.Button(label, elem_id=elem_id, **options)
    link = gr.DownloadButton(elem_id=f"{elem_id}-link", elem_classes="pv-hidden")
    written = button.click(write, inputs, link, **HIDDEN)
    script = FETCH.format(elem_id, SAVED if saves else "")
    written.success(None, js=script, **HIDDEN)
    return button
