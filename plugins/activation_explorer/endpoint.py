"""The named endpoint of the task: a unit's nine patches, for callers from code."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.activation_explorer.bench import check_unit
from plugins.activation_explorer.cache import key_for
from plugins.activation_explorer.events import RUN, Events
from plugins.activation_explorer.patches import Patch
from plugins.activation_explorer.session import Session
from plugins.activation_explorer.sources import BROUGHT, BUNDLED, bring, pictures_for
from plugins.activation_explorer.survey import Survey, survey
from plugins.shared.page.endpoint import enter, finish
from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.runs import Ticket
from plugins.shared.page.widgets import Upload, ZipInput
from weights.errors import ParagoneError


def build_endpoint(events: Events) -> None:
    """A unit in, its patches out; the page's own session is not touched."""

    def activation_explorer(
        backbone: str, layer: str = "", unit: int = 0, pictures: Upload | None = None
    ) -> dict:
        """Find the nine patches that excite a unit of a ConvNet most.

        Args:
            backbone: The network, such as tf_efficientnet_lite0.in1k.
            layer: One of its layers, such as blocks.2; empty: the middle one of five stages.
            unit: The channel of the layer, counted from 0.
            pictures: A zip of pictures to look at; none: the built-in ones.

        Returns:
            backbone, layer, layers (the names of all), unit, units, field (the receptive field's
            height and width in pixels), pictures (how many were looked at), size (their height and
            width) and patches: the strongest first, each with value (the activation), name and
            picture (of its source), box (top, left, bottom, right of the patch there, in pixels)
            and image (the patch as a data URI).
        """
        session = Session()
        try:
            network = events.bench.backbone(backbone)
            with events.runs.open(session) as ticket:
                with ticket.preparing():
                    chosen = events.bench.chosen(network, [layer] if layer else ())
                    name = chosen[len(chosen) // 2]
                    found = network.encoder().layer(name)
                    check_unit(unit, found.channels, name)
                    if pictures is not None:
                        bring(pictures, session, events.ctx.limits)
                looked = _surveyed(events, session, ticket, network, pictures is None, name)
            return {
                "backbone": network.card.name,
                "layer": name,
                "layers": [layer.name for layer in network.encoder().layers()],
                "unit": unit,
                "units": found.channels,
                "field": list(found.field.size),
                "pictures": len(looked.pictures),
                "size": list(looked.pictures.size),
                "patches": [_plain(patch) for patch in looked.patches(name, unit)],
            }
        finally:
            session.forget()

    with gr.Group(visible=False):
        given = [
            gr.Textbox(events.bench.default, label="backbone"),
            gr.Textbox("", label="layer"),
            gr.Number(0, precision=0, label="unit"),
            ZipInput(label="pictures"),
        ]
        enter(activation_explorer, given, RUN)


def _surveyed(
    events: Events, session: Session, ticket: Ticket, network: Any, common: bool, layer: str
) -> Survey:
    """The survey of one layer, from memory where it is kept."""
    pictures = pictures_for(session, BUNDLED if common else BROUGHT)
    key = key_for(network, pictures, (layer,))
    if common and (kept := events.surveys.get(key)) is not None:
        return kept
    looked = finish(ticket, survey(network, pictures, (layer,)), lambda: session.left)
    ticket.whole()
    if looked is None:
        raise ParagoneError("There are no pictures to look at", where="pictures")
    if common:
        events.surveys.put(key, looked)
    return looked


def _plain(patch: Patch) -> dict:
    return {
        "value": round(patch.value, 4),
        "name": patch.name,
        "picture": patch.picture,
        "box": list(patch.box),
        "image": data_uri(patch.crop),
    }
