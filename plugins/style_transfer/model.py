"""The losses of neural style transfer (Gatys, Ecker and Bethge, CVPR 2016; course: convolutional
networks, week 4, *Neural style transfer*):

    J(G) = alpha * J_content(C, G) + beta * J_style(S, G) + variation * TV(G)

Each layer's loss is divided by the size of its target, so that the weights mean the same for every
layer of every network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

TINY = 1e-12
SPREADS = 3.0
"""Temperature of the smoothing, in standard deviations of the layer."""


def gram_matrix(activations: Tensor, mask: Tensor | None = None) -> Tensor:
    """How often two units of a layer fire together, wherever that is.

    Args:
        activations: (1, C, H, W).
        mask: (1, 1, H, W) in 0..1: which positions count; None: all.

    Returns:
        (C, C): the mean of products over the positions.
    """
    if mask is not None:
        activations = activations * mask
    count = activations.shape[-2] * activations.shape[-1] if mask is None else (mask**2).sum()
    flat = activations.flatten(2)[0]
    return flat @ flat.T / (count + TINY)


def content_loss(activations: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference from the content picture's activations, over their variance."""
    return F.mse_loss(activations, target) / (target.var() + TINY)


def style_loss(gram: Tensor, target: Tensor) -> Tensor:
    """Squared difference of two Gram matrices, over the squared size of the target."""
    return (gram - target).square().sum() / (target.square().sum() + TINY)


def total_variation(picture: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels of (1, 3, H, W), down and across."""
    down = picture[..., 1:, :] - picture[..., :-1, :]
    across = picture[..., 1:] - picture[..., :-1]
    return sum(d.square().mean() for d in (down, across) if d.numel())


def smoothed(activations: Tensor) -> Tensor:
    """Softmax over all units and positions of a layer, which takes the peaks off the activations of
    residual networks (Wang, Li and Vasconcelos, "Rethinking and Improving the Robustness of Image
    Style Transfer", CVPR 2021). In units of the layer's spread, so that it works for any network.
    """
    spread = SPREADS * activations.detach().std() + TINY
    flat = torch.softmax(activations.flatten() / spread, dim=0)
    return (flat * flat.numel()).view_as(activations)


@dataclass(frozen=True)
class Targets:
    """The styles that a picture is to come near to.

    Attributes:
        style: (C, C) Gram matrices by layer.
        weights: Of the style layers; they are used as shares of their sum.
        masks: (1, 1, H, W) by layer, where the style goes to a part of the picture only.
    """

    style: Mapping[str, Tensor]
    weights: Mapping[str, float]
    masks: Mapping[str, Tensor] | None = None

    def grams(self, activations: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Gram matrices by layer of a picture's activations."""
        masks = self.masks or {}
        return {name: gram_matrix(activations[name], masks.get(name)) for name in self.style}

    def style_losses(self, grams: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """By layer, not weighted yet."""
        return {name: style_loss(grams[name], target) for name, target in self.style.items()}

    def total_style(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The layers' losses by their weights."""
        whole = sum(self.weights[name] for name in losses)
        return sum(self.weights[name] / whole * loss for name, loss in losses.items())


def mean_gram(grams: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Several styles at once: their Gram matrices, averaged by weight."""
    whole = sum(weights)
    return sum(weight / whole * gram for gram, weight in zip(grams, weights, strict=True))
