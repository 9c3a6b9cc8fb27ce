"""A network's kernels, summed up for one dimension or given a depth for three."""

from __future__ import annotations

from typing import Literal

import torch
from timm.layers import CondConv2d, Conv2dSame, StdConv2d, StdConv2dSame
from timm.layers.std_conv import ScaledStdConv2d, ScaledStdConv2dSame
from torch import Tensor, nn

from weights.messages import say

from .rules import NotConvertible

Inflation = Literal["centre", "mean"]
ROWS = "numbers the rows of a picture"
UNLIKE = {
    "PositionalEncodingFourier": ROWS,
    "AttentionPool2d": ROWS,
    "RotAttentionPool2d": ROWS,
    "LiteMLA": "has a threshold for a sum over positions, of which one row has fewer",
    "EfficientAdditiveAttention": "sums over positions, of which one row has fewer",
}
"""Classes whose results depend on how many rows a picture has, or which is which, and why."""
STANDARDISED = (StdConv2d, StdConv2dSame, ScaledStdConv2d, ScaledStdConv2dSame)


def collapse(net: nn.Module) -> None:
    """Sum every kernel along the height: what a convolution gives where rows are alike."""
    for name, part in net.named_modules():
        if why := UNLIKE.get(type(part).__name__):
            raise NotConvertible(f"{type(part).__name__} {why}", where=name)
    for conv in _plain(net):
        _replace(conv, conv.weight.sum(2, keepdim=True))
        # timm's padding looks at these; torch is told by the rules.
        conv.kernel_size, conv.stride = (1, conv.kernel_size[1]), (1, conv.stride[1])


def inflate(net: nn.Module, inflation: Inflation) -> None:
    """Give every kernel a depth, which is its shorter side.

    Args:
        inflation: "mean" spreads the kernel evenly over the depth (Carreira and Zisserman, "Quo
            Vadis, Action Recognition?", 2017); "centre" leaves it in the middle, zeros around it.
    """
    for conv in _plain(net):
        depth = min(conv.weight.shape[2:])
        if depth == 1:
            continue
        if inflation == "mean":
            weight = (conv.weight / depth).unsqueeze(2).repeat(1, 1, depth, 1, 1)
        else:
            shape = conv.weight.shape
            weight = conv.weight.new_zeros((*shape[:2], depth, *shape[2:]))
            weight[:, :, (depth - 1) // 2] = conv.weight
        _replace(conv, weight)
        conv.kernel_size = (depth, *conv.kernel_size)


def _replace(conv: nn.Conv2d, weight: Tensor) -> None:
    conv.weight = nn.Parameter(weight.contiguous(), conv.weight.requires_grad)


@torch.no_grad()
def _plain(net: nn.Module) -> list[nn.Conv2d]:
    """The convolutions, each with a kernel of its own and nothing that computes it."""
    for name, part in list(net.named_modules()):
        if isinstance(part, STANDARDISED):
            net.set_submodule(name, _standardised(part))
        elif isinstance(part, CondConv2d):
            net.set_submodule(name, Experts(part))
    found = {name: part for name, part in net.named_modules() if isinstance(part, nn.Conv2d)}
    for name, conv in found.items():
        if type(conv).forward not in (nn.Conv2d.forward, Conv2dSame.forward):
            raise NotConvertible(
                say(
                    "{name__} computes its kernel in a way we do not know",
                    name__=type(conv).__name__,
                ),
                where=name,
            )
        if conv.padding_mode != "zeros":
            raise NotConvertible(
                say("A convolution pads by {padding_mode}", padding_mode=repr(conv.padding_mode)),
                where=name,
                todo="Use zeros.",
            )
    return list(found.values())


def _standardised(conv: nn.Conv2d) -> nn.Conv2d:
    """A plain convolution with the kernel as it was standardised, once and for all."""
    weight = conv.weight
    rows = weight.flatten(1)
    rows = (rows - rows.mean(1, keepdim=True)) * torch.rsqrt(
        rows.var(1, correction=0, keepdim=True) + conv.eps
    )
    if isinstance(conv, (ScaledStdConv2d, ScaledStdConv2dSame)):
        rows = rows * (conv.gain * conv.scale).flatten(1)
    return _conv(conv, rows.view_as(weight), conv.bias, getattr(conv, "same_pad", False))


def _conv(like: nn.Module, weight: Tensor, bias: Tensor | None, same: bool) -> nn.Conv2d:
    """A convolution of the same geometry."""
    conv = (Conv2dSame if same else nn.Conv2d)(
        *(like.in_channels, like.out_channels, like.kernel_size, like.stride),
        *(0 if same else like.padding, like.dilation, like.groups, bias is not None),
        device="meta",
    )
    conv.weight = nn.Parameter(weight.detach().clone())
    if bias is not None:
        conv.bias = nn.Parameter(bias.detach().clone())
    return conv.train(like.training)


class Experts(nn.Module):
    """Conditional convolution as what it is: several convolutions, mixed for each picture."""

    def __init__(self, conv: CondConv2d):
        super().__init__()
        biases = [None] * conv.num_experts if conv.bias is None else conv.bias
        self.experts = nn.ModuleList(
            _conv(conv, weight.view(conv.weight_shape), bias, conv.dynamic_padding)
            for weight, bias in zip(conv.weight, biases, strict=True)
        )

    def forward(self, x: Tensor, routing_weights: Tensor) -> Tensor:
        shares = routing_weights.unbind(1)
        return sum(
            share.view(-1, 1, 1, 1) * expert(x)
            for share, expert in zip(shares, self.experts, strict=True)
        )
