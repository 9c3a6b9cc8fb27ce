"""How one network learns from a batch, and the running mean of its weights."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from plugins.signal_classification.errors import TrainingError
from plugins.signal_classification.network import Network
from plugins.signal_classification.settings import Settings
from plugins.signal_classification.trained import TOGETHER

RISE = 0.1
"""Share of a member's run in which the learning rate rises."""
SETTLED = 512
"""Training signals that batch norms are settled on, at most."""
LARGEST = 1.0
"""Norm that gradients are cut to."""


@torch.no_grad()
def settle(network: Network, inputs: np.ndarray) -> None:
    """Measure the means and deviations that batch norms use, as they are with these weights: those
    gathered on the way belong to other weights (Izmailov et al., "Averaging Weights Leads to Wider
    Optima and Better Generalization", 2018).
    """
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d)]
    pace = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # A plain mean over the batches.
    network.train()
    parts = -(-min(len(inputs), SETTLED) // TOGETHER)
    places = np.linspace(0, len(inputs) - 1, min(len(inputs), SETTLED)).astype(int)
    for part in np.array_split(places, parts):
        network(torch.from_numpy(inputs[part]))
    for norm, momentum in zip(norms, pace, strict=True):
        norm.momentum = momentum
    network.eval()


class Learner:
    """One network, its optimizer, and the running mean of its weights."""

    def __init__(self, network: Network, settings: Settings):
        self.network, self.settings, self.taken = network, settings, 0
        self.mean = copy.deepcopy(network)
        kernels = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        groups = [{"params": kernels, "weight_decay": settings.decay}, {"params": others}]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.rate, weight_decay=0)

    def step(self, signals: Tensor, targets: Tensor, share: float) -> float:
        """Learn from a batch when `share` of the run is over; the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * _schedule(share)
        self.network.train()
        answer = self.network(signals)
        loss = F.cross_entropy(answer, targets, label_smoothing=self.settings.smoothing)
        value = float(loss.detach())
        if not np.isfinite(value):
            todo = "Start again with a lower learning rate."
            raise TrainingError("The loss is no number any more", where="rate", todo=todo)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST)
        self.optimizer.step()
        self.taken += 1
        self._remember()
        return value

    @torch.no_grad()
    def _remember(self) -> None:
        # Early on a plain mean, so that the random start is soon forgotten.
        keep = min(self.settings.average, (self.taken - 1) / (self.taken + 9))
        new = self.network.state_dict()
        for name, tensor in self.mean.state_dict().items():
            if tensor.is_floating_point():
                tensor.lerp_(new[name], 1 - keep)
            else:
                tensor.copy_(new[name])


def _schedule(share: float) -> float:
    if share < RISE:
        return 0.04 + 0.96 * share / RISE
    return float(0.5 * (1 + np.cos(np.pi * (share - RISE) / (1 - RISE)))) + 1e-4
