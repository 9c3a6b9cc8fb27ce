"""Keeping the content picture's colours (Gatys, Bethge, Hertzmann and Shechtman, "Preserving Color
in Neural Artistic Style Transfer", 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)


def luminance(picture: Tensor) -> Tensor:
    """(1, 1, H, W) of (1, 3, H, W)."""
    weights = torch.tensor(LUMA, device=picture.device, dtype=picture.dtype).view(1, 3, 1, 1)
    return (picture * weights).sum(dim=1, keepdim=True)


def recoloured(picture: Tensor, colours: Tensor) -> Tensor:
    """The light and dark of one picture with the colours of another; both (1, 3, H, W) in 0..1."""
    return (colours + luminance(picture) - luminance(colours)).clamp(0, 1)


def matched(style: Tensor, content: Tensor) -> Tensor:
    """The style picture with the mean and the covariance of the content picture's colours.

    Args:
        style, content: (1, 3, H, W) in 0..1, of any sizes.
    """
    there, here = (p.flatten(2)[0].double() for p in (style, content))
    mean_there, mean_here = there.mean(1, keepdim=True), here.mean(1, keepdim=True)
    turn = _root(here) @ torch.linalg.inv(_root(there))
    moved = turn @ (there - mean_there) + mean_here
    return moved.clamp(0, 1).to(style.dtype).view_as(style)


def _root(pixels: Tensor) -> Tensor:
    """The symmetric square root of the colours' covariance."""
    covariance = torch.cov(pixels) if pixels.shape[1] > 1 else torch.zeros(3, 3).double()
    values, vectors = torch.linalg.eigh(covariance + 1e-5 * torch.eye(3, dtype=torch.float64))
    return vectors @ torch.diag(values.clamp(min=1e-8).sqrt()) @ vectors.T
