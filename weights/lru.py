"""A cache bounded in bytes, in which each value is made once however many threads ask for it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any


class LruBytes:
    """Keeps the values used last, as long as they fit.

    Making a value blocks only those who want that very value. A value larger than the bound is
    handed out and not kept.

    Args:
        max_bytes: The bound on the sum of sizes.
    """

    def __init__(self, max_bytes: int):
        self.max_bytes = max_bytes
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, Future] = {}
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """The sum of the sizes of what is kept."""
        with self._lock:
            return sum(size for _, size in self._values.values())

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._values

    def get(self, key: Hashable, make: Callable[[], tuple[Any, int]]) -> Any:
        """The value of a key; `make` gives it with its size in bytes, 0 for "do not keep".

        Raises:
            Exception: Whatever `make` raises, for everyone who waited for it. Nothing is kept.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
            future = self._making.get(key)
            mine = future is None
            if mine:
                future = self._making[key] = Future()
        if not mine:
            return future.result()
        try:
            value, size = make()
        except BaseException as error:
            with self._lock:
                del self._making[key]
            future.set_exception(error)
            raise
        with self._lock:
            del self._making[key]
            if 0 < size <= self.max_bytes:
                self._values[key] = (value, size)
                total = sum(size for _, size in self._values.values())
                while total > self.max_bytes:
                    _, (_, freed) = self._values.popitem(last=False)
                    total -= freed
        future.set_result(value)
        return value
