"""A graphics card that is lent for a moment, as Hugging Face's ZeroGPU Spaces do it.

There the package `spaces` runs a decorated function in another process, which has the card while it
runs. So a function that wants it must be given plain values and give plain values back: whatever
else it changes is lost. Everywhere else the function is left as it is.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

log = logging.getLogger("paragone.zero_gpu")

P = ParamSpec("P")
R = TypeVar("R")


def lender() -> Any:
    """The package `spaces`, or None where it is not installed. It must be imported before torch, so
    the house asks for it before it builds its pages.
    """
    if importlib.util.find_spec("spaces") is None:
        return None
    spaces = importlib.import_module("spaces")
    if not callable(getattr(spaces, "GPU", None)):
        log.warning("The module `spaces` here is not Hugging Face's: it lends no graphics card")
        return None
    return spaces


def lent(function: Callable[P, R], seconds: int) -> Callable[P, R]:
    """The function, with a card for at most this many seconds a call where one is lent."""
    spaces = lender()
    return function if spaces is None else spaces.GPU(duration=seconds)(function)
