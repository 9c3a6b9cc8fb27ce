"""Gradio pieces that the face tasks share."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.context import Context

from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.engine import Engine
from plugins.shared.page.html_parts import asset
from plugins.shared.page.widgets import HIDDEN, PictureInput, ZipInput, html

TELL = """(value) => {{
  const detail = {{ channel: "{0}", {1}: value }};
  window.dispatchEvent(new CustomEvent("paragone-{1}", {{ detail }}));
}}"""
TELL_OWN = """(own, ...rest) => {
  const told = { names: [], chosen: "" };
  try {
    told.names = JSON.parse(sessionStorage.getItem("paragone-finetuned") || "[]");
    told.chosen = sessionStorage.getItem("paragone-choose") || "";
    sessionStorage.removeItem("paragone-choose");
  } catch {}
  return [told, ...rest];
}"""
"""The networks that the visitor fine-tuned in this browser tab (the newest first), and the one to
begin with, which is told once; as the first input of a page's opening event."""
FORGET_GONE = """(own) => {
  const gone = (own || {}).gone || [];
  try {
    const names = JSON.parse(sessionStorage.getItem("paragone-finetuned") || "[]");
    const kept = names.filter((name) => !gone.includes(name));
    if (gone.length) sessionStorage.setItem("paragone-finetuned", JSON.stringify(kept));
  } catch {}
}"""
FOLDER_PICKER = """
<label class="pv-folder">Or choose a folder <input type="file" webkitdirectory multiple></label>
<p class="pv-small" data-state></p>
"""


def tell(component: Any, name: str, channel: str, event: str = "input") -> None:
    """Let a component's moves be told to the page's scripts on this channel, and to nobody else.

    Args:
        event: `input` for the visitor's own moves, `change` for those of the server too.
    """
    listen = getattr(component, event)
    listen(None, [component], None, js=TELL.format(channel, name), **HIDDEN)


def own_networks() -> gr.JSON:
    """Carries the visitor's own networks between browser and server; not seen."""
    return gr.JSON(visible=False)


def network_choice(engine: Engine, elem_id: str) -> gr.Dropdown:
    """The networks by their titles."""
    choices = [(card.title, name) for name, card in engine.cards.items()]
    return gr.Dropdown(choices, value=engine.default, label="Network", elem_id=elem_id)


def threshold(metric: str, tau: float, channel: str, elem_id: str, info: str = "") -> gr.Slider:
    """The slider of tau; moving it redraws what listens on the channel, in the browser."""
    top, step = METRICS[metric].top, METRICS[metric].step
    slider = gr.Slider(
        0, top, tau, step=step, label="Threshold τ", elem_id=elem_id, min_width=260, info=info
    )
    tell(slider, "tau", channel)
    return slider


def picture_input(label: str, elem_id: str) -> PictureInput:
    """A picture by file, clipboard or camera; the camera stays off until it is asked for."""
    return PictureInput(
        label=label,
        height=150,
        image_mode=None,
        sources=["upload", "clipboard", "webcam"],
        elem_id=elem_id,
        buttons=[],
    )


def set_input(limit: int, elem_id: str) -> ZipInput:
    """A labelled set as a zip, or as a folder that the browser packs.

    Args:
        limit: The most bytes that are sent.
    """
    label = "A zip with one folder a person"
    upload = ZipInput(label=label, file_types=[".zip"], elem_id=elem_id, height=140)
    html(
        html_template=FOLDER_PICKER,
        js_on_load=asset("folder.js"),
        limit=limit,
        target=f"#{elem_id}",
    )
    return upload


def wire_face_opening(
    events: Any, own: Any, inputs: list[Any], outputs: list[Any], models: list[Any]
) -> None:
    """What happens when a face page is opened: the browser tells which networks it remembers, the
    page fills, and then says which networks can be had.

    Args:
        events: Its `open` and `opened` are called.
        own: The component that carries the remembered names.
        models: The dropdowns of networks; the first is filled by `open` too.
    """
    opening = Context.root_block.load(
        events.open, [own, *inputs], [own, models[0], *outputs], js=TELL_OWN, **HIDDEN
    )
    opened = opening.then(events.opened, [own], [own, *models], **HIDDEN)
    opened.then(None, [own], None, js=FORGET_GONE, **HIDDEN)
