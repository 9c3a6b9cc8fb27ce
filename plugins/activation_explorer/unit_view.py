"""A unit's page: its nine patches with their places, its map over a picture, what it wants to see.
HTML text only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.plots import number

SOURCE = 150
"""Longest side of a source picture beside its patch."""
SHOWN = 480
"""Longest side of a picture with a map over it."""


@dataclass(frozen=True)
class Place:
    """One of a unit's nine patches, ready to be shown.

    Attributes:
        patch, source: The patch and the picture it comes from, as data URIs.
        box: (left, top, width, height) in the source, in per cent.
        picture: The number of the source in its set.
    """

    patch: str
    source: str
    box: tuple[float, float, float, float]
    value: float
    name: str
    picture: int


def percent_box(box: Sequence[int], shape: Sequence[int]) -> tuple[float, float, float, float]:
    """(top, left, bottom, right) as left, top, width and height in per cent of a picture, cut at
    its border.
    """
    height, width = shape[:2]
    top, bottom = (min(max(y, 0), height) for y in (box[0], box[2]))
    left, right = (min(max(x, 0), width) for x in (box[1], box[3]))
    return (
        100 * left / width,
        100 * top / height,
        100 * (right - left) / width,
        100 * (bottom - top) / height,
    )


def heading(
    network: str,
    layer: str,
    unit: int,
    units: int,
    words: str,
    address: str,
    pictures: str,
    asked: bool = False,
) -> str:
    """What the unit is, and its link.

    Args:
        words: What a unit of this layer sees.
        address: Of the unit's page; empty where no link leads to it.
        pictures: Which pictures were looked at.
        asked: The visitor opened it, so that the address bar follows.
    """
    link = ""
    if address:
        link = (
            f'<p class="ae-link"><a href="./{escape(address)}" data-address>Link to this unit</a>'
            '<button type="button" data-copy>Copy</button></p>'
        )
    return (
        f'<div class="ae-heading" data-number="{unit}" data-layer="{escape(layer)}"'
        f"{' data-open' if asked else ''}>"
        f"<div><h2>{_neighbour(layer, unit - 1, units, '‹')}Unit {unit}"
        f"{_neighbour(layer, unit + 1, units, '›')}</h2>"
        f"<p><code>{escape(layer)}</code> of {escape(network)}, one of {units:,} units; {words}. "
        f"Patches from {escape(pictures)}.</p></div>{link}</div>"
    )


def _neighbour(layer: str, unit: int, units: int, sign: str) -> str:
    off = "" if 0 <= unit < units else " disabled"
    return (
        f'<button type="button" data-layer="{escape(layer)}" data-unit="{unit}" '
        f'aria-label="Unit {unit}"{off}>{sign}</button>'
    )


def patches(places: Sequence[Place], silent: bool) -> str:
    """The nine patches, large, each beside its source; a card is a button."""
    if silent:
        words = "This unit fires on none of these pictures. Its patches say nothing."
        return f'<p class="ae-silent pv-empty">{words}</p>'
    top = max((abs(place.value) for place in places), default=1.0) or 1.0
    cards = "".join(_card(i, place, top) for i, place in enumerate(places, 1))
    return f'<div class="ae-cards">{cards}</div>'


def _card(rank: int, place: Place, top: float) -> str:
    left, up, width, height = place.box
    name = escape(place.name)
    share = 100 * min(max(place.value / top, 0), 1)
    box = f"left:{left:.2f}%;top:{up:.2f}%;width:{width:.2f}%;height:{height:.2f}%"
    return (
        f'<button type="button" class="ae-card" data-picture="{place.picture}" '
        f'aria-label="Patch {rank} of {name}, activation {number(place.value, 2)}: its map">'
        f'<span class="ae-pair"><span class="ae-patch"><img src="{place.patch}" alt="Patch {rank}">'
        f'</span><span class="ae-source"><img src="{place.source}" alt="{name}">'
        f'<i style="{box}"></i></span></span>'
        f'<span class="ae-bar"><i style="width:{share:.1f}%"></i></span>'
        f'<span class="ae-words"><b>{number(place.value, 2)}</b><small>{name}</small></span>'
        "</button>"
    )


def map_view(picture: np.ndarray, over: np.ndarray, name: str, peak: float, top: float) -> str:
    """A picture, and the same with the unit's activation map over it.

    Args:
        peak: The strongest activation in this picture; `top`: in all pictures of the survey.
    """
    share = f", {100 * peak / top:.0f} % of its top value {number(top, 2)}" if top > 0 else ""
    words = f"At most {number(peak, 2)}{share}." if peak > 0 else "It does not fire here."
    return (
        '<div class="ae-map"><div class="ae-two">'
        f'<img src="{data_uri(picture, SHOWN)}" alt="{escape(name)}">'
        f'<img src="{data_uri(over, SHOWN)}" alt="Activation map over {escape(name)}"></div>'
        f'<p class="pv-caption">{escape(name)}</p><p class="pv-small">{words}</p>'
        '<p class="ae-scale"><span>0</span><i></i><span>its top value</span></p></div>'
    )


def no_map() -> str:
    """Before a picture was chosen."""
    words = "Click a patch above, or choose a picture: the unit's map over it appears here."
    return f'<p class="pv-empty">{words}</p>'


def dream(picture: np.ndarray | None, words: str, running: bool = False) -> str:
    """What optimisation has made so far for the unit."""
    shown = '<div class="ae-blank"></div>'
    if picture is not None:
        shown = f'<img src="{data_uri(picture, SHOWN)}" alt="What excites the unit most">'
    state = "running" if running else "idle" if picture is None else "done"
    return (
        f'<div class="ae-dream" data-state="{state}">{shown}'
        f'<p class="pv-small">{escape(words)}</p></div>'
    )
