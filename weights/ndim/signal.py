"""One dimension: a signal is a picture of height 1.

The kernels are summed along the height, and every function that would reach along the height is
kept to its one row. What is left is the arithmetic of a 1-D network: torch runs its own 1-D
convolutions in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from weights.messages import say

from .rules import NotConvertible, Rules, pair


class Signal(Rules):
    """The rules for (N, C, L), which the network sees as (N, C, 1, L).

    Args:
        channels_last: The network's feature maps are (N, H, W, C).
    """

    dims = 1
    # These mix rows and columns, or make a row from a column. Pools in 1-D are over positions that
    # lie in one line.
    refused = (
        *("conv_transpose2d", "conv3d", "lp_pool2d", "unfold", "fold", "grid_sample", "rfft2"),
        *("pixel_shuffle", "pixel_unshuffle", "fractional_max_pool2d", "avg_pool1d", "max_pool1d"),
    )

    def __init__(self, channels_last: bool = False):
        pools = ("adaptive_avg_pool2d", "adaptive_max_pool2d")
        super().__init__(
            {
                "conv2d": self._conv2d,
                "max_pool2d": self._max_pool2d,
                "avg_pool2d": self._avg_pool2d,
                "pad": self._pad,
                "interpolate": self._interpolate,
                **dict.fromkeys(pools, self._adaptive_pool2d),
            }
        )
        self._height = 1 if channels_last else 2

    def enter(self, x: Tensor) -> Tensor:
        if x.ndim != 3:
            raise ValueError(f"a 1-D network takes (N, C, L), not {tuple(x.shape)}")
        return x.unsqueeze(2)

    def leave(self, x: Tensor) -> Tensor:
        if x.ndim != 4:
            return x
        x = x.squeeze(self._height)
        return x.movedim(-1, 1) if self._height == 1 else x

    def again(self, x: Tensor) -> Tensor:
        if self._height == 1 and x.ndim == 3:
            x = x.movedim(1, -1)
        return x.unsqueeze(self._height) if x.ndim == 3 else x

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
        if input.shape[2] != 1:
            raise NotConvertible(
                say("conv2d over {tuple} is none over the signal", tuple=tuple(input.shape))
            )
        if weight.shape[2] > 1:  # Filters that the network makes itself, against aliasing.
            weight = weight.sum(2, keepdim=True)
        if not isinstance(padding, str):
            padding = (0, pair(padding)[1])
        stride, dilation = (1, pair(stride)[1]), (1, pair(dilation)[1])
        return func(input, weight, bias, stride, padding, dilation, groups)

    def _max_pool2d(
        self,
        func: Callable[..., Tensor],
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        *args: Any,
        **kwargs: Any,
    ) -> Tensor:
        kernel, stride, padding = _flat(kernel_size, stride, padding)
        return func(input, kernel, stride, padding, (1, pair(dilation)[1]), *args, **kwargs)

    def _avg_pool2d(
        self,
        func: Callable[..., Tensor],
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        *args: Any,
        **kwargs: Any,
    ) -> Tensor:
        return func(input, *_flat(kernel_size, stride, padding), *args, **kwargs)

    def _adaptive_pool2d(
        self, func: Callable[..., Tensor], input: Tensor, output_size: Any, **kwargs: Any
    ) -> Tensor:
        return func(input, (1, pair(output_size)[1]), **kwargs)

    def _pad(
        self, func: Callable[..., Tensor], input: Tensor, pad: Any, *args: Any, **kwargs: Any
    ) -> Tensor:
        pad = list(pad)
        if input.ndim == 4:
            # The height is the axis of length 1, and the second but for channels last.
            height = 1 if input.shape[1] == 1 != input.shape[2] else 2
            place = 2 * (3 - height)
            pad[place : place + 2] = [0] * len(pad[place : place + 2])
        return func(input, pad, *args, **kwargs)

    def _interpolate(
        self,
        func: Callable[..., Tensor],
        input: Tensor,
        size: Any = None,
        scale_factor: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Tensor:
        size = None if size is None else (1, pair(size)[1])
        scale_factor = None if scale_factor is None else (1.0, float(pair(scale_factor)[1]))
        return func(input, size, scale_factor, *args, **kwargs)


def _flat(kernel: Any, stride: Any, padding: Any) -> tuple[tuple[int, int], ...]:
    """A window of one row."""
    stride = kernel if stride is None or stride == [] else stride
    return (1, pair(kernel)[1]), (1, pair(stride)[1]), (0, pair(padding)[1])
