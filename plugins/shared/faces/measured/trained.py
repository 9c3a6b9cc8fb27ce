"""What was measured of a network that a visitor trained, and pictures to try it on.

It is kept beside the weights: as long as the host keeps the network's card, and no longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from plugins.shared.faces.align import revision_of
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.measured.stored_curves import StoredCurve, stored_curves
from plugins.shared.faces.view import bundled
from plugins.shared.files.pictures import Picture
from plugins.shared.page.html_parts import data_uri, shelf
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from weights import Card

MOST_EXAMPLES = 12
OFFERED = "Pictures that were held out of the training"


@dataclass(frozen=True)
class Trained:
    """What is known of a trained network beside its card."""

    curve: StoredCurve
    examples: tuple[Picture, ...]


_kept: WeakKeyDictionary[Card, Trained] = WeakKeyDictionary()


def remember(card: Card, curve: StoredCurve, examples: tuple[Picture, ...]) -> None:
    """Keep a network's operating curves and examples until the host drops the network.

    Args:
        card: The very card that `ctx.adopt` returned.
        curve: Measured on identities that the network was not trained on, in every distance.
        examples: Pictures to offer instead of the bundled faces; the first 12 are kept, and the
            pages open with the first two.

    Raises:
        ParagoneError: A distance was not measured.
    """
    if missing := [name for name in METRICS if name not in curve.by_metric]:
        raise ParagoneError("A distance was not measured", where=", ".join(missing))
    _kept[card] = Trained(curve, examples[:MOST_EXAMPLES])


def curves_of(card: Card) -> tuple[StoredCurve, ...]:
    """The operating curves that were measured with exactly these weights."""
    known = _kept.get(card)
    return (known.curve,) if known else stored_curves(card.name, revision_of(card))


def examples_of(card: Card) -> dict[str, Picture]:
    """A trained network's own examples, by their keys on the page; empty for any other."""
    known = _kept.get(card)
    return {f"own-{i}": one for i, one in enumerate(known.examples)} if known else {}


def offered(card: Card) -> str:
    """Buttons with the pictures to try a network on: its own, or the bundled ones."""
    own = examples_of(card)
    if not own:
        return bundled()
    thumbnails = [(key, one.name, data_uri(one.pixels, 96)) for key, one in own.items()]
    return shelf(thumbnails, OFFERED)
