"""Which networks a page offers: those of the catalogue that its task accepts, and more by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from weights import Backbone, Card

Titles = list[tuple[str, str]]


class NetworkChoice:
    """What the page and the endpoint of a task ask of the host.

    Args:
        ctx: The task's context.
        preferred: The name that the page begins with, where it is listed.

    Attributes:
        cards: The listed networks by name. Any other timm name that the task accepts works too.
        default: What the page begins with.
    """

    def __init__(self, ctx: Any, preferred: str):
        self.ctx = ctx
        self.cards = {card.name: card for card in ctx.backbones()}
        self.default = preferred if preferred in self.cards else next(iter(self.cards))

    @property
    def titles(self) -> Titles:
        """The listed networks as (title, name)."""
        return titles_of(self.cards, self.default)

    def choices(self) -> tuple[Titles, str]:
        """`titles`, marked where a network cannot be had now, and a sentence on that."""
        return marked(self.ctx, self.titles)

    def backbone(self, name: str) -> Backbone:
        """A network by its name; loads it.

        Raises:
            ParagoneError: There is none, or it cannot be had.
        """
        name = (name or "").strip()
        try:
            return self.ctx.backbone(name)
        except LookupError as error:  # No name that the task accepts.
            named = ", ".join(list(self.cards)[:4])
            todo = say("Name one that was trained on ImageNet, such as {named}.", named=named)
            what = "There is no such network here"
            raise ParagoneError(what, where=name[:60] or "backbone", todo=todo) from error


def titles_of(cards: Mapping[str, Card], default: str = "") -> Titles:
    """Networks as (title, name), each once: a packaged twin stands in by itself where it must.

    Args:
        default: A name that is listed in any case.
    """
    twins = {card.twin for card in cards.values()} - {default}
    return [(card.title, name) for name, card in cards.items() if name not in twins]


def marked(ctx: Any, titles: Titles, own: frozenset[str] = frozenset()) -> tuple[Titles, str]:
    """Networks as (title, name), marked where one cannot be had now, and a sentence on that.

    Args:
        own: Names of the visitor's own networks, which are in memory.
    """
    states = {name: ctx.availability(name).ready for _, name in titles if name not in own}
    named = [
        (title if states.get(name, True) else say("{title} (unavailable)", title=title), name)
        for title, name in titles
    ]
    missing = len(states) - sum(states.values())
    words = say(
        "{missing} of {states} cannot be had now; choose one to see why.",
        missing=missing,
        states=len(states),
    )
    return named, words if missing else ""
