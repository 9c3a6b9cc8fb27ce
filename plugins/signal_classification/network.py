"""Networks for signals: a narrow InceptionTime, and the 1-D twin of a timm ConvNet.

Either is a body, which keeps the places along the signal, and a linear head on the mean over the
places. So what the head says of the mean it also says of each place: that is the class-activation
map (Zhou et al., "Learning Deep Features for Discriminative Localization", 2016).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from plugins.signal_classification.settings import TWIN, Settings
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.signal_classification.form import Form

TAPS = (39, 19, 9)
"""Lengths of an Inception block's kernels, as in InceptionTime."""
DROPOUT = 0.1


class Network(nn.Module):
    """(N, channels, length) to (N, classes).

    Args:
        body: (N, channels, length) to (N, features, places).
    """

    def __init__(self, body: nn.Module, features: int, classes: int):
        super().__init__()
        self.body, self.drop, self.head = body, nn.Dropout(DROPOUT), nn.Linear(features, classes)

    def forward(self, signals: Tensor) -> Tensor:
        return self.head(self.drop(self.body(signals).mean(-1)))

    def evidence(self, signals: Tensor) -> Tensor:
        """(N, classes, places): their mean over the places is the answer of the head."""
        return F.conv1d(self.body(signals), self.head.weight[..., None], self.head.bias)


class Block(nn.Module):
    """Kernels of several lengths beside a maximum, all on one bottleneck; then a norm.

    Source: Ismail Fawaz et al., "InceptionTime: Finding AlexNet for Time Series Classification",
    2020.
    """

    def __init__(self, channels: int, width: int, taps: tuple[int, ...]):
        super().__init__()
        self.bottleneck = nn.Conv1d(channels, width, 1, bias=False) if channels > 1 else None
        inner = width if channels > 1 else channels
        self.kernels = nn.ModuleList(
            nn.Conv1d(inner, width, k, padding=k // 2, bias=False) for k in taps
        )
        self.highest = nn.Conv1d(channels, width, 1, bias=False)
        self.norm = nn.BatchNorm1d(width * (len(taps) + 1))

    def forward(self, x: Tensor) -> Tensor:
        inner = x if self.bottleneck is None else self.bottleneck(x)
        highest = self.highest(F.max_pool1d(x, 3, 1, 1))
        return self.norm(torch.cat([*(kernel(inner) for kernel in self.kernels), highest], 1))


class Inception(nn.Module):
    """Blocks, and every third one adds what went into the one two before it."""

    def __init__(self, channels: int, length: int, width: int, depth: int):
        super().__init__()
        taps = tuple(dict.fromkeys(min(k, (length - 1) | 1) for k in TAPS))
        features = width * (len(taps) + 1)
        self.features = features
        self.blocks = nn.ModuleList(
            Block(channels if i == 0 else features, width, taps) for i in range(depth)
        )
        self.shortcuts = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(channels if i == 0 else features, features, 1, bias=False),
                nn.BatchNorm1d(features),
            )
            for i in range(depth // 3)
        )

    def forward(self, x: Tensor) -> Tensor:
        kept = x
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i % 3 == 2:
                x = x + self.shortcuts[i // 3](kept)
            x = F.relu(x)
            if i % 3 == 2:
                kept = x
        return x


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
            body = Inception(form.channels, form.length, settings.width, settings.depth)
            features = body.features
        return Network(body, features, classes)


def twin(name: str, channels: int) -> nn.Module:
    """The 1-D twin of a timm network from random weights, without its head: (N, channels, length)
    to (N, features, places).

    ResNets begin without their first maximum and stride, since signals are shorter than pictures.

    Raises:
        ParagoneError: timm has no such network, or it has no 1-D twin.
    """
    import timm
    from weights.ndim import to_ndim

    try:
        model = timm.create_model(name, in_chans=channels, num_classes=0, global_pool="")
    except (RuntimeError, TypeError, ValueError) as error:
        todo = "Give the name of a timm ConvNet, such as resnet10t."
        what = f"timm cannot make a network called {name!r}"
        raise ParagoneError(what, where="timm", todo=todo) from error
    _begin_gently(model)
    return to_ndim(model, 1)


def _begin_gently(model: nn.Module) -> None:
    if isinstance(getattr(model, "maxpool", None), nn.Module) and hasattr(model, "conv1"):
        model.maxpool = nn.Identity()
        for module in model.conv1.modules():
            if isinstance(module, nn.Conv2d):
                module.stride = (1, 1)
