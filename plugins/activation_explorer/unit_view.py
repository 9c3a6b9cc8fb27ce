"""A unit's page: its nine patches with their places, its map over a picture, what it wants to see.
HTML text only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.plots import number
from weights.messages import rich, say

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
) -> Markup:
    """What the unit is, and its link.

    Args:
        words: What a unit of this layer sees.
        address: Of the unit's page; empty where no link leads to it.
        pictures: Which pictures were looked at.
        asked: The visitor opened it, so that the address bar follows.
    """
    link = ""
    if address:
        link = Markup(
            '<p class="ae-link"><a href="./{}" data-address>Link to this unit</a>'
            '<button type="button" data-copy>Copy</button></p>'
        ).format(address)
    return Markup(
        '<div class="ae-heading" data-number="{unit}" data-layer="{layer}"{opened}>'
        "<div><h2>{before}{title}{after}</h2>"
        "<p>{about} {patches}</p></div>{link}</div>"
    ).format(
        unit=unit,
        layer=layer,
        opened=" data-open" if asked else "",
        before=_neighbour(layer, unit - 1, units, "‹"),
        after=_neighbour(layer, unit + 1, units, "›"),
        title=say("Unit {n}", n=unit),
        about=rich(
            "<code>{layer}</code> of {network}, one of {units:,} units; {sees}.",
            layer=layer,
            network=say(network),
            units=units,
            sees=words,
        ),
        patches=say("Patches from {pictures}.", pictures=say(pictures)),
        link=link,
    )


def _neighbour(layer: str, unit: int, units: int, sign: str) -> Markup:
    off = "" if 0 <= unit < units else " disabled"
    return Markup(
        '<button type="button" data-layer="{layer}" data-unit="{unit}" '
        'aria-label="{label}"{off}>{sign}</button>'
    ).format(layer=layer, unit=unit, label=say("Unit {n}", n=unit), off=off, sign=sign)


def patches(places: Sequence[Place], silent: bool) -> Markup:
    """The nine patches, large, each beside its source; a card is a button."""
    if silent:
        words = "This unit fires on none of these pictures. Its patches say nothing."
        return Markup('<p class="ae-silent pv-empty">{}</p>').format(words)
    top = max((abs(place.value) for place in places), default=1.0) or 1.0
    cards = Markup().join(_card(i, place, top) for i, place in enumerate(places, 1))
    return Markup('<div class="ae-cards">{}</div>').format(cards)


def _card(rank: int, place: Place, top: float) -> Markup:
    left, up, width, height = place.box
    share = 100 * min(max(place.value / top, 0), 1)
    value, alt = number(place.value, 2), say("Patch {n}", n=rank)
    label = say(
        "Patch {n} of {picture}, activation {value}: its map",
        n=rank,
        picture=say(place.name),
        value=value,
    )
    box = f"left:{left:.2f}%;top:{up:.2f}%;width:{width:.2f}%;height:{height:.2f}%"
    return Markup(
        '<button type="button" class="ae-card" data-picture="{place.picture}" '
        'aria-label="{label}">'
        '<span class="ae-pair"><span class="ae-patch"><img src="{place.patch}" alt="{alt}">'
        '</span><span class="ae-source"><img src="{place.source}" alt="{place.name}">'
        '<i style="{box}"></i></span></span>'
        '<span class="ae-bar"><i style="width:{share:.1f}%"></i></span>'
        '<span class="ae-words"><b>{value}</b><small>{place.name}</small></span>'
        "</button>"
    ).format(place=place, label=label, alt=alt, value=value, box=box, share=share)


def map_view(picture: np.ndarray, over: np.ndarray, name: str, peak: float, top: float) -> Markup:
    """A picture, and the same with the unit's activation map over it.

    Args:
        peak: The strongest activation in this picture; `top`: in all pictures of the survey.
    """
    words = (
        "At most {peak}, {share:.0f} % of its top value {top}." if top > 0 else "At most {peak}."
    )
    share = 100 * peak / top if top > 0 else 0
    words = say(words, peak=number(peak, 2), share=share, top=number(top, 2))
    words = words if peak > 0 else "It does not fire here."
    return Markup(
        '<div class="ae-map"><div class="ae-two">'
        '<img src="{picture}" alt="{name}">'
        '<img src="{over}" alt="{alt}"></div>'
        '<p class="pv-caption">{name}</p><p class="pv-small">{words}</p>'
        '<p class="ae-scale"><span>0</span><i></i><span>its top value</span></p></div>'
    ).format(
        picture=data_uri(picture, SHOWN),
        name=name,
        alt=say("Activation map over {picture}", picture=say(name)),
        over=data_uri(over, SHOWN),
        words=words,
    )


def no_map() -> Markup:
    """Before a picture was chosen."""
    words = "Click a patch above, or choose a picture: the unit's map over it appears here."
    return Markup('<p class="pv-empty">{}</p>').format(words)


def dream(picture: np.ndarray | None, words: str, running: bool = False) -> Markup:
    """What optimisation has made so far for the unit."""
    shown = Markup('<div class="ae-blank"></div>')
    if picture is not None:
        shown = Markup('<img src="{}" alt="What excites the unit most">').format(
            data_uri(picture, SHOWN)
        )
    state = "running" if running else "idle" if picture is None else "done"
    return Markup(
        '<div class="ae-dream" data-state="{}">{}<p class="pv-small">{}</p></div>'
    ).format(state, shown, words)
