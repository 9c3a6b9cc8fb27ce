"""Turn work away while memory is short, rather than be killed by the system with all visitors."""

from __future__ import annotations

import ctypes
import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from registry import resources
from registry.limits import MIB, Limits
from registry.messages import say

log = logging.getLogger("paragone.memory")

RELIEF = 10.0
"""Seconds between two attempts to give memory back; each takes a moment."""
MOST_OBJECTS = 50_000
"""This many objects of a session are looked at. Large things are few."""
NOT_OF_A_SESSION = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)
HOUSE = ("gradio", "registry", "weights", "threading", "_thread", "logging", "weakref")
"""What a session refers to of these packages belongs to all."""


class TooMuch(Exception):
    """Work that was turned away; the text is meant for the visitor."""

    @property
    def for_people(self) -> str:
        """One line that a visitor may read."""
        return str(self.args[0])


class Admission:
    """Decides whether heavy work may begin.

    Args:
        limits: `memory_mb` for the process, `session_mb` for one visit.
        resident: Gives the bytes that the process holds.
    """

    def __init__(self, limits: Limits, resident: Callable[[], int] = resources.resident):
        self.limits, self._resident = limits, resident
        self._relieved = -RELIEF
        self._lock = threading.Lock()

    def __call__(self, state: Any) -> None:
        """Let the work begin, or turn it away.

        Args:
            state: gradio's state of the session; None for a call without one.

        Raises:
            TooMuch: The process or the visit holds as much as it may.
        """
        most = self.limits.memory_mb * MIB
        if self._resident() > most and self._relieve() > most:
            log.warning("Memory is short: more than %d MiB. A call was turned away", most // MIB)
            raise TooMuch("Busy: the server's memory is full at the moment. Try again in a minute.")
        values = getattr(state, "state_data", {}).values()
        most = self.limits.session_mb * MIB
        if size_of(values, most) > most:
            raise TooMuch(
                say(
                    "This visit holds more than the {session_mb} MB of memory that one "
                    "may. Reload the page to begin a new one, and bring less.",
                    session_mb=self.limits.session_mb,
                )
            )

    def _relieve(self) -> int:
        """Give back what is no longer used, at times; the bytes that are still held."""
        with self._lock:
            if time.monotonic() - self._relieved >= RELIEF:
                self._relieved = time.monotonic()
                gc.collect()
                give_back()
        return self._resident()


def size_of(values: Iterable[Any], enough: int) -> int:
    """About how many bytes some values hold, arrays above all.

    Args:
        enough: Where the count may stop.
    """
    total, seen, left = 0, set(), list(values)
    while left and total <= enough and len(seen) < MOST_OBJECTS:
        each = left.pop()
        if id(each) in seen or isinstance(each, NOT_OF_A_SESSION) or _is_of_the_house(each):
            continue
        seen.add(id(each))
        held = getattr(each, "nbytes", None)  # Of an array or a tensor.
        if isinstance(held, int):
            total += held
            continue
        if isinstance(each, (bytes, bytearray)):
            total += len(each)
            continue
        if callable(picture := getattr(each, "getbands", None)):  # Pillow's pixels.
            total += len(picture()) * each.width * each.height
        left.extend(gc.get_referents(each))
    return total


def _is_of_the_house(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] in HOUSE


def give_back() -> None:
    """Let the C library give free memory back to the system, where it can (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if hasattr(ctypes, "CDLL") else None
    if trim is not None:
        trim(0)
