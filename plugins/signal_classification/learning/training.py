"""The training loop of signals: several networks one after another, each with a running mean of its
weights.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from plugins.shared.classification.labelled import check_trainable, spread
from plugins.shared.classification.training import (
    OFTEN,
    ClassifierRun,
    Outcome,
    Progress,
    mean_loss,
)
from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.learning.augment import mixed, shares, vary
from plugins.signal_classification.learning.input_form import Form, form_of
from plugins.signal_classification.learning.learner import Learner
from plugins.signal_classification.learning.metrics import balanced_accuracy, report
from plugins.signal_classification.learning.network import Network, build
from plugins.signal_classification.learning.rocket import Rocket
from plugins.signal_classification.learning.trained import Trained
from plugins.signal_classification.settings import Settings

WATCHED = 200
"""Test signals that the curve during the run is measured on."""
EVERY = 3.0
"""Seconds between two points of that curve, at least."""
BY_ROCKET = 4000
"""Training signals that a Rocket learns from at most: the memory for more grows with the square."""
TELLING = 10
"""Steps between two progresses, at least: to tell one, a GPU has to be waited for."""


class Run(ClassifierRun):
    """One run.

    Args:
        train, test: With the same classes and channels; nothing is chosen by `test`.
        form: How the network takes signals; None: as fits the training signals.
        device: Where it learns, as torch calls it. What comes out is on the CPU.

    Raises:
        SignalError: There is one class, one example of a class, or other channels in `test`.
        ParagoneError: The network cannot be made.
    """

    def __init__(
        self,
        settings: Settings,
        train: SignalSet,
        test: SignalSet,
        form: Form | None = None,
        device: str = "cpu",
    ):
        check_trainable(train)
        smaller = "Choose smaller batches, a narrower network or shorter signals."
        too_large = "The memory does not suffice for batches of {n} signals"
        super().__init__(settings, too_large, smaller, device)
        self.train, self.test = train, test
        self.form = form or form_of(train)
        self.inputs, notes = self.form.apply(train.series, train.names)
        self.test_inputs, more = self.form.apply(test.series, test.names)
        self.notes = tuple(
            [f"Training: {note}" for note in notes] + [f"Test: {note}" for note in more]
        )
        self._networks: list[Network] = []
        self._watched = spread(test.labels, WATCHED)

    def _learn(self) -> Iterator[Progress]:
        for member in range(self.settings.members):
            if self.stopped:
                return
            yield from self._member(member)

    def _evaluate(self) -> Outcome:
        networks = tuple(network.eval() for network in self._networks)
        rocket = self._rocket() if self.settings.rocket else None
        trained = Trained(networks, self.form, self.train.classes, self.settings, rocket)
        logits = trained.logits(self.test_inputs)
        judged = report(logits, self.test.labels, self.train.classes)
        kept = tuple(copy.deepcopy(network).cpu() for network in networks)
        trained = replace(trained, networks=kept, rocket=rocket and copy.deepcopy(rocket).cpu())
        return Outcome(trained, logits, judged, self.seconds, self.steps)

    def _rocket(self) -> Rocket:
        """A Rocket that has learnt at most `BY_ROCKET` of the training signals."""
        start = time.perf_counter()
        rocket = Rocket(self.form.channels, self.form.length, len(self.train.classes))
        which = spread(self.train.labels, BY_ROCKET)
        signals = torch.from_numpy(self.inputs[which]).to(self.device)
        rocket.to(self.device).learn(signals, self.train.labels[which], self.settings.seed)
        self.seconds += time.perf_counter() - start
        return rocket

    def _member(self, member: int) -> Iterator[Progress]:
        settings, began = self.settings, time.perf_counter()
        rng = np.random.default_rng((settings.seed, member))
        network = build(settings, self.form, len(self.train.classes), int(rng.integers(2**31)))
        learner = Learner(network.to(self.device), settings)
        self._networks.append(learner.mean)
        batches = self._batches(rng)
        own = self.seconds  # Seconds when this member began.
        budget = max((settings.budget - own) / (settings.members - member), 1e-3)
        looked, balanced, step, share, epoch = 0.0, float("nan"), 0, 0.0, 0
        while share < 1 and not self.stopped:
            losses: list[Tensor] = []
            while share < 1 and not self.stopped:
                signals, targets, last = next(batches)
                losses.append(learner.step(signals, targets, share))
                step, self.steps, epoch = step + 1, self.steps + 1, epoch + last
                spent = self.seconds - own + time.perf_counter() - began
                share = min(1.0, max(step / settings.steps, spent / budget))
                told = last and len(losses) >= TELLING
                if told or time.perf_counter() - began >= OFTEN:
                    break
            loss = mean_loss(losses)
            now = time.perf_counter()
            if share >= 1 or now - looked >= EVERY:
                balanced, looked = self._watched_accuracy(learner.mean), time.perf_counter()
            self.seconds += time.perf_counter() - began
            yield Progress(
                step=step,
                epoch=epoch,
                loss=loss,
                seconds=self.seconds,
                share=(member + share) / settings.members,
                balanced=balanced,
                member=member,
                members=settings.members,
            )
            began = time.perf_counter()

    def _batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, bool]]:
        """Endless batches: signals (N, C, L) as they might have been, targets (N, classes), and
        whether a pass ends with it.
        """
        settings, device = self.settings, self.device
        signals = torch.from_numpy(self.inputs).to(device)
        targets = F.one_hot(torch.from_numpy(self.train.labels), len(self.train.classes))
        targets = targets.float().to(device)
        bent = torch.Generator(device).manual_seed(int(rng.integers(2**31)))
        while True:
            # All batches of one size, which a GPU and batch norms like; what is left over waits
            # for another pass.
            order = _order(self.train.labels, settings.balance, rng)
            count = max(1, min(round(len(order) / settings.batch), len(order) // 2))
            order = order[: len(order) // count * count].reshape(count, -1)
            kept = torch.from_numpy(shares(order.size, settings, rng)).to(device)
            places = torch.from_numpy(order).to(device)
            parts = zip(places, kept.reshape(order.shape), strict=True)
            for i, (which, share) in enumerate(parts):
                batch = vary(signals[which], settings, bent), targets[which]
                if settings.mixup:
                    batch = mixed(*batch, share, bent)
                yield *batch, i == count - 1

    def _watched_accuracy(self, network: Network) -> float:
        trained = Trained((network.eval(),), self.form, self.train.classes, self.settings)
        chosen = trained.logits(self.test_inputs[self._watched]).argmax(1)
        return balanced_accuracy(self.test.labels[self._watched], chosen)


def _order(labels: np.ndarray, balance: bool, rng: np.random.Generator) -> np.ndarray:
    """One pass: every signal once, or every class as often as any other."""
    if not balance:
        return rng.permutation(len(labels))
    weight = 1 / np.bincount(labels)[labels]
    return rng.choice(len(labels), len(labels), p=weight / weight.sum())
