"""How a field of the contract goes: it works, and warns, until the next contract."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.task import API_VERSION, TaskError


@dataclass(frozen=True)
class Deprecated:
    """A field of `register(…)` that is on its way out.

    Attributes:
        new: The field that takes its value; "" where nothing does, and the value is dropped.
        why: One sentence.
    """

    new: str
    why: str


FIELDS: dict[str, Deprecated] = {}
"""Old name -> what holds now. What is listed here works throughout this contract."""


def up_to_date(
    offer: Mapping[str, Any], plugin: str, deprecated: Mapping[str, Deprecated] | None = None
) -> dict[str, Any]:
    """The offer in today's words. Each field that is deprecated warns, and says whose it is.

    Args:
        offer: What a plug-in passed to `register`.
        plugin: Its name and distribution.
        deprecated: The fields on their way out; those of this contract when None.

    Raises:
        TaskError: A field is given under its old name and its new one.
    """
    deprecated = FIELDS if deprecated is None else deprecated
    kept = dict(offer)
    for old in [name for name in offer if name in deprecated]:
        change, value = deprecated[old], kept.pop(old)
        todo = f"use {change.new!r}" if change.new else "leave it out"
        warnings.warn(
            f"Plug-in {plugin}: the field {old!r} of register(…) is deprecated; {todo}. "
            f"{change.why} It works until contract {API_VERSION + 1}.",
            DeprecationWarning,
            stacklevel=3,  # The line of the plug-in that calls `register`.
        )
        if change.new in kept:
            name = offer.get("name", "(no name)")
            both = f"fields {old!r} and {change.new!r} are the same one; give the latter only"
            raise TaskError(f"Task {name!r}: {both}")
        if change.new:
            kept[change.new] = value
    return kept
