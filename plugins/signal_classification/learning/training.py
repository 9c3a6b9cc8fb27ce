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
from plugins.shared.classification.metrics import wilson
from plugins.shared.classification.training import (
    OFTEN,
    ClassifierRun,
    Outcome,
    Progress,
    mean_loss,
)
from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.learning.augment import mixed, shares, vary
from plugins.signal_classification.learning.doubt import Doubt, misfits_of
from plugins.signal_classification.learning.familiar import familiar
from plugins.signal_classification.learning.input_form import Form, form_of
from plugins.signal_classification.learning.learner import Learner
from plugins.signal_classification.learning.metrics import balanced_accuracy, report
from plugins.signal_classification.learning.network import Network, build
from plugins.signal_classification.learning.pace import Pace
from plugins.signal_classification.learning.rocket import Rocket
from plugins.signal_classification.learning.trained import Trained
from plugins.signal_classification.settings import RESNET, ROCKET, Settings

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

    Attributes:
        wanted: Steps of all networks, if time suffices; fewer once one ends early.
        parts: After `finish`, where a Rocket votes: the networks alone, and the Rocket alone.

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
        self.wanted, self.parts, self.rocket_seconds = settings.wanted, (), 0.0
        self._networks: list[Network] = []
        self._rocket: Rocket | None = None
        self._known = spread(train.labels, WATCHED)
        self._watched = spread(test.labels, WATCHED)

    def finish(self) -> Outcome:
        """Evaluate what has been learnt so far; a Rocket has, as soon as the run has begun."""
        return self._evaluate() if self._rocket is not None else super().finish()

    def _learn(self) -> Iterator[Progress]:
        if self.settings.rocket:
            self._rocket = self._fitted()
        for member in range(self.settings.members if self.wanted else 0):
            if self.stopped:
                return
            yield from self._member(member)

    def _evaluate(self) -> Outcome:
        """All together, and in `parts` the networks alone and the Rocket alone, where both are."""
        networks = tuple(network.eval() for network in self._networks)
        doubt = Doubt(
            familiar(self.inputs, self.settings.seed), steps=self.steps, wanted=self.wanted
        )
        whole = Trained(networks, self.form, self.train.classes, self.settings, self._rocket, doubt)
        if not networks or self._rocket is None:
            return self._outcome(whole, whole.logits(self.test_inputs), self.seconds)
        settings = [replace(self.settings, network=name) for name in (RESNET, ROCKET)]
        alone = (
            replace(whole, settings=settings[0], rocket=None),
            replace(whole, settings=settings[1], networks=(), doubt=replace(doubt, wanted=0)),
        )
        votes = [one.logits(self.test_inputs) for one in alone]
        seconds = (self.seconds - self.rocket_seconds, self.rocket_seconds)
        self.parts = tuple(map(self._outcome, alone, votes, seconds))
        if doubt.hardly:  # Networks that have hardly learnt are no help to a Rocket.
            return self.parts[1]
        return self._outcome(whole, np.logaddexp(*votes) - np.log(2), self.seconds)

    def _outcome(self, trained: Trained, logits: np.ndarray, seconds: float) -> Outcome:
        """Judged on the test signals, and on the CPU."""
        labels = self.test.labels
        judged = report(logits, labels, self.train.classes)
        chance = wilson(judged.right, judged.total)[0] <= judged.majority
        misfits = misfits_of(np.exp(logits), labels)
        kept = tuple(copy.deepcopy(network).cpu() for network in trained.networks)
        rocket = trained.rocket and copy.deepcopy(trained.rocket).cpu()
        doubt = replace(trained.doubt, misfits=misfits, chance=chance)
        trained = replace(trained, networks=kept, rocket=rocket, doubt=doubt)
        return Outcome(trained, logits, judged, seconds, self.steps if kept else 0)

    def _fitted(self) -> Rocket:
        """A Rocket that has learnt at most `BY_ROCKET` of the training signals."""
        start = time.perf_counter()
        rocket = Rocket(self.form.channels, self.form.length, len(self.train.classes))
        which = spread(self.train.labels, BY_ROCKET)
        signals = torch.from_numpy(self.inputs[which]).to(self.device)
        rocket.to(self.device).learn(signals, self.train.labels[which], self.settings.seed)
        self.rocket_seconds = time.perf_counter() - start
        self.seconds += self.rocket_seconds
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
        pace = Pace(settings.steps, settings.early)
        looked, balanced, step, share, epoch = 0.0, float("nan"), 0, 0.0, 0
        while share < 1 and not self.stopped:
            losses: list[Tensor] = []
            while share < 1 and not self.stopped:
                signals, targets, last = next(batches)
                losses.append(learner.step(signals, targets, share))
                step, self.steps, epoch = step + 1, self.steps + 1, epoch + last
                spent = self.seconds - own + time.perf_counter() - began
                pace.take(step, lambda: self._right(learner.mean))
                share = min(1.0, max(pace.share, spent / budget))
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
        self.wanted -= pace.saved

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

    def _right(self, network: Network) -> bool:
        """Whether a network names the training signals rightly, of which it sees some."""
        trained = Trained((network.eval(),), self.form, self.train.classes, self.settings)
        chosen = trained.logits(self.inputs[self._known]).argmax(1)
        return bool((chosen == self.train.labels[self._known]).all())

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
