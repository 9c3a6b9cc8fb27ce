"""Where the weights of a network come from: one line, and the rest folded behind it."""

from __future__ import annotations

from markupsafe import Markup

from weights import Origin
from weights.messages import rich, say

PLACES = {
    "hub": "from the Hub",
    "cache": "from the Hub, cached",
    "package": "packaged",
    "local": "from a local path",
    "session": "fine-tuned in this visit",
}
"""In a word or two, by `Origin.via`."""


def provenance(line: Markup | str, more: Markup | str, stand_in: bool = False) -> Markup:
    """One line, and what is folded behind its word "details".

    Args:
        stand_in: Another network runs than was chosen: that is seen at once.
    """
    opened = Markup('<details class="pv-model">')
    if stand_in:
        opened = Markup('<details class="pv-model pv-stand-in" open>')
    return Markup("{}<summary>{} · <u>{}</u></summary><div>{}</div></details>").format(
        opened, line, say("details"), more
    )


def of_weights(title: str, origin: Origin, licence: str, more: Markup | str) -> Markup:
    """The provenance of weights that the catalogue knows, or that the visitor trained.

    Args:
        title: The network's.
        licence: As on its card; what stands in parentheses is for the details.
    """
    line = named_weights(title, PLACES[origin.via], licence)
    return provenance(line, more, stand_in=bool(origin.why))


def named_weights(title: str, place: str, licence: str) -> Markup:
    """Network, place and licence in a line; the licence is "" where there is none."""
    named = {"network": say(title), "place": say(place)}
    if not licence:
        return rich("<b>{network}</b>, {place}", **named)
    short = say(licence.partition(" (")[0])
    return rich("<b>{network}</b>, {place}, {licence}", licence=short, **named)
