"""Signals as they might have been: noisier, stronger, bent in time, cut, and two in one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from plugins.signal_classification.settings import Settings

BENDS = 4
"""Places along a signal where its time runs faster or slower."""


def vary(signals: Tensor, settings: Settings, chance: np.random.Generator) -> Tensor:
    """Signals (N, C, L), each changed at random as the settings allow."""
    many, channels, length = signals.shape
    if settings.warp or settings.crop:
        places = paths(many, length, settings.warp, settings.crop, chance)
        signals = along(signals, torch.from_numpy(places))
    if settings.scaling:
        factor = 1 + settings.scaling * chance.standard_normal((many, channels, 1))
        signals = signals * torch.from_numpy(factor.astype(np.float32))
    if settings.jitter:
        strength = settings.jitter * np.abs(chance.standard_normal((many, 1, 1)))
        noise = strength * chance.standard_normal(signals.shape)
        signals = signals + torch.from_numpy(noise.astype(np.float32))
    return signals


def mixed(
    signals: Tensor, targets: Tensor, settings: Settings, chance: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Each signal with a share of another, and its target (N, classes) likewise (Zhang et al.,
    "mixup: Beyond Empirical Risk Minimization", 2018).
    """
    if not settings.mixup:
        return signals, targets
    other = torch.from_numpy(chance.permutation(len(signals)))
    share = chance.beta(settings.mixup, settings.mixup, len(signals)).astype(np.float32)
    share = torch.from_numpy(np.maximum(share, 1 - share))
    one = share[:, None, None]
    return (
        one * signals + (1 - one) * signals[other],
        share[:, None] * targets + (1 - share[:, None]) * targets[other],
    )


def paths(
    many: int, length: int, warp: float, crop: float, chance: np.random.Generator
) -> np.ndarray:
    """(many, length) float32: the place in the signal that each sample is taken from, rising."""
    knots = np.linspace(0, 1, BENDS + 2)
    shift = warp / 2 * chance.uniform(-1, 1, (many, BENDS + 2))
    shift[:, [0, -1]] = 0
    bent = np.maximum.accumulate(np.clip(knots + shift, 0, 1), axis=1)
    kept = 1 - crop * chance.uniform(0, 1, many)
    start = (1 - kept) * chance.uniform(0, 1, many)
    time = np.linspace(0, 1, length)
    rows = [np.interp(time, knots, row) for row in bent]
    return ((start[:, None] + kept[:, None] * np.stack(rows)) * (length - 1)).astype(np.float32)


def along(signals: Tensor, places: Tensor) -> Tensor:
    """Signals (N, C, L) read at places (N, M) between their samples, 0..L - 1."""
    low = places.floor().clamp(0, signals.shape[-1] - 1)
    share = (places - low)[:, None]
    low = low.long()[:, None].expand(-1, signals.shape[1], -1)
    high = (low + 1).clamp(max=signals.shape[-1] - 1)
    return signals.gather(2, low) * (1 - share) + signals.gather(2, high) * share
