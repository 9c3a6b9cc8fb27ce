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


def vary(signals: Tensor, settings: Settings, chance: torch.Generator) -> Tensor:
    """Signals (N, C, L), each changed at random as the settings allow.

    Args:
        chance: On the device of the signals.
    """
    many, channels, length = signals.shape
    if settings.warp or settings.crop:
        signals = along(signals, paths(many, length, settings.warp, settings.crop, chance))
    if settings.scaling:
        signals = signals * (1 + settings.scaling * _normal((many, channels, 1), chance))
    if settings.jitter:
        strength = settings.jitter * _normal((many, 1, 1), chance).abs()
        signals = signals + strength * _normal(signals.shape, chance)
    return signals


def shares(many: int, settings: Settings, chance: np.random.Generator) -> np.ndarray:
    """(many,) float32: how much of itself each signal keeps when two are mixed, 0.5..1."""
    if not settings.mixup:
        return np.ones(many, np.float32)
    share = chance.beta(settings.mixup, settings.mixup, many).astype(np.float32)
    return np.maximum(share, 1 - share)


def mixed(
    signals: Tensor, targets: Tensor, share: Tensor, chance: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Each signal with a part of another, and its target (N, classes) likewise (Zhang et al.,
    "mixup: Beyond Empirical Risk Minimization", 2018).

    Args:
        share: (N,) how much each keeps of itself.
    """
    other = torch.randperm(len(signals), generator=chance, device=signals.device)
    one = share[:, None]
    return (
        torch.lerp(signals[other], signals, one[..., None]),
        torch.lerp(targets[other], targets, one),
    )


def paths(many: int, length: int, warp: float, crop: float, chance: torch.Generator) -> Tensor:
    """(many, length): the place in the signal that each sample is taken from, rising, in samples;
    on the device of `chance`.
    """
    device = chance.device
    knots = torch.linspace(0, 1, BENDS + 2, device=device)
    shift = warp / 2 * (2 * _uniform((many, BENDS), chance) - 1)
    bent = torch.nn.functional.pad(shift, (1, 1)) + knots
    bent = bent.clamp(0, 1).cummax(1).values
    kept = 1 - crop * _uniform((many, 1), chance)
    start = (1 - kept) * _uniform((many, 1), chance)
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


def _normal(shape: tuple[int, ...], chance: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=chance, device=chance.device)


def _uniform(shape: tuple[int, ...], chance: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=chance, device=chance.device)
