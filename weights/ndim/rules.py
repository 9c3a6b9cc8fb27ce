"""What stands between a network's own code and torch while a twin runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from weights.messages import say

from ..errors import WeightsError


class NotConvertible(WeightsError):
    """The network does something that has no twin in one or three dimensions."""


class Rules(TorchFunctionMode):
    """While it is active, functions of torch that a rule is named after do what the rule says.

    A rule takes the function first and then what the network passed. Inside a rule, functions mean
    what they always mean.

    Attributes:
        rules: By the function's name.
        last: The name of the last function with a rule that was called.
    """

    refused: tuple[str, ...] = ()
    dims: int

    def __init__(self, rules: dict[str, Callable[..., Any]]):
        super().__init__()
        self.last = ""
        self.rules = {**dict.fromkeys(self.refused, self._refuse), **rules}

    def enter(self, x: Tensor) -> Tensor:
        """What came in, as the pictures that the network is to see."""
        raise NotImplementedError

    def leave(self, x: Tensor) -> Tensor:
        """What the network made of it, with the dimensions of what came in."""
        raise NotImplementedError

    def again(self, x: Tensor) -> Tensor:
        """What `leave` gave out, as the network knows it."""
        raise NotImplementedError

    def at_head(self) -> None:
        """From here on the network sums up what it saw."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        rule = self.rules.get(name)
        if rule is None:
            return func(*args, **(kwargs or {}))
        self.last = name
        return rule(func, *args, **(kwargs or {}))

    def _refuse(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        raise NotConvertible(
            say("{name__} has no twin in {dims}-D", name__=func.__name__, dims=self.dims),
            todo="Choose another network.",
        )


def pair(value: Any) -> tuple[int, int]:
    """(height, width) from one number or two."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    return (values * 2)[:2]
