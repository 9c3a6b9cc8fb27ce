"""How one network learns from a batch, and the running mean of its weights."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from plugins.signal_classification.network import Network
from plugins.signal_classification.settings import Settings

RISE = 0.1
"""Share of a member's run in which the learning rate rises."""
LARGEST = 1.0
"""Norm that gradients are cut to."""


class Learner:
    """One network, its optimizer, and the running mean of its weights.

    Args:
        network: On the device that it learns on.

    Attributes:
        mean: The network with the running mean of the weights: what is kept in the end.
    """

    def __init__(self, network: Network, settings: Settings):
        self.network, self.settings, self.taken = network, settings, 0
        self.mean = copy.deepcopy(network)
        kernels = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        groups = [{"params": kernels, "weight_decay": settings.decay}, {"params": others}]
        self.optimizer = torch.optim.AdamW(groups, settings.rate, weight_decay=0, fused=True)
        states = self.mean.state_dict(), network.state_dict()
        pairs = list(zip(*(state.values() for state in states), strict=True))
        self._mean, self._new = zip(*[p for p in pairs if p[0].is_floating_point()], strict=True)
        self._counted = [p for p in pairs if not p[0].is_floating_point()]
        self._known = False

    def step(self, signals: Tensor, targets: Tensor, share: float) -> Tensor:
        """Learn from a batch when `share` of the run is over; the loss, still on the device.

        All batches have one size.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * _schedule(share)
        self.network.train()
        with _repeatable(signals.device):
            if signals.is_cuda and not self._known:
                self._known = True
                _as_graph(self.network, signals)
            answer = self.network(signals)
            loss = F.cross_entropy(answer, targets, label_smoothing=self.settings.smoothing)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST)
        self.optimizer.step()
        self.taken += 1
        self._remember()
        return loss.detach()

    @torch.no_grad()
    def _remember(self) -> None:
        # Early on a plain mean, so that the random start is soon forgotten. What batch norms
        # measured is averaged as well; measured anew with the mean weights it was no better.
        keep = min(self.settings.average, (self.taken - 1) / (self.taken + 9))
        torch._foreach_lerp_(self._mean, self._new, 1 - keep)
        for mean, new in self._counted:
            mean.copy_(new)


def _as_graph(network: Network, signals: Tensor) -> None:
    """Let a GPU do all that a network does with a batch of this size at one command: its kernels
    are so small that it would wait for the commands. A network that cannot be so recorded learns
    without.
    """
    kept = [(buffer, buffer.clone()) for buffer in network.buffers()]
    with contextlib.suppress(RuntimeError):
        torch.cuda.make_graphed_callables(network, (signals.clone(),))
    with torch.no_grad():
        for buffer, value in kept:  # Recording runs the network, and batch norms take notice.
            buffer.copy_(value)


@contextlib.contextmanager
def _repeatable(device: torch.device) -> Iterator[None]:
    """On a GPU the quickest convolutions add in an order that changes from run to run."""
    if device.type != "cuda":
        yield
        return
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before


def _schedule(share: float) -> float:
    if share < RISE:
        return 0.04 + 0.96 * share / RISE
    return float(0.5 * (1 + np.cos(np.pi * (share - RISE) / (1 - RISE)))) + 1e-4
