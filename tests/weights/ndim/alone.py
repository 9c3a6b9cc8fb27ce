"""A network around one layer."""

from __future__ import annotations

from timm import layers
from torch import nn


class Alone(nn.Module):
    """A layer of timm's between a convolution and a head."""

    pretrained_cfg = {"input_size": (3, 32, 32)}
    num_classes = num_features = head_hidden_size = 8

    def __init__(self, layer: nn.Module, pool: str = "avg"):
        super().__init__()
        self.first, self.layer = nn.Conv2d(3, 8, 1), layer
        self.pool = layers.SelectAdaptivePool2d(pool_type=pool, flatten=True)

    def forward_features(self, x):
        return self.layer(self.first(x))

    def forward_head(self, x, pre_logits=False):
        return self.pool(x)

    def forward(self, x):
        return self.forward_head(self.forward_features(x))
