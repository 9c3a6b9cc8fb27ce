"""The training loop: several networks one after another, each with a running mean of its weights.

A run knows how far it is by its steps or by its time, whichever is further; the learning rate
follows that, so a run that is short of time still ends with small steps.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from plugins.signal_classification.augment import mixed, vary
from plugins.signal_classification.errors import TrainingError
from plugins.signal_classification.form import Form, form_of
from plugins.signal_classification.measures import Report, balanced_accuracy, report
from plugins.signal_classification.network import Network, build
from plugins.signal_classification.settings import Settings
from plugins.signal_classification.signals import SignalSet, check_trainable
from plugins.signal_classification.trained import Trained

RISE = 0.1
"""Share of a member's run in which the learning rate rises."""
WATCHED = 200
"""Test signals that the curve during the run is measured on."""
EVERY = 3.0
"""Seconds between two points of that curve, at least."""
LARGEST = 1.0
"""Norm that gradients are cut to."""


@dataclass(frozen=True)
class Progress:
    """Where a run is.

    Attributes:
        member: Which network learns, counted from 0, of `members`.
        epoch: Passes of this member through the training signals.
        step: Steps of this member.
        loss: Mean since the last progress.
        seconds: Since the run began, pauses left out.
        share: Of the whole run, 0..1.
        balanced: Balanced accuracy of the member on at most `WATCHED` test signals, as last
            measured; NaN before. Nothing is chosen by it.
    """

    member: int
    members: int
    epoch: int
    step: int
    loss: float
    seconds: float
    share: float
    balanced: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run came to.

    Attributes:
        logits: (N, classes) of the test signals.
        report: On the test signals.
        seconds: Of training, pauses left out.
        steps: Of all members.
    """

    trained: Trained
    logits: np.ndarray = field(repr=False)
    report: Report
    seconds: float
    steps: int


class Run:
    """One run.

    Args:
        train, test: With the same classes and channels; nothing is chosen by `test`.
        form: How the network takes signals; None: as fits the training signals.

    Attributes:
        stopped: Set it to end the run after the batch at hand. What was learnt is kept.
        seconds: Spent so far.
        progress: One for each epoch so far.

    Raises:
        SignalError: There is one class, one example of a class, or other channels in `test`.
        ParagoneError: The network cannot be made.
    """

    def __init__(
        self, settings: Settings, train: SignalSet, test: SignalSet, form: Form | None = None
    ):
        check_trainable(train)
        self.settings, self.train, self.test = settings, train, test
        self.form = form or form_of(train)
        self.inputs, notes = self.form.apply(train.series, train.names)
        self.test_inputs, more = self.form.apply(test.series, test.names)
        self.notes = tuple(
            [f"Training: {note}" for note in notes] + [f"Test: {note}" for note in more]
        )
        self.stopped, self.seconds, self.progress = False, 0.0, []
        self._networks: list[Network] = []
        self._steps = 0
        self._watched = _spread(test.labels, WATCHED)

    def advance(self) -> Iterator[Progress]:
        """The epochs of the run, each when it is over. Whoever asks for no more pauses it.

        Raises:
            TrainingError: The loss is no number any more, or the memory does not suffice.
        """
        for member in range(self.settings.members):
            if self.stopped:
                return
            try:
                for one in self._member(member):
                    self.progress.append(one)
                    yield one
            except (MemoryError, RuntimeError) as error:
                if not isinstance(error, MemoryError) and "memory" not in str(error).lower():
                    raise
                todo = "Choose smaller batches, a narrower network or shorter signals."
                what = f"The memory does not suffice for batches of {self.settings.batch} signals"
                raise TrainingError(what, where="batch", todo=todo) from error

    def finish(self) -> Outcome:
        """Judge what has been learnt so far.

        Raises:
            TrainingError: Nothing has been learnt yet.
        """
        if not self._networks:
            todo = "Let it run for a few seconds at least."
            raise TrainingError("The run was stopped before its first step", todo=todo)
        networks = tuple(network.eval() for network in self._networks)
        trained = Trained(networks, self.form, self.train.classes, self.settings)
        logits = trained.logits(self.test_inputs)
        judged = report(logits, self.test.labels, self.train.classes)
        return Outcome(trained, logits, judged, self.seconds, self._steps)

    def _member(self, member: int) -> Iterator[Progress]:
        settings, began = self.settings, time.perf_counter()
        chance = np.random.default_rng((settings.seed, member))
        network = build(settings, self.form, len(self.train.classes), int(chance.integers(2**31)))
        mean = copy.deepcopy(network)
        self._networks.append(mean)
        learner = _Learner(network, mean, settings)
        own = self.seconds  # Seconds when this member began.
        budget = max((settings.budget - own) / (settings.members - member), 1e-3)
        looked, balanced, step, share, epoch = 0.0, float("nan"), 0, 0.0, 0
        while share < 1 and not self.stopped:
            losses: list[float] = []
            for batch in _batches(self.train.labels, settings, chance):
                losses.append(learner.step(*self._drawn(batch, chance), share))
                step, self._steps = step + 1, self._steps + 1
                spent = self.seconds - own + time.perf_counter() - began
                share = min(1.0, max(step / settings.steps, spent / budget))
                if share >= 1 or self.stopped:
                    break
            epoch += 1
            now = time.perf_counter()
            if share >= 1 or now - looked >= EVERY:
                balanced, looked = self._look(mean), time.perf_counter()
            self.seconds += time.perf_counter() - began
            whole = (member + share) / settings.members
            yield Progress(
                member,
                settings.members,
                epoch,
                step,
                float(np.mean(losses)),
                self.seconds,
                whole,
                balanced,
            )
            began = time.perf_counter()

    def _drawn(self, batch: np.ndarray, chance: np.random.Generator) -> tuple[Tensor, Tensor]:
        settings = self.settings
        signals = vary(torch.from_numpy(self.inputs[batch]), settings, chance)
        labels = torch.from_numpy(self.train.labels[batch])
        targets = F.one_hot(labels, len(self.train.classes)).float()
        return mixed(signals, targets, settings, chance)

    def _look(self, network: Network) -> float:
        trained = Trained((network.eval(),), self.form, self.train.classes, self.settings)
        chosen = trained.logits(self.test_inputs[self._watched]).argmax(1)
        return balanced_accuracy(self.test.labels[self._watched], chosen)


class _Learner:
    """One network, its optimizer, and the running mean of its weights."""

    def __init__(self, network: Network, mean: Network, settings: Settings):
        self.network, self.mean, self.settings, self.taken = network, mean, settings, 0
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


def _batches(
    labels: np.ndarray, settings: Settings, chance: np.random.Generator
) -> Iterator[np.ndarray]:
    """One pass: every signal once, or every class as often as any other. No batch of one, which
    a batch norm cannot take.
    """
    order = chance.permutation(len(labels))
    if settings.balance:
        weight = 1 / np.bincount(labels)[labels]
        order = chance.choice(len(labels), len(labels), p=weight / weight.sum())
    count = max(1, round(len(order) / min(settings.batch, len(order))))
    yield from np.array_split(order, count)


def _spread(labels: np.ndarray, most: int) -> np.ndarray:
    """At most so many indices, of every class in turn."""
    if len(labels) <= most:
        return np.arange(len(labels))
    rank = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        rank[own] = np.arange(len(own))
    return np.sort(np.argsort(rank, kind="stable")[:most])
