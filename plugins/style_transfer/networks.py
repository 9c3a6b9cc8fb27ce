"""Which networks may judge: those of the catalogue, and any other ConvNet of timm by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugins.style_transfer.settings import BACKBONE
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from weights import Backbone


class Networks:
    """What the page and the endpoint ask of the host.

    Attributes:
        cards: The listed networks by name.
        default: What the page begins with.
    """

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.cards = {card.name: card for card in ctx.backbones()}
        self.default = BACKBONE if BACKBONE in self.cards else next(iter(self.cards))

    @property
    def titles(self) -> list[tuple[str, str]]:
        """The listed networks as (title, name)."""
        return [(card.title, name) for name, card in self.cards.items()]

    def choices(self) -> tuple[list[tuple[str, str]], str]:
        """`titles`, marked where a network cannot be had now, and a word on that."""
        states = {name: self.ctx.availability(name).ready for name in self.cards}
        missing = len(states) - sum(states.values())
        named = [(t if states[name] else f"{t} (unavailable)", name) for t, name in self.titles]
        words = f"{missing} of {len(states)} cannot be had now; paint with one to see why. "
        return named, words if missing else ""

    def backbone(self, name: str) -> Backbone:
        """A network by its name; loads it.

        Raises:
            ParagoneError: There is none, or it cannot be had.
        """
        name = (name or "").strip()
        try:
            return self.ctx.backbone(name)
        except LookupError as error:  # No name that the task accepts.
            todo = f"Name one that was trained on ImageNet: {', '.join(list(self.cards)[:4])}."
            what = "There is no such backbone here"
            raise ParagoneError(what, where=name[:60] or "backbone", todo=todo) from error
