"""Names of timm's networks that a visitor types."""

from __future__ import annotations

from typing import Any

import torch

from weights.errors import ParagoneError
from weights.messages import say

MOST = 100_000_000
"""Weights of a network that is trained on a page."""


def check_name(name: str, **options: Any) -> None:
    """See that timm itself knows a network and that it is not too large, before it is made.

    timm would fetch what has a colon in its name; the names that it knows have none.

    Args:
        options: Of `timm.create_model`.

    Raises:
        ParagoneError: It is unknown or too large.
        TypeError: It does not take the options.
    """
    import timm

    todo = "Give the name of a timm ConvNet, such as resnet10t."
    if not timm.is_model(name):
        raise ParagoneError(
            say("timm has no network called {name}", name=repr(name)), where="timm", todo=todo
        )
    with torch.device("meta"):
        size = sum(p.numel() for p in timm.create_model(name, **options).parameters())
    if size > MOST:
        what = say(
            "{name} has {size:,.0f} million weights, more than {most:,.0f}",
            name=name,
            size=size / 1e6,
            most=MOST / 1e6,
        )
        raise ParagoneError(what, where="timm", todo="Choose a smaller one, such as resnet10t.")
