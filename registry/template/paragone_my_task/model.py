"""The maths. It knows no page, and gets its network from its caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Likeness:
    """How alike two pictures are.

    Attributes:
        cosine: Of the angle between the two outputs, from -1 to 1.
        network: Which network was asked.
    """

    cosine: float
    network: str


def compare(first: np.ndarray, second: np.ndarray, backbone: Any) -> Likeness:
    """Compare what a network makes of two pictures.

    Args:
        first: uint8 RGB, (H, W, 3).
        second: The same; of any size.
        backbone: What `ctx.backbone(name)` gave.
    """
    a, b = backbone.module(backbone.transform([first, second])).double().numpy()
    cosine = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
    return Likeness(cosine, backbone.card.name)
