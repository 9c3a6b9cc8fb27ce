"""How one network learns from a batch of signals, on a GPU quickly and the same each time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from plugins.shared.classification import learner
from plugins.signal_classification.learning.network import Network
from plugins.signal_classification.settings import Settings


class Learner(learner.Learner):
    """One network, its optimizer, and the running mean of its weights.

    Args:
        network: On the device that it learns on.

    Attributes:
        mean: The network with the running mean of the weights: what is kept in the end.
    """

    def __init__(self, network: Network, settings: Settings):
        super().__init__(network, settings)
        self._known = False

    def step(self, signals: Tensor, targets: Tensor, share: float) -> Tensor:
        """Learn from a batch when `share` of the run is over; the loss, still on the device.

        All batches have one size.
        """
        with _repeatable(signals.device):
            if signals.is_cuda and not self._known:
                self._known = True
                _as_graph(self.network.train(), signals)
            return super().step(signals, targets, share)


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
