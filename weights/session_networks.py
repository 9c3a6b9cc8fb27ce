"""Networks that a visitor has trained: in memory, for anyone who knows the name, for a while."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from weights.errors import Gone, WeightsError
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


class Adopted:
    """The trained networks that are kept. What was not used for the longest time makes room.

    Args:
        max_bytes: The bound on all together.
        idle: Seconds without use after which a network is dropped, even if nobody comes again.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        max_bytes: int,
        idle: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.max_bytes, self.idle, self._clock = max_bytes, idle, clock
        self._kept: OrderedDict[str, tuple[Backbone, int, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._watch: threading.Timer | None = None

    def __len__(self) -> int:
        return len(self._kept)

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
        with self._lock:
            self._drop_idle()
            while self._bytes() + size > self.max_bytes:
                self._kept.popitem(last=False)
            self._kept[backbone.card.name] = (backbone, size, self._clock())
            self._watch_on()

    def get(self, name: str) -> Backbone:
        """The network of a name; asking counts as use.

        Raises:
            Gone: It is not kept, or not any more.
        """
        with self._lock:
            self._drop_idle()
            if name not in self._kept:
                raise Gone(
                    "This fine-tuned network is no longer kept",
                    todo=say("{why_gone} Train it again.", why_gone=say(WHY_GONE)),
                )
            backbone, size, _ = self._kept.pop(name)
            self._kept[name] = (backbone, size, self._clock())
            return backbone

    def release(self, name: str) -> bool:
        """Drop a network now; False where there was none."""
        with self._lock:
            return self._kept.pop(name, None) is not None

    def sweep(self) -> None:
        """Drop what was not used for too long."""
        with self._lock:
            self._watch = None
            self._drop_idle()
            self._watch_on()

    def _drop_idle(self) -> None:
        oldest = self._clock() - self.idle
        for name in [name for name, (_, _, used) in self._kept.items() if used <= oldest]:
            del self._kept[name]

    def _bytes(self) -> int:
        return sum(size for _, size, _ in self._kept.values())

    def _watch_on(self) -> None:
        """Look again soon; the timer sleeps only while something is kept."""
        if self._kept and self._watch is None:
            self._watch = threading.Timer(max(0.01, self.idle / 60), self.sweep)
            self._watch.daemon = True
            self._watch.start()
