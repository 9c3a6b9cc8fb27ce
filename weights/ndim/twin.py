"""A network that runs in one or three dimensions with the code of its 2-D original."""

from __future__ import annotations

import copy
import traceback
from typing import Any

import torch
from torch import Tensor, nn

from weights.messages import say

from .rules import NotConvertible, Rules
from .signal import Signal
from .volume import Volume


class Twin(nn.Module):
    """What `to_ndim` makes.

    Attributes:
        net: The 2-D network's modules with the new kernels. Between its modules a signal is
            (N, C, 1, L) and a volume (N * D, C, H, W).
        dims: 1 or 3.
        parted: It has feature maps and a head, as timm's networks do; others only run as a whole.
    """

    def __init__(self, net: nn.Module, dims: int, most: float, whole: bool):
        super().__init__()
        self.net, self.dims = net, dims
        self._most, self._whole = most, whole
        self._channels_last = str(getattr(net, "output_fmt", "NCHW")).endswith("NHWC")
        self.parted = hasattr(net, "forward_features") and hasattr(net, "forward_head")
        self.train(net.training)

    def forward(self, x: Tensor) -> Tensor:
        """(N, num_classes) from (N, C, L) or (N, C, D, H, W)."""
        with self._rules() as rules:
            pictures = rules.enter(x)
            if not self.parted:
                return rules.leave(self.net(pictures))
            return self._headed(rules, self.net.forward_features(pictures))

    def forward_features(self, x: Tensor) -> Tensor:
        """The last feature maps, (N, C, L) or (N, C, D, H, W)."""
        with self._rules() as rules:
            features = self.net.forward_features(rules.enter(x))
            if not isinstance(features, Tensor):
                raise NotConvertible(
                    say("{name__} has several feature maps at once", name__=type(self.net).__name__)
                )
            return rules.leave(features)

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """(N, num_classes) from feature maps, or (N, num_features) before the last layer."""
        with self._rules() as rules:
            return self._headed(rules, rules.again(x), pre_logits=pre_logits)

    def get_classifier(self) -> nn.Module:
        """The last layer."""
        return self.net.get_classifier()

    def reset_classifier(self, num_classes: int, *args: Any, **kwargs: Any) -> None:
        """A new last layer, as timm's networks do it."""
        self.net.reset_classifier(num_classes, *args, **kwargs)

    @property
    def num_classes(self) -> int:
        return self.net.num_classes

    @property
    def num_features(self) -> int:
        return self.net.num_features

    @property
    def head_hidden_size(self) -> int:
        return self.net.head_hidden_size

    def _headed(self, rules: Rules, features: Tensor, **kwargs: Any) -> Tensor:
        rules.at_head()
        return rules.leave(self.net.forward_head(features, **kwargs))

    def _rules(self) -> Rules:
        if self.dims == 1:
            return Signal(self._channels_last)
        return Volume(self._most, self._whole, self._channels_last)


def try_out(twin: Twin, sides: tuple[int, ...]) -> None:
    """Run a copy without numbers.

    Args:
        sides: (L,) or (D, H, W) of what it is to take.

    Raises:
        NotConvertible: It does not run; which module and operation.
    """
    tensors = [*twin.named_parameters(), *twin.named_buffers()]
    memo = {id(tensor): _empty(tensor) for _, tensor in tensors}
    twin = copy.deepcopy(twin, memo).eval()
    x = torch.empty((2, in_channels(twin.net), *sides), device="meta", dtype=tensors[0][1].dtype)
    try:
        with torch.no_grad():
            if twin.parted:
                found = twin.forward_head(twin.forward_features(x))
            else:
                found = twin(x)
    except NotConvertible as error:
        raise NotConvertible(error.what, where=_place(twin, error), todo=error.todo) from error
    except Exception as error:
        said = (str(error).strip() or "something that it takes for granted").splitlines()[0]
        place = _place(twin, error)
        kind = place.partition(": ")[2].partition(",")[0] or place
        raise NotConvertible(
            say(
                "{kind} works with positions in a way that has no twin in {dims}-D: {said}",
                kind=kind,
                dims=twin.dims,
                said=say(said),
            ),
            where=place,
            todo="Choose another network; most ConvNets have a twin.",
        ) from error
    if isinstance(found, Tensor) and found.shape[0] != 2:
        raise NotConvertible(
            say("Two inputs went in and {shape} answers came out", shape=found.shape[0])
        )


def in_channels(net: nn.Module) -> int:
    """How many channels the network takes."""
    convs = {name: part for name, part in net.named_modules() if isinstance(part, nn.Conv2d)}
    first = (getattr(net, "pretrained_cfg", None) or {}).get("first_conv")
    first = first[0] if isinstance(first, (tuple, list)) and first else first
    if not convs:
        raise NotConvertible(say("{name__} has no convolution", name__=type(net).__name__))
    return convs.get(first, next(iter(convs.values()))).in_channels


def _empty(tensor: Tensor) -> Tensor:
    empty = torch.empty_like(tensor, device="meta")
    return nn.Parameter(empty, False) if isinstance(tensor, nn.Parameter) else empty


def _place(twin: Twin, error: BaseException) -> str:
    """The innermost module that was running, and the line of its code."""
    names = {id(part): name for name, part in twin.net.named_modules()}
    place = type(twin.net).__name__
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = names.get(id(frame.f_locals.get("self")))
        if name:
            place = f"{name}: {type(frame.f_locals['self']).__name__}, line {line}"
    return place
