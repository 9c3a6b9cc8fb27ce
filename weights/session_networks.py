"""Networks that a visitor has trained: in memory, for anyone who knows the name, for a while."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from weights.errors import Gone, WeightsError
from weights.kept import Kept
from weights.messages import say

if TYPE_CHECKING:
    from weights.backbone import Backbone

ARCHITECTURE = "finetuned"
IDLE_SECONDS = 3600.0
WHY_GONE = (
    "Such a network is kept in memory only, for an hour after its last use and while there is room."
)


def new_name() -> str:
    """A name that nobody can guess: it is the key to the network."""
    return f"{ARCHITECTURE}.{secrets.token_hex(16)}"


def is_adopted(name: str) -> bool:
    """Whether a name is of the kind that `new_name` makes."""
    return re.fullmatch(rf"{ARCHITECTURE}\.[0-9a-f]{{32}}", name) is not None


class Adopted(Kept["Backbone"]):
    """The trained networks that are kept, by the names of their cards. See `Kept`."""

    def __init__(
        self,
        max_bytes: int,
        idle: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ):
        super().__init__(max_bytes, idle, clock)

    def add(self, backbone: Backbone, size: int) -> None:
        """Keep a network of `size` bytes under its card's name.

        Raises:
            WeightsError: It alone is larger than the bound.
        """
        if size > self.max_bytes:
            raise WeightsError(
                say(
                    "The network takes {size:,.0f} MB, and this house keeps {max_bytes:,} "
                    "MB of trained networks",
                    size=size / 2**20,
                    max_bytes=self.max_bytes >> 20,
                ),
                where="PARAGONE_TRAINED_MB",
                todo="Train a smaller one, download it, or have the house keep more.",
            )
        self.put(backbone.card.name, backbone, size)

    def get(self, name: str) -> Backbone:
        """The network of a name; asking counts as use.

        Raises:
            Gone: It is not kept, or not any more.
        """
        found = self.find(name)
        if found is None:
            raise Gone(
                "This fine-tuned network is no longer kept",
                todo=say("{why_gone} Train it again.", why_gone=say(WHY_GONE)),
            )
        return found
