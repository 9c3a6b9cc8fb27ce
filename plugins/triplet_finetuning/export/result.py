"""The result of a fine-tuning run: what it is, how it came about, how good it is; read from files.

No name of a person and no name of a picture is in any of them: a `Result` does not know them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plugins.shared.classification.safetensors_bytes import packed
from plugins.shared.page.versions import versions
from plugins.triplet_finetuning.export import tensors
from plugins.triplet_finetuning.export.plain import ResultError, plain, read_json
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.history import Row, read_losses
from weights.messages import say

if TYPE_CHECKING:
    from torch import Tensor

    from plugins.triplet_finetuning.data.picture_set import PictureSet
    from weights import Card

MODEL, HEADS, ABOUT = "model.safetensors", "heads.safetensors", "config.json"
SETTINGS, FIGURES, LOSSES, CARD = "settings.json", "figures.json", "losses.csv", "README.md"
FILES = (MODEL, HEADS, SETTINGS, FIGURES, LOSSES, CARD, ABOUT)
"""Every file that a result may consist of. `ABOUT` is written last: without it there is none."""
FORMAT = "paragone-triplet-1"
TOGETHER = "Use the files of one result together, as they were written."
PACKAGES = ("torch", "timm", "pytorch-metric-learning", "numpy")


@dataclass(frozen=True)
class Data:
    """What the pictures were, in numbers.

    Attributes:
        title, source: As everyone may know them; "" for pictures of your own.
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


@dataclass(frozen=True, eq=False)
class Result:
    """A fine-tuned encoder, and what is known of it.

    Attributes:
        config: `Encoder.config()`: what rebuilds the encoder beside the tensors.
        state: Its tensors by name, those of step `best_step`.
        settings: Of the run.
        figures: Numbers in tables and lists; `before` and `after` hold measures on the held-out
            identities, each a number or [number, low, high] with its 95 % interval.
        data: The pictures, in numbers.
        base: What the run started from.
        date: Of the run, YYYY-MM-DD.
        best_step: The step whose tensors were kept.
        curve: What every step told.
        heads: Siamese heads by kind, each with its arrays by name.
        versions: Of Python and the packages that computed it.
    """

    config: dict[str, Any]
    state: Mapping[str, Tensor] = field(repr=False)
    settings: Settings
    figures: dict[str, Any]
    data: Data
    base: Base
    date: str
    best_step: int = 0
    curve: tuple[Row, ...] = field(default=(), repr=False)
    heads: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict, repr=False)
    versions: dict[str, str] = field(default_factory=partial(versions, PACKAGES))

    def __post_init__(self) -> None:
        for name in ("config", "figures"):
            object.__setattr__(self, name, plain(getattr(self, name)))
        if _holds_text(self.figures):
            what = "They hold a text, which could be a name"
            raise ResultError(what, where="figures", todo="Give numbers only.")


def digest(result: Result) -> str:
    """SHA-256 of the file with the encoder's tensors, in hexadecimal."""
    return hashlib.sha256(packed(result.state, result.config)).hexdigest()


def load(folder: str | Path) -> Result:
    """Read a result and check that its files belong together; nothing in them is executed.

    Raises:
        ResultError: A file is missing, is no such file, or is not the one that was written.
    """
    folder = Path(folder)
    about = read_json(folder / ABOUT)
    if about.get("format") != FORMAT:
        what = say(
            "It is no result of a fine-tuning run that this version reads ({format})", format=FORMAT
        )
        raise ResultError(what, where=str(folder / ABOUT), todo=TOGETHER)
    try:
        digests = about["sha256"]
        state, config = tensors.read(folder / MODEL, digests[MODEL])
        if config != about["encoder"]:
            what = "The encoder it describes is not the one in the tensors' file"
            raise ResultError(what, where=str(folder / ABOUT), todo=TOGETHER)
        heads: dict[str, dict[str, np.ndarray]] = {}
        if HEADS in digests:
            for name, tensor in tensors.read(folder / HEADS, digests[HEADS])[0].items():
                kind, _, part = name.partition("/")
                heads.setdefault(kind, {})[part] = tensor.numpy()
        return Result(
            about["encoder"],
            state,
            Settings.from_plain(read_json(folder / SETTINGS)),
            read_json(folder / FIGURES),
            Data(**about["data"]),
            Base(**about["base"]),
            about["date"],
            about["best_step"],
            read_losses(folder / LOSSES),
            heads,
            about["versions"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        what = say("A field is missing or of another kind: {error}", error=error)
        raise ResultError(what, where=str(folder / ABOUT), todo=TOGETHER) from error


def _holds_text(value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, str) or (isinstance(value, list) and any(map(_holds_text, value)))
