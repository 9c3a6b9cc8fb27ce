"""Which networks a page offers: those of the catalogue that its task accepts, and more by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

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

    def choices(self) -> tuple[Titles, Markup]:
        """What the menu offers now, and what is listed apart; see `offered_in_menu`."""
        return offered_in_menu(self.ctx, self.titles)

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


def offered_in_menu(
    ctx: Any, titles: Titles, own: frozenset[str] = frozenset()
) -> tuple[Titles, Markup]:
    """The networks of a menu that can be had now, as (title, name), and, folded, those that cannot,
    with the reasons: HTML, empty where there are none.

    Args:
        own: Names that need not be looked up, such as those of the visitor's own networks.
    """
    found, missing = [], {}
    for title, name in titles:
        state = None if name in own else ctx.availability(name)
        if state is None or state.ready:
            found.append((title, name))
        else:
            missing.setdefault(state.why, []).append(title)
    if not missing:
        return found, Markup()
    many = sum(map(len, missing.values()))
    summary = say("{n} more cannot be had now", n=many)
    rows = Markup().join(
        Markup("<p>{}</p><ul>{}</ul>").format(
            why, Markup().join(Markup("<li>{}</li>").format(title) for title in named)
        )
        for why, named in missing.items()
    )
    return found, Markup('<details class="pv-apart"><summary>{}</summary>{}</details>').format(
        summary, rows
    )
