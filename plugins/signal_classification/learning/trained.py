"""Networks that have learnt, and what they say of a signal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from plugins.signal_classification.learning.augment import along, paths
from plugins.signal_classification.learning.doubt import Doubt
from plugins.signal_classification.learning.input_form import Form
from plugins.signal_classification.learning.network import Network
from plugins.signal_classification.learning.rocket import Rocket
from plugins.signal_classification.settings import Settings

TOGETHER = 128
"""Signals that pass through a network at once."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What is said of signals.

    Attributes:
        probabilities: (N, classes).
        unlike: (N,) bool: those that are unlike anything that was trained on.
        sets: (N, classes) bool: the classes that each prediction set holds; None: not known.
        why: Why no answer is to be trusted; "": nothing speaks against them.
        notes: What was done to the signals.
    """

    probabilities: np.ndarray
    unlike: np.ndarray
    sets: np.ndarray | None
    why: str
    notes: tuple[str, ...]

    def likely(self, i: int, classes: Sequence[str]) -> tuple[str, ...]:
        """The classes in the prediction set of a signal, the likeliest first."""
        if self.sets is None:
            return ()
        order = np.argsort(-self.probabilities[i], kind="stable")
        return tuple(classes[k] for k in order if self.sets[i, k])


@dataclass(frozen=True, eq=False)
class Trained:
    """Networks that vote, and the form in which they take signals.

    Attributes:
        classes: Their names.
        settings: Of the run that made them.
        rocket: What votes with as much weight as all networks together; None: nothing.
        doubt: How far its answers can be trusted.
    """

    networks: tuple[Network, ...] = field(repr=False)
    form: Form
    classes: tuple[str, ...]
    settings: Settings
    rocket: Rocket | None = field(default=None, repr=False)
    doubt: Doubt = field(default_factory=Doubt, repr=False)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """(N, classes) float32: log of the mean probability over the networks and the looks,
        and over these and the Rocket.

        Args:
            inputs: (N, channels, length) from `form.apply`.
        """
        result = [np.empty((0, len(self.classes)), np.float32)]
        device = (self.rocket or self.networks[0]).head.weight.device
        with torch.inference_mode():
            for batch in torch.from_numpy(inputs).split(TOGETHER) if len(inputs) else ():
                batch = batch.to(device)
                votes = [
                    F.log_softmax(network(look), 1)
                    for look in self._views(batch)
                    for network in self.networks
                ]
                votes = [torch.stack(votes).logsumexp(0) - np.log(len(votes))] if votes else []
                if self.rocket is not None:
                    votes.append(F.log_softmax(self.rocket(batch), 1))
                mean = torch.stack(votes).logsumexp(0) - np.log(len(votes))
                result.append(mean.cpu().numpy())
        return np.concatenate(result)

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        """(N, classes), each row sums to 1."""
        return np.exp(self.logits(inputs))

    def classify(self, series: Sequence[np.ndarray], names: Sequence[str] = ()) -> Answers:
        """Answers to raw signals, each (channels, any length).

        Raises:
            SignalError: One has other channels than the networks take.
        """
        inputs, notes = self.form.apply(series, names)
        return self.answers(inputs, notes)

    def answers(self, inputs: np.ndarray, notes: tuple[str, ...] = ()) -> Answers:
        """Answers to signals (N, channels, length) in the networks' form."""
        shares, known = self.probabilities(inputs), self.doubt.familiar
        unlike = np.zeros(len(inputs), bool) if known is None else known.unlike(inputs)
        return Answers(shares, unlike, self.doubt.sets(shares), self.doubt.why, notes)

    def _views(self, batch: Tensor) -> Iterator[Tensor]:
        yield batch
        rng = torch.Generator().manual_seed(0)  # The same views for every signal, every time.
        for _ in range(self.settings.looks - 1):
            cut = paths(1, batch.shape[-1], self.settings.warp, self.settings.crop, rng)
            yield along(batch, cut.to(batch.device).expand(len(batch), -1))
