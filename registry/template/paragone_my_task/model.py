"""The maths. It knows no page, and gets its network from its caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


class CannotCompare(ValueError):
    """An error for people: the page and the API show `for_people`, and no stack trace."""

    @property
    def for_people(self) -> str:
        """What is wrong, where, and what to do."""
        return str(self)


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

    Raises:
        CannotCompare: A picture is missing.
    """
    for name, picture in (("first", first), ("second", second)):
        if picture is None:
            raise CannotCompare(f"A picture is missing ({name}). Bring two pictures.")
    a, b = backbone.module(backbone.transform([first, second])).double().numpy()
    cosine = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
    return Likeness(cosine, backbone.card.name)
