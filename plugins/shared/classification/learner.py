"""One network that learns batch by batch, with a running mean of its weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from plugins.shared.classification.recipe import Recipe

RISE = 0.1
"""Share of a run in which the learning rate rises."""
LARGEST = 1.0
"""Norm that gradients are cut to."""


class Learner:
    """One network, its optimizer, and the running mean of its weights.

    Args:
        network: On the device that it learns on.
        half: Whether it counts in bfloat16 where that is safe; its weights stay float32.

    Attributes:
        taken: Steps so far.
    """

    def __init__(self, network: nn.Module, settings: Recipe, half: bool = False):
        self.network, self.settings, self.half, self.taken = network, settings, half, 0
        self._averaged = AveragedModel(
            network, multi_avg_fn=self._average, use_buffers=True
        )  # What batch norms measured is averaged as well.
        kernels = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        groups = [{"params": kernels, "weight_decay": settings.decay}, {"params": others}]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.rate, weight_decay=0, fused=True)

    @property
    def mean(self) -> nn.Module:
        """The network with the running mean of the weights."""
        return self._averaged.module

    def step(self, inputs: Tensor, targets: Tensor, share: float) -> Tensor:
        """Learn from a batch when `share` of the run is over.

        Args:
            targets: (N,) indices of classes, or (N, classes) shares of them.

        Returns:
            The loss, still on its device; it may be no number.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * schedule(share)
        self.network.train()
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=self.half):
            answer = self.network(inputs)
        smoothing = self.settings.smoothing
        loss = F.cross_entropy(answer.float(), targets, label_smoothing=smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST)
        self.optimizer.step()
        self.taken += 1
        self._averaged.update_parameters(self.network)
        return loss.detach()

    @torch.no_grad()
    def _average(self, means: Sequence[Tensor], new: Sequence[Tensor], _: Tensor | int) -> None:
        if not means[0].is_floating_point():  # Counters of batches.
            torch._foreach_copy_(means, new)
            return
        # Early on a plain mean, so that the random start is soon forgotten.
        keep = min(self.settings.average, (self.taken - 1) / (self.taken + 9))
        torch._foreach_lerp_(means, new, 1 - keep)


@torch.no_grad()
def settle(network: nn.Module, inputs: Iterable[Tensor]) -> None:
    """Measure anew what batch norms know of their inputs, from inputs as they will be later on:
    what was gathered on the way belongs to other weights (Izmailov et al., "Averaging Weights Leads
    to Wider Optima and Better Generalization", 2018) and to inputs that were varied.

    Args:
        inputs: Batches of two or more; their plain mean counts.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    norms = [norm for norm in norms if norm.track_running_stats]
    if not norms:
        return
    network.eval()
    pace = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    for one in inputs:
        network(one)
    for norm, momentum in zip(norms, pace, strict=True):
        norm.momentum = momentum
    network.eval()


def schedule(share: float) -> float:
    """The learning rate as a part of the highest when `share` of the run is over: it rises, then
    falls as a cosine does.
    """
    if share < RISE:
        return 0.04 + 0.96 * share / RISE
    return float(0.5 * (1 + np.cos(np.pi * (share - RISE) / (1 - RISE)))) + 1e-4


def batches(labels: np.ndarray, settings: Recipe, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """One pass, as indices: every example once, or every class as often as any other. No batch is
    larger than asked for, and none is of one, which a batch norm cannot take; so three examples
    stay together.
    """
    order = rng.permutation(len(labels))
    if settings.balance:
        weight = 1 / np.bincount(labels)[labels]
        order = rng.choice(len(labels), len(labels), p=weight / weight.sum())
    count = max(1, min(math.ceil(len(order) / settings.batch), len(order) // 2))
    yield from np.array_split(order, count)
