"""Signals as they might have been: noisier, stronger, bent in time, cut, and two in one.

All of it happens on the device where the signals are.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from plugins.signal_classification.settings import Settings

BENDS = 4
"""Places along a signal where its time runs faster or slower."""


def vary(signals: Tensor, settings: Settings, rng: torch.Generator) -> Tensor:
    """Signals (N, C, L), each changed at random as the settings allow.

    Args:
        rng: On the device of the signals.
    """
    many, channels, length = signals.shape
    if settings.warp or settings.crop:
        signals = along(signals, paths(many, length, settings.warp, settings.crop, rng))
    if settings.scaling:
        signals = signals * (1 + settings.scaling * _normal((many, channels, 1), rng))
    if settings.jitter:
        strength = settings.jitter * _normal((many, 1, 1), rng).abs()
        signals = signals + strength * _normal(signals.shape, rng)
    return signals


def shares(many: int, settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """(many,) float32: how much of itself each signal keeps when two are mixed, 0.5..1."""
    if not settings.mixup:
        return np.ones(many, np.float32)
    share = rng.beta(settings.mixup, settings.mixup, many).astype(np.float32)
    return np.maximum(share, 1 - share)


def mixed(
    signals: Tensor, targets: Tensor, share: Tensor, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Each signal with a part of another, and its target (N, classes) likewise (Zhang et al.,
    "mixup: Beyond Empirical Risk Minimization", 2018).

    Args:
        share: (N,) how much each keeps of itself.
    """
    other = torch.randperm(len(signals), generator=rng, device=signals.device)
    one = share[:, None]
    return (
        torch.lerp(signals[other], signals, one[..., None]),
        torch.lerp(targets[other], targets, one),
    )


def paths(many: int, length: int, warp: float, crop: float, rng: torch.Generator) -> Tensor:
    """(many, length): the place in the signal that each sample is taken from, rising, in samples;
    on the device of `chance`.
    """
    device = rng.device
    knots = torch.linspace(0, 1, BENDS + 2, device=device)
    shift = warp / 2 * (2 * _uniform((many, BENDS), rng) - 1)
    bent = torch.nn.functional.pad(shift, (1, 1)) + knots
    bent = bent.clamp(0, 1).cummax(1).values
    kept = 1 - crop * _uniform((many, 1), rng)
    start = (1 - kept) * _uniform((many, 1), rng)
    time = torch.linspace(0, BENDS + 1, length, device=device)
    low = time.long().clamp(max=BENDS)
    between = torch.lerp(bent[:, low], bent[:, low + 1], time - low)
    return (start + kept * between) * (length - 1)


def along(signals: Tensor, places: Tensor) -> Tensor:
    """Signals (N, C, L) read at places (N, M) between their samples, 0..L - 1."""
    low = places.floor().clamp(0, signals.shape[-1] - 1)
    share = (places - low)[:, None]
    low = low.long()[:, None].expand(-1, signals.shape[1], -1)
    high = (low + 1).clamp(max=signals.shape[-1] - 1)
    return torch.lerp(signals.gather(2, low), signals.gather(2, high), share)


def _normal(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=rng, device=rng.device)


def _uniform(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=rng, device=rng.device)
