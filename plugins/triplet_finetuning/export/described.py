"""What the files of a result tell of the run, without a name of a person or a picture."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugins.triplet_finetuning.data.picture_set import PictureSet
    from weights import Card

PACKAGES = ("torch", "timm", "pytorch-metric-learning", "numpy")


@dataclass(frozen=True)
class Data:
    """What the pictures were, in numbers.

    Attributes:
        title, source: As everyone may know them; "" for pictures of one's own.
        argument: What stands for them in the command that repeats the run.
        training_identities, training_pictures, test_identities, test_pictures: How many.
        skipped: How many pictures were left out.
    """

    title: str = ""
    source: str = ""
    argument: str = "DATA"
    training_identities: int = 0
    training_pictures: int = 0
    test_identities: int = 0
    test_pictures: int = 0
    skipped: int = 0

    @classmethod
    def of(cls, training: PictureSet, held_out: PictureSet, public: str = "") -> Data:
        """Count the two parts of one set.

        Args:
            public: What stands for the set in the command, where everyone can have it ("digits").
                "": the pictures are one's own, and what they and their folder are called stays
                here.
        """
        return cls(
            training.title if public else "",
            training.source if public else "",
            public or "DATA",
            len(training.names),
            len(training),
            len(held_out.names),
            len(held_out),
            len(training.skipped),
        )


@dataclass(frozen=True)
class Base:
    """What the run started from; `repo` is its Hub repository, "" where it has none."""

    name: str
    licence: str = ""
    training_data: str = ""
    repo: str = ""

    @classmethod
    def of(cls, card: Card | None) -> Base:
        """The base of a backbone's card; None: the small ConvNet with random weights."""
        if card is None:
            return cls("small_convnet", "", "none: it started from random weights")
        return cls(card.name, card.licence, card.training_data, card.repo)


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that compute a run."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
