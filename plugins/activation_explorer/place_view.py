"""Which units fire most at a place of a picture. HTML text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.plots import number
from weights.messages import say

SHOWN = 640
HINT = "Click a place in the picture."


@dataclass(frozen=True)
class Hit:
    """A unit that fires at the place.

    Attributes:
        value: Its activation there; `share`: of its top value over all pictures of the survey.
        sheet: Its nine patches as a data URI.
    """

    unit: int
    value: float
    share: float
    sheet: str


@dataclass(frozen=True)
class Hits:
    """A layer's units that fire most at the place.

    Attributes:
        box: (left, top, width, height) of the position's receptive field, in per cent.
    """

    layer: str
    box: tuple[float, float, float, float]
    units: Sequence[Hit]


def picture_view(
    picture: np.ndarray, name: str, place: tuple[float, float] | None, found: Sequence[Hits] = ()
) -> Markup:
    """The picture, the clicked place (shares 0..1 across and down), each layer's field there."""
    boxes = Markup().join(
        Markup(
            '<i class="ae-at" data-at="{}" style="left:{:.2f}%;top:{:.2f}%;'
            'width:{:.2f}%;height:{:.2f}%"></i>'
        ).format(i, *each.box)
        for i, each in enumerate(found, 1)
    )
    cross = ""
    if place is not None:
        at = f"left:{100 * place[0]:.2f}%;top:{100 * place[1]:.2f}%"
        cross = Markup('<b class="ae-cross" style="{}"></b>').format(at)
    return Markup(
        '<div class="ae-place"><div class="ae-canvas" data-place tabindex="0" role="button" '
        'aria-label="{choose}"><img src="{picture}" '
        'alt="{name}" draggable="false">{boxes}{cross}</div>'
        '<p class="pv-caption">{name}</p><p class="pv-small">{hint}</p></div>'
    ).format(
        name=name,
        choose=say("{picture}: choose a place", picture=say(name)),
        picture=data_uri(picture, SHOWN),
        boxes=boxes,
        cross=cross,
        hint=HINT,
    )


def hits_view(found: Sequence[Hits]) -> Markup:
    """The units of each layer, the strongest first; a unit is a button."""
    if not found:
        return Markup('<p class="pv-empty ae-hits">{} {}</p>').format(
            say(HINT), say("The units that fire most there appear here.")
        )
    rows = Markup().join(_row(i, each) for i, each in enumerate(found, 1))
    words = "Ordered by the activation there, as a share of the unit's own top value."
    return Markup('<div class="ae-hits">{}<p class="pv-small">{}</p></div>').format(rows, words)


def _row(place: int, hits: Hits) -> Markup:
    units = Markup().join(_hit(hits.layer, hit) for hit in hits.units)
    units = units or Markup('<p class="pv-small">No unit of this layer fires here.</p>')
    return Markup(
        '<section data-layer="{layer}"><h2><i class="ae-key" data-at="{place}"></i>'
        "{title} <code>{layer}</code></h2>"
        '<div class="ae-row">{units}</div></section>'
    ).format(layer=hits.layer, place=place, title=say("Layer {n}", n=place), units=units)


def _hit(layer: str, hit: Hit) -> Markup:
    label = say(
        "Unit {unit} of {layer}: {value}, {share:.0f} %",
        unit=hit.unit,
        layer=layer,
        value=number(hit.value, 2),
        share=100 * hit.share,
    )
    return Markup(
        '<button type="button" class="ae-unit" data-layer="{layer}" '
        'data-unit="{unit}" title="{label}" aria-label="{label}">'
        '<img src="{sheet}" alt=""><span>{unit}</span>'
        "<small>{share:.0f} %</small></button>"
    ).format(layer=layer, unit=hit.unit, label=label, sheet=hit.sheet, share=100 * hit.share)
