"""Values that are kept in memory under a name, for a while and while there is room."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Values by name. What was not used for the longest time makes room.

    Args:
        max_bytes: The bound on the sizes of all together.
        idle: Seconds without use after which a value is dropped, even if nobody comes again.
        clock: Seconds that only grow.
    """

    def __init__(self, max_bytes: int, idle: float, clock: Callable[[], float] = time.monotonic):
        self.max_bytes, self.idle, self._clock = max_bytes, idle, clock
        self._kept: OrderedDict[str, tuple[T, int, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._watch: threading.Timer | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, name: str, value: T, size: int) -> None:
        """Keep a value of this size, which is not above the bound."""
        with self._lock:
            self._drop_idle()
            while self._kept and self._bytes() + size > self.max_bytes:
                self._kept.popitem(last=False)
            self._kept[name] = (value, size, self._clock())
            self._watch_on()

    def find(self, name: str) -> T | None:
        """The value of a name, or None; asking counts as use."""
        with self._lock:
            self._drop_idle()
            if name not in self._kept:
                return None
            value, size, _ = self._kept.pop(name)
            self._kept[name] = (value, size, self._clock())
            return value

    def release(self, name: str) -> bool:
        """Drop a value now; False where there was none."""
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
