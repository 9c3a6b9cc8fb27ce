"""Networks for signals: a ResNet-1D, and the 1-D twin of a timm ConvNet.

Either is a body, which keeps the places along the signal, and a linear head on the mean over the
places. So what the head says of the mean it also says of each place: that is the class-activation
map (Zhou et al., "Learning Deep Features for Discriminative Localization", 2016).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from plugins.shared.classification.timm_check import check_name
from plugins.signal_classification.settings import INCEPTION, TWIN, Settings
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.signal_classification.learning.input_form import Form

TAPS = (7, 5, 3)
"""Lengths of a block's kernels."""
LONG_TAPS = (9, 19, 39)
"""Lengths of the kernels of an Inception module."""
SHORT = 512
"""Samples up to which the first block sees every one."""


class Network(nn.Module):
    """(N, channels, length) to (N, classes).

    Args:
        body: (N, channels, length) to (N, features, places).
    """

    def __init__(self, body: nn.Module, features: int, classes: int):
        super().__init__()
        self.body, self.head = body, nn.Linear(features, classes)

    def forward(self, signals: Tensor) -> Tensor:
        return self.head(self.body(signals).mean(-1))

    def evidence(self, signals: Tensor) -> Tensor:
        """(N, classes, places): their mean over the places is the answer of the head."""
        return F.conv1d(self.body(signals), self.head.weight[..., None], self.head.bias)


class Block(nn.Module):
    """Three convolutions, and what went in is added to what comes out."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        taps = zip(TAPS, (channels, width, width), (stride, 1, 1), strict=True)
        self.kernels = nn.ModuleList(_normed(first, width, k, step) for k, first, step in taps)
        self.shortcut = _normed(channels, width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        first, second, third = self.kernels
        return F.relu(third(F.relu(second(F.relu(first(x))))) + self.shortcut(x))


class ResNet(nn.Sequential):
    """Residual blocks of a ResNet for time series (Wang, Yan & Oates, "Time Series Classification
    from Scratch with Deep Neural Networks: A Strong Baseline", 2017), narrower, and with a stride
    before each block but the first, which makes it several times as fast.
    """

    def __init__(self, channels: int, length: int, width: int):
        widths = (channels, width, 2 * width, 4 * width, 4 * width)
        strides = (1 if length <= SHORT else 2, 2, 2, 2)
        super().__init__(
            *(Block(*one) for one in zip(widths[:-1], widths[1:], strides, strict=True))
        )
        self.features = widths[-1]


class Inception(nn.Module):
    """Kernels of several lengths side by side, and what a maximum lets through."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.narrow = nn.Conv1d(channels, width, 1, bias=False) if channels > 1 else nn.Identity()
        entering = width if channels > 1 else channels
        self.kernels = nn.ModuleList(
            nn.Conv1d(entering, width, taps, padding=taps // 2, bias=False) for taps in LONG_TAPS
        )
        self.peaks = nn.Sequential(nn.MaxPool1d(3, 1, 1), nn.Conv1d(channels, width, 1, bias=False))
        self.norm = nn.BatchNorm1d(width * (len(LONG_TAPS) + 1))

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.narrow(x)
        sides = [kernel(narrow) for kernel in self.kernels]
        return self.norm(torch.cat([*sides, self.peaks(x)], 1))


class InceptionBlock(nn.Module):
    """Three of them one after another, and what went in is added to what comes out."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        wide = width * (len(LONG_TAPS) + 1)
        self.shrink = nn.AvgPool1d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
        self.parts = nn.ModuleList(Inception(c, width) for c in (channels, wide, wide))
        self.shortcut = _normed(channels, wide, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.shrink(x)
        first, second, third = self.parts
        return F.relu(third(F.relu(second(F.relu(first(x))))) + self.shortcut(x))


class InceptionTime(nn.Sequential):
    """Two residual blocks of an InceptionTime (Ismail Fawaz et al., "InceptionTime: Finding
    AlexNet for Time Series Classification", 2020), the second on half the samples.
    """

    def __init__(self, channels: int, length: int, width: int):
        strides = (1 if length <= SHORT else 2, 2)
        wide = width * (len(LONG_TAPS) + 1)
        super().__init__(
            InceptionBlock(channels, width, strides[0]),
            InceptionBlock(wide, width, strides[1]),
        )
        self.features = wide


def _normed(channels: int, width: int, taps: int, stride: int) -> nn.Sequential:
    kernel = nn.Conv1d(channels, width, taps, stride, taps // 2, bias=False)
    return nn.Sequential(kernel, nn.BatchNorm1d(width))


def build(settings: Settings, form: Form, classes: int, seed: int) -> Network:
    """A network with random weights; the same seed gives the same.

    Raises:
        ParagoneError: timm has no such network, or it has no 1-D twin.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if settings.network == TWIN:
            body = twin(settings.timm, form.channels)
            with torch.no_grad():
                features = body.eval()(torch.zeros(1, form.channels, form.length)).shape[1]
        else:
            kind = InceptionTime if settings.network == INCEPTION else ResNet
            body = kind(form.channels, form.length, settings.width)
            features = body.features
        return Network(body, features, classes)


def twin(name: str, channels: int) -> nn.Module:
    """The 1-D twin of a timm network from random weights, without its head: (N, channels, length)
    to (N, features, places).

    ResNets begin without their first maximum and stride, since signals are shorter than pictures.

    Raises:
        ParagoneError: timm has no such network, it is too large, or it has no 1-D twin.
    """
    import timm

    from weights.ndim import to_ndim

    options = {"in_chans": channels, "num_classes": 0, "global_pool": ""}
    try:
        check_name(name, **options)
        model = timm.create_model(name, **options)
    except (RuntimeError, TypeError, ValueError) as error:
        todo = "Give the name of a timm ConvNet, such as resnet10t."
        what = say("timm cannot make a network called {name}", name=repr(name))
        raise ParagoneError(what, where="timm", todo=todo) from error
    _begin_gently(model)
    return to_ndim(model, 1)


def _begin_gently(model: nn.Module) -> None:
    if isinstance(getattr(model, "maxpool", None), nn.Module) and hasattr(model, "conv1"):
        model.maxpool = nn.Identity()
        for module in model.conv1.modules():
            if isinstance(module, nn.Conv2d):
                module.stride = (1, 1)
