"""Which units fire most at a place of a picture. HTML text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.plots import number

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
) -> str:
    """The picture, the clicked place (shares 0..1 across and down), each layer's field there."""
    boxes = "".join(
        f'<i class="ae-at" data-at="{i}" style="left:{left:.2f}%;top:{top:.2f}%;'
        f'width:{width:.2f}%;height:{height:.2f}%"></i>'
        for i, (left, top, width, height) in enumerate((each.box for each in found), 1)
    )
    cross = ""
    if place is not None:
        at = f"left:{100 * place[0]:.2f}%;top:{100 * place[1]:.2f}%"
        cross = f'<b class="ae-cross" style="{at}"></b>'
    return (
        '<div class="ae-place"><div class="ae-canvas" data-place tabindex="0" role="button" '
        f'aria-label="{escape(name)}: choose a place"><img src="{data_uri(picture, SHOWN)}" '
        f'alt="{escape(name)}" draggable="false">{boxes}{cross}</div>'
        f'<p class="pv-caption">{escape(name)}</p><p class="pv-small">{HINT}</p></div>'
    )


def hits_view(found: Sequence[Hits]) -> str:
    """The units of each layer, the strongest first; a unit is a button."""
    if not found:
        return f'<p class="pv-empty ae-hits">{HINT} The units that fire most there appear here.</p>'
    rows = "".join(_row(i, each) for i, each in enumerate(found, 1))
    words = "Ordered by the activation there, as a share of the unit's own top value."
    return f'<div class="ae-hits">{rows}<p class="pv-small">{words}</p></div>'


def _row(place: int, hits: Hits) -> str:
    units = "".join(_hit(hits.layer, hit) for hit in hits.units)
    units = units or '<p class="pv-small">No unit of this layer fires here.</p>'
    return (
        f'<section data-layer="{escape(hits.layer)}"><h2><i class="ae-key" data-at="{place}"></i>'
        f"Layer {place} <code>{escape(hits.layer)}</code></h2>"
        f'<div class="ae-row">{units}</div></section>'
    )


def _hit(layer: str, hit: Hit) -> str:
    label = f"Unit {hit.unit} of {layer}: {number(hit.value, 2)}, {100 * hit.share:.0f} %"
    return (
        f'<button type="button" class="ae-unit" data-layer="{escape(layer)}" '
        f'data-unit="{hit.unit}" title="{escape(label)}" aria-label="{escape(label)}">'
        f'<img src="{hit.sheet}" alt=""><span>{hit.unit}</span>'
        f"<small>{100 * hit.share:.0f} %</small></button>"
    )
