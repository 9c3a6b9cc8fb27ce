"""What a person may choose for a run, and the checks on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.shared.page.settings import Choices

if TYPE_CHECKING:
    from weights import Card

SCRATCH = "small_convnet"
"""The name of the small ConvNet that starts from random weights."""
MINING = {
    "all": "all that lose",
    "random": "random",
    "easy": "easy",
    "semihard": "semi-hard",
    "hard": "hard (batch-hard)",
}
NORMS = {"group": "group", "batch": "batch"}
DISTANCES = ("squared", "euclidean", "cosine")
ENCODING_SIZE = 128


@dataclass(frozen=True)
class Settings(Choices):
    """One run, wholly: with the same pictures and the same settings it runs the same.

    Attributes:
        backbone: A name of the catalogue, or `small_convnet`, which starts from random weights.
        layers: How many of the backbone's stages learn, counted from the output; 0: only the head;
            -1: all of them.
        norm: Of the small ConvNet: `group`, so that a batch that is shared out learns as a whole
            one, or `batch`, which learns more from objects (README.md).
        mining: Which triplets of a batch count: a key of `MINING`.
        warm_up: This many first steps take all triplets that lose; hard ones alone, from the start,
            collapse a network that knows nothing yet.
        margin: alpha of the triplet loss, in units of the distance.
        distance: `squared` (FaceNet, course), `euclidean`, `cosine`, between encodings of length 1.
        identities, pictures: P and K of a batch.
        rate: Learning rate of AdamW. `decay`: its weight decay.
        steps: At most this many.
        every: The held-out identities are looked at after this many steps.
        patience: Stop when this many of those evaluations brought no better recall@1; 0: never.
        augment: Whether pictures are shifted, turned and lit a little differently each time.
        test_share: Share of the identities that are held out, 0..1.
        seed: Of the split, the start, the batches and the augmentation.
    """

    backbone: str = SCRATCH
    layers: int = -1
    norm: str = "group"
    mining: str = "hard"
    warm_up: int = 50
    margin: float = 0.2
    distance: str = "squared"
    identities: int = 7
    pictures: int = 8
    rate: float = 1e-3
    decay: float = 1e-4
    steps: int = 300
    every: int = 25
    patience: int = 0
    augment: bool = True
    test_share: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (
            ("layers", -1, 64),
            ("warm_up", 0, 1_000_000),
            ("margin", 0, 4),
            ("identities", 2, 256),
            ("pictures", 2, 64),
            ("rate", 1e-7, 1),
            ("decay", 0, 1),
            ("steps", 1, 1_000_000),
            ("every", 1, 1_000_000),
            ("patience", 0, 1000),
            ("test_share", 0.05, 0.9),
            ("seed", 0, 2**31 - 1),
        ):
            self.check_number(name, least, most)
        for name, known in (
            ("mining", tuple(MINING)),
            ("distance", DISTANCES),
            ("norm", tuple(NORMS)),
        ):
            self.check_known(name, known)

    @property
    def batch(self) -> int:
        """Pictures a step."""
        return self.identities * self.pictures


def alignment_for(card: Card | None) -> str:
    """How the backbone wants its pictures cut: a face encoder as it was trained, any other network
    the whole picture.

    Args:
        card: Of the backbone; None: the small ConvNet that starts from random weights.
    """
    if card is None:
        return "whole-32"
    return card.alignment or "whole-112"
