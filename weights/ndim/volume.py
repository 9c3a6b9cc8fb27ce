"""Three dimensions: a volume is a batch of slices whose convolutions reach from slice to slice.

The network sees (N * D, C, H, W), so that all its code runs as it stands. Convolutions whose
kernels have a depth take the slices apart, run in 3-D, and put them together again. Slices lie
channels last in memory, where neither step copies anything.

Along the depth the first and the last slice are repeated where a window reaches beyond them: what
is constant along the depth stays so. Depths only change with a stride, to ceil(D / stride).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from weights.messages import say

from .rules import NotConvertible, Rules, pair

# What sums up a picture, and how its results for the slices are joined.
JOINED: dict[str, Callable[[Tensor], Tensor]] = {
    "mean": lambda x: x.mean(1, keepdim=True),
    "sum": lambda x: x.sum(1, keepdim=True),
    "amax": lambda x: x.amax(1, keepdim=True),
    "amin": lambda x: x.amin(1, keepdim=True),
    "norm": lambda x: x.norm(dim=1, keepdim=True),
    "adaptive_avg_pool2d": lambda x: x.mean(1, keepdim=True),
    "adaptive_max_pool2d": lambda x: x.amax(1, keepdim=True),
}


class Volume(Rules):
    """The rules for (N, C, D, H, W).

    Args:
        most: The depth is strided and pooled as the height is until its stride is this; 1: slices
            stay apart.
        whole: Averages, maxima and norms over the picture are taken over the volume; otherwise
            over the slice. The head always takes them over the volume.
        channels_last: The network's feature maps are (N, H, W, C).
    """

    dims = 3

    def __init__(self, most: float, whole: bool, channels_last: bool = False):
        rules = {"conv2d": self._conv2d, "view": _view, "bernoulli_": self._bernoulli}
        rules |= dict.fromkeys(JOINED, self._summary)
        if whole:
            rules |= dict.fromkeys(("group_norm", "instance_norm"), self._norm)
        if most > 1:
            rules |= {"max_pool2d": self._max_pool2d, "avg_pool2d": self._avg_pool2d}
            rules |= {"interpolate": self._interpolate, "conv_transpose2d": self._refuse}
            if most < math.inf:  # How far a map is to be enlarged again cannot be known.
                rules |= {"interpolate": self._refuse}
        super().__init__(rules)
        self._most, self._whole, self._head = most, whole, False
        self._channels_last = channels_last
        self._volumes, self._depths, self._least = 0, set(), 1

    def enter(self, x: Tensor) -> Tensor:
        if x.ndim != 5:
            raise ValueError(f"a 3-D network takes (N, C, D, H, W), not {tuple(x.shape)}")
        self._volumes, self._depths = x.shape[0], {x.shape[2]}
        self._least = max(1, math.ceil(x.shape[2] / self._most))
        return self._together(x.permute(0, 2, 3, 4, 1).contiguous())

    def leave(self, x: Tensor) -> Tensor:
        x = x.unflatten(0, (self._volumes, -1))
        if x.ndim != 5:  # The slices' answers, of a head that does not pool.
            return x.mean(1) if self._head else x
        return x.permute(0, 4, 1, 2, 3) if self._channels_last else x.transpose(1, 2)

    def again(self, x: Tensor) -> Tensor:
        self._volumes = x.shape[0]
        if x.ndim == 5:
            x = x.permute(0, 2, 3, 4, 1)
            x = x if self._channels_last else x.movedim(-1, 2)
        self._depths = {x.shape[1]}
        return x.flatten(0, 1)

    def at_head(self) -> None:
        self._head = True

    def _conv2d(
        self,
        func: Callable[..., Tensor],
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        stride, dilation = pair(stride), pair(dilation)
        along = self._step(input, stride[0])
        if weight.ndim == 4:
            if along > 1:
                input = self._together(self._apart(input)[:, ::along])
            return func(input, weight, bias, stride, padding, dilation, groups)
        if isinstance(padding, str):
            taps = weight.shape[3:] if padding == "same" else (1, 1)
            padding = tuple((k - 1) * d // 2 for k, d in zip(taps, dilation, strict=True))
        slices = _extended(self._apart(input), weight.shape[2], along, dilation[0])
        slices = slices.permute(0, 4, 1, 2, 3)
        steps, pads = (along, *stride), (0, *pair(padding))
        found = F.conv3d(slices, weight, bias, steps, pads, (dilation[0], *dilation), groups)
        return self._together(found.permute(0, 2, 3, 4, 1))

    def _step(self, x: Tensor, stride: int) -> int:
        """The stride along the depth where it is this along the height."""
        if self._most == 1 or stride == 1:
            return 1
        return stride if math.ceil(x.shape[0] // self._volumes / stride) >= self._least else 1

    def _apart(self, x: Tensor) -> Tensor:
        """(N * D, C, H, W) as (N, D, H, W, C)."""
        depth, rest = divmod(x.shape[0], self._volumes)
        if x.ndim != 4 or rest or depth not in self._depths:
            raise NotConvertible(
                say("The network mixes its pictures: {tuple} are no slices", tuple=tuple(x.shape))
            )
        return x.permute(0, 2, 3, 1).unflatten(0, (self._volumes, depth))

    def _together(self, x: Tensor) -> Tensor:
        """(N, D, H, W, C) as (N * D, C, H, W)."""
        self._depths.add(x.shape[1])
        return x.flatten(0, 1).permute(0, 3, 1, 2)

    def _max_pool2d(self, func, input, kernel_size, stride=None, *args, **kwargs) -> Tensor:
        found = func(input, kernel_size, stride, *args, **kwargs)
        return self._pooled(found, kernel_size, stride, lambda x: x.amax(-1))

    def _avg_pool2d(self, func, input, kernel_size, stride=None, *args, **kwargs) -> Tensor:
        found = func(input, kernel_size, stride, *args, **kwargs)
        return self._pooled(found, kernel_size, stride, lambda x: x.mean(-1))

    def _pooled(self, x: Tensor, kernel: Any, stride: Any, join: Callable) -> Tensor:
        """Windows over the slices, after the windows over each."""
        taps = pair(kernel)[0]
        step = self._step(x, pair(stride or kernel)[0])
        slices = _extended(self._apart(x), taps, step, 1)
        return self._together(join(slices.unfold(1, taps, step)))

    def _interpolate(self, func, input, *args, **kwargs) -> Tensor:
        found = func(input, *args, **kwargs)
        slices = self._apart(found)
        depth = round(slices.shape[1] * found.shape[2] / input.shape[2])
        places = torch.arange(depth, device=input.device) * slices.shape[1] // depth
        return self._together(slices[:, places])

    def _summary(self, func, input, *args, **kwargs) -> Tensor:
        found = func(input, *args, **kwargs)
        name = func.__name__
        if name.startswith("adaptive"):
            over = input.ndim == 4 and found.shape[2:] == (1, 1)
        else:
            place = 1 if name == "norm" else 0
            dims = kwargs.get("dim", args[place] if len(args) > place else None)
            over = input.ndim == 4 and _spatial(dims)
        depth, rest = divmod(input.shape[0] if input.ndim else 0, max(1, self._volumes))
        if not over or rest or depth not in self._depths or not (self._whole or self._head):
            return found
        joined = JOINED[name](found.unflatten(0, (self._volumes, depth)))
        if self._head:  # One answer a volume.
            self._depths.add(1)
            return joined.flatten(0, 1)
        return joined.expand(-1, depth, *joined.shape[2:]).flatten(0, 1)

    def _norm(self, func, input, *args, **kwargs) -> Tensor:
        if input.ndim != 4:
            return func(input, *args, **kwargs)
        slices = self._apart(input).permute(0, 4, 1, 2, 3)
        return self._together(func(slices, *args, **kwargs).permute(0, 2, 3, 4, 1))

    def _bernoulli(self, func, input, *args, **kwargs) -> Tensor:
        """Stochastic depth: a block is dropped for a whole volume."""
        depth, rest = divmod(input.shape[0], max(1, self._volumes))
        if rest or depth < 2 or input.numel() != input.shape[0]:
            return func(input, *args, **kwargs)
        chosen = func(input[: self._volumes].clone(), *args, **kwargs)
        return input.copy_(chosen.repeat_interleave(depth, 0))


def _extended(slices: Tensor, taps: int, stride: int, dilation: int) -> Tensor:
    """(N, D, ...) with its first and last slice repeated for ceil(D / stride) windows.

    Windows that overlap stand around their slice; others begin at the first.
    """
    depth, span = slices.shape[1], (taps - 1) * dilation + 1
    before = 0 if stride >= taps else (taps - 1) // 2 * dilation
    after = max(0, ((depth - 1) // stride) * stride + span - depth - before)
    if not before and not after:
        return slices
    ends = [slices[:, :1]] * before, [slices[:, -1:]] * after
    return torch.cat([*ends[0], slices, *ends[1]], 1)


def _spatial(dims: Any) -> bool:
    """Whether these are height and width, of (N, C, H, W) or of (N, H, W, C)."""
    if not isinstance(dims, (tuple, list)) or len(dims) != 2:
        return False
    return {d % 4 for d in dims} in ({2, 3}, {1, 2})


def _view(func: Callable[..., Tensor], input: Tensor, *shape: Any, **kwargs: Any) -> Tensor:
    """Memory is channels last, where not every view is one."""
    if kwargs or isinstance(shape[0], torch.dtype):
        return func(input, *shape, **kwargs)
    return input.reshape(*shape)
