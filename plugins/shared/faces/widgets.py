"""Gradio pieces that the face tasks share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.context import Context

from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.engine import Engine
from plugins.shared.page.finished import Finished
from plugins.shared.page.html_parts import asset
from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN, ZipInput, html, offer

SEND_MOVE = """(value) => {{
  const detail = {{ channel: "{0}", {1}: value }};
  window.dispatchEvent(new CustomEvent("paragone-{1}", {{ detail }}));
}}"""
SEND_OWN = """(own, ...rest) => {
  const remembered = { names: [], chosen: "" };
  try {
    remembered.names = JSON.parse(sessionStorage.getItem("paragone-finetuned") || "[]");
    remembered.chosen = sessionStorage.getItem("paragone-choose") || "";
    sessionStorage.removeItem("paragone-choose");
  } catch {}
  return [remembered, ...rest];
}"""
"""The networks that the visitor fine-tuned in this browser tab (the newest first), and the one to
begin with, which is sent once; as the first input of a page's opening event."""
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


def send_moves(component: Any, name: str, channel: str, event: str = "input") -> None:
    """Send each new value of a component to the page's scripts that listen on this channel.

    Args:
        event: `input` for the visitor's own moves, `change` for those of the server too.
    """
    listen = getattr(component, event)
    listen(None, [component], None, js=SEND_MOVE.format(channel, name), **HIDDEN)


def own_networks() -> gr.JSON:
    """Carries the visitor's own networks between browser and server; not seen."""
    return gr.JSON(visible=False)


def network_choice(engine: Engine, elem_id: str) -> gr.Dropdown:
    """The networks by their titles."""
    choices = [(card.title, name) for name, card in engine.cards.items()]
    return gr.Dropdown(choices, value=engine.default, label="Network", elem_id=elem_id)


def offered_networks(engine: Engine, remembered: Any) -> dict:
    """What a face page shows once it is open: which networks can be had, in both of its parts, and
    what the browser shall remember; by the names of the page's parts.
    """
    own = engine.own(remembered)
    found, lost = engine.choices(own), engine.lost(own)
    shown = {"own": own.plain, **offer("model", found), **offer("laboratory_model", found)}
    return {**shown, "model": gr.Dropdown(found[0], info=lost or None)}


def threshold(metric: str, tau: float, channel: str, elem_id: str, info: str = "") -> gr.Slider:
    """The slider of tau; moving it redraws what listens on the channel, in the browser."""
    top, step = METRICS[metric].top, METRICS[metric].step
    slider = gr.Slider(
        0, top, tau, step=step, label="Threshold τ", elem_id=elem_id, min_width=260, info=info
    )
    send_moves(slider, "tau", channel)
    return slider


def set_input(limit: int, elem_id: str, label: str = "A zip with one folder a person") -> ZipInput:
    """A labelled set as a zip, or as a folder that the browser packs.

    Args:
        limit: The most bytes that are sent.
    """
    upload = ZipInput(label=label, file_types=[".zip"], elem_id=elem_id, height=140)
    html(
        html_template=FOLDER_PICKER,
        js_on_load=asset("folder.js"),
        limit=limit,
        target=f"#{elem_id}",
    )
    return upload


def wire_face_opening(
    events: Any,
    parts: Mapping[str, Any],
    inputs: list[Any],
    finished: Finished,
    laboratory: Any,
) -> None:
    """What happens when a face page is opened: the browser sends which networks it remembers, the
    page fills, and then says which networks can be had. As soon as the page is served, before it is
    opened, the default network is loaded.

    Args:
        events: Its `open` and `opened` are called.
        parts: What they change, by name: `own`, which carries the remembered names, among it.
        inputs: Of `open`, after the remembered names: the session, and settings.
        finished: What is found again when its visitor comes back.
        laboratory: The page's second part. `opened(session)` gives what it shows then, by the names
            of its `parts`; an event of its own would give it over a survey that has begun.
    """
    own = parts["own"]
    parts = {**parts, **_of_laboratory(laboratory.parts)}
    getattr(Context.root_block, "late", []).append(events.warm_up)

    def opens(remembered: Any, session: Any, *settings: Any) -> dict:
        shown = events.open(remembered, session, *settings)
        return {**shown, **_of_laboratory(laboratory.opened(session))}

    opening = Context.root_block.load(
        **named(finished.opening(opens), parts),
        inputs=[finished.name, own, *inputs],
        js=f"(name, ...rest) => [({finished.recall})(name)[0], ...({SEND_OWN})(...rest)]",
        **HIDDEN,
    )
    opened = opening.then(**named(events.opened, parts), inputs=[own], **HIDDEN)
    opened.then(None, [own], None, js=FORGET_GONE, **HIDDEN)


def _of_laboratory(named: Mapping[str, Any]) -> dict[str, Any]:
    """The names of both parts of a page in one."""
    return {f"laboratory_{name}": value for name, value in named.items()}
