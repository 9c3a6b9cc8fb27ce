"""Each kind of timm's layers by itself, and its heads, in one and three dimensions."""

from __future__ import annotations

import pytest

LAYERS = {
    "depthwise": lambda nn, layers: nn.Conv2d(8, 8, 5, padding=2, groups=8),
    "grouped": lambda nn, layers: nn.Conv2d(8, 12, 3, 2, 1, groups=4),
    "dilated": lambda nn, layers: nn.Conv2d(8, 8, 3, padding=2, dilation=2),
    "oblong": lambda nn, layers: nn.Conv2d(8, 8, (1, 7), padding=(0, 3)),
    "same": lambda nn, layers: layers.create_conv2d(8, 8, 3, stride=2, padding="same"),
    "standardised": lambda nn, layers: layers.StdConv2d(8, 8, 3, padding=1),
    "standardised same": lambda nn, layers: layers.StdConv2dSame(8, 8, 3, stride=2),
    "scaled": lambda nn, layers: layers.std_conv.ScaledStdConv2dSame(
        8, 8, 3, stride=2, padding="SAME"
    ),
    "norm and activation": lambda nn, layers: layers.BatchNormAct2d(8),
    "group norm": lambda nn, layers: layers.GroupNormAct(8, 2),
    "layer norm": lambda nn, layers: layers.LayerNorm2d(8),
    "evolved norm": lambda nn, layers: layers.EvoNorm2dS0(8, 2),
    "response norm": lambda nn, layers: layers.FilterResponseNormTlu2d(8),
    "squeeze and excitation": lambda nn, layers: layers.SEModule(8, rd_channels=4),
    "global context": lambda nn, layers: layers.GlobalContext(8, rd_channels=4),
    "channel attention": lambda nn, layers: layers.EcaModule(8),
    "mean pool": lambda nn, layers: nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    "same pools": lambda nn, layers: nn.Sequential(
        layers.AvgPool2dSame(2, 2), layers.pool2d_same.MaxPool2dSame(3, 2)
    ),
    "blur pool": lambda nn, layers: layers.BlurPool2d(8),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_alone(name):
    import torch
    from timm import layers
    from torch import nn

    from tests.weights.ndim.alone import Alone
    from tests.weights.ndim.ndim_equal import (
        awakened,
        depth_alike,
        inputs,
        rows_alike,
        slices_alike,
    )
    from weights.ndim import to_ndim

    torch.manual_seed(0)
    module = awakened(Alone(LAYERS[name](nn, layers))).requires_grad_(False)
    assert rows_alike(module, to_ndim(module, 1), inputs(2, 3, 32)) < 1e-4
    slices = to_ndim(module, 3, gates="slice")
    assert slices_alike(module, slices, inputs(2, 3, 4, 32, 32)) < 1e-4
    for along in (1, "same"):
        mean = to_ndim(module, 3, inflation="mean", along=along)
        assert depth_alike(module, mean, inputs(2, 3, 32, 32)) < 1e-4


@pytest.mark.parametrize("pool", ["avg", "max", "avgmax", "catavgmax"])
def test_heads(pool):
    import torch
    from torch import nn

    from tests.weights.ndim.alone import Alone
    from tests.weights.ndim.ndim_equal import awakened, difference, inputs, rows_alike
    from weights.ndim import to_ndim

    module = awakened(Alone(nn.ReLU(), pool)).requires_grad_(False)
    volumes = inputs(2, 3, 4, 32, 32)
    with torch.no_grad():
        features = module.forward_features(volumes.transpose(1, 2).flatten(0, 1))
        # One picture of all the slices in a row has the mean and the maximum of the volume.
        rows = features.unflatten(0, (2, 4)).transpose(1, 2).flatten(2, 3)
        assert difference(to_ndim(module, 3)(volumes), module.forward_head(rows)) < 1e-5
    assert rows_alike(module, to_ndim(module, 1), inputs(2, 3, 32)) < 1e-5
