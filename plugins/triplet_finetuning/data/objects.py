"""Objects: 24 categories of Caltech-101 with 20 pictures each, in one WebP of 1 MB.

`python -m plugins.triplet_finetuning.data.make_objects FOLDER` cuts it from the published pictures.
The categories were chosen as those whose pictures resemble each other in colour and shape, so that
a small network learns from a few hundred of them within a minute; without people, brands and
pictures that Caltech-101 had turned.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from plugins.triplet_finetuning.data.picture_set import PictureSet
from weights.messages import say

FILE = Path(__file__).with_name("built_in") / "objects.webp"
SOURCE = (
    "Caltech-101 (Li, Andreeto, Ranzato, Perona; CaltechDATA 2022), CC BY 4.0; cut square and "
    "reduced to 96 px"
)
NAMES = (
    "chandelier", "dolphin", "dragonfly", "flamingo", "grand piano", "hawksbill", "ketch", "lamp",
    "leopard", "lotus", "metronome", "octopus", "okapi", "pigeon", "pizza", "pyramid", "starfish",
    "stegosaurus", "stop sign", "strawberry", "sunflower", "windsor chair", "wrench", "yin yang",
)  # fmt: skip
HELD_OUT = (
    "grand piano", "lamp", "leopard", "metronome", "pizza", "starfish", "strawberry", "sunflower",
)  # fmt: skip
"""Never trained on; chosen so that what a small network gains on them is seen (README.md)."""
EACH, SIDE = 20, 96


@lru_cache(maxsize=3)
def objects(size: int = 32) -> PictureSet:
    """All pictures, `size` px wide and high."""
    sheet = np.asarray(Image.open(FILE).convert("RGB"))
    cells = sheet.reshape(len(NAMES), SIDE, EACH, SIDE, 3).transpose(0, 2, 1, 3, 4)
    cells = cells.reshape(-1, SIDE, SIDE, 3)
    chips = np.stack([_scaled(cell, size) for cell in cells])
    shown = cells if size < SIDE else None
    labels = np.repeat(np.arange(len(NAMES)), EACH)
    files = tuple(
        say("{name}, picture {n}", name=say(name), n=i + 1) for name in NAMES for i in range(EACH)
    )
    return PictureSet(
        "objects", SOURCE, chips, labels, NAMES, files, f"whole-{size}", large=shown, worded=True
    )


def _scaled(cell: np.ndarray, size: int) -> np.ndarray:
    if size == SIDE:
        return np.ascontiguousarray(cell)
    return np.array(Image.fromarray(cell).resize((size, size), Image.Resampling.LANCZOS))
