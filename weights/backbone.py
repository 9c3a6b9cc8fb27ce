"""A network that is ready to run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from weights.catalog import Card
from weights.lru import LruBytes
from weights.settings import on_zero_gpu
from weights.store import Origin

if TYPE_CHECKING:
    import torch

    from weights.layers.encoder import MultiLayerEncoder

TRACES = 64
"""Sizes of pictures for which a network's layers are kept."""


@dataclass(frozen=True)
class Backbone:
    """A network that is ready to run.

    Attributes:
        module: In evaluation mode, on the device. Shared: anyone who changes it copies it first.
        transform: Pictures to input; see `Transform`.
        card: Of the weights that really run.
        origin: Where they came from.
        traces: Its layers by size of picture, which its encoders find once and share.
    """

    module: torch.nn.Module
    transform: Callable[..., torch.Tensor]
    card: Card
    origin: Origin
    traces: LruBytes = field(
        init=False, repr=False, compare=False, default_factory=lambda: LruBytes(TRACES)
    )

    def lent(self) -> Backbone:
        """A copy on the graphics card that a ZeroGPU Space lends for this call; else the same."""
        if not on_zero_gpu():
            return self
        module = copy.deepcopy(self.module).to("cuda")
        return replace(self, module=module, transform=replace(self.transform, device="cuda"))

    def encoder(self) -> MultiLayerEncoder:
        """The network addressed by the names of its layers, for one thread; see there."""
        from weights.layers.encoder import MultiLayerEncoder

        transform = self.transform
        return MultiLayerEncoder(self.module, transform.mean, transform.std, self.traces)
