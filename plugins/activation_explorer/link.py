"""The address of a unit: `?page=activation-explorer&backbone=…&layer=…&unit=…`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from weights.errors import ParagoneError
from weights.messages import say

PAGE = "activation-explorer"
WHOLE = "A unit's link ends in backbone=…, layer=… and unit=…; copy it from that unit's page."


class LinkError(ParagoneError):
    """A link that leads to no unit."""


@dataclass(frozen=True)
class Link:
    """A unit, by the names of its network and its layer and by its number."""

    backbone: str
    layer: str
    unit: int

    @property
    def address(self) -> str:
        """From the front page, in a form that a Space hands on too."""
        parts = {"backbone": self.backbone, "layer": self.layer, "unit": self.unit}
        return f"?{urlencode({'page': PAGE, **parts})}"


def read_link(query: str) -> Link | None:
    """What the query of an address says; None where it speaks of no unit.

    Raises:
        LinkError: It names a part of a unit only, or a number that is none.
    """
    values = {name: values[-1] for name, values in parse_qs(query.lstrip("?")[:2000]).items()}
    parts = {name: values.get(name, "").strip() for name in ("backbone", "layer", "unit")}
    if not any(parts.values()):
        return None
    for name, value in parts.items():
        if not value:
            raise LinkError(say("The link names no {name}", name=name), where="link", todo=WHOLE)
    return Link(parts["backbone"], parts["layer"], whole_number(parts["unit"], "link"))


def whole_number(text: object, where: str) -> int:
    """The number of a unit.

    Raises:
        LinkError: It is none.
    """
    try:
        number = float(str(text))
        if number == int(number):
            return int(number)
    except (ValueError, OverflowError):
        pass
    todo = "Units are counted from 0: give a whole number."
    raise LinkError(
        say("{text} is no number of a unit", text=repr(str(text)[:40])), where=where, todo=todo
    )
