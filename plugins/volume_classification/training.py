"""The training loop: one network, with a running mean of its weights.

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

from plugins.volume_classification.augment import vary
from plugins.volume_classification.errors import TrainingError, VolumeError
from plugins.volume_classification.form import Form, form_of
from plugins.volume_classification.measures import Report, balanced_accuracy, report
from plugins.volume_classification.network import Network, build
from plugins.volume_classification.sets import VolumeSet, check_trainable
from plugins.volume_classification.settings import Settings
from plugins.volume_classification.trained import Trained

RISE = 0.1
"""Share of a run in which the learning rate rises."""
WATCHED = 96
"""Test volumes that the curve during the run is measured on."""
EVERY = 5.0
"""Seconds between two points of that curve, at least."""
LARGEST = 1.0
"""Norm that gradients are cut to."""


@dataclass(frozen=True)
class Progress:
    """Where a run is.

    Attributes:
        step: Steps so far.
        epoch: Passes through the training volumes.
        loss: Mean since the last progress.
        seconds: Since the run began, pauses left out.
        share: Of the whole run, 0..1.
        balanced: Balanced accuracy on at most `WATCHED` test volumes, as last measured; NaN before.
            Nothing is chosen by it.
    """

    step: int
    epoch: int
    loss: float
    seconds: float
    share: float
    balanced: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run came to.

    Attributes:
        logits: (N, classes) of the test volumes.
        report: On the test volumes.
        seconds: Of training, pauses left out.
        steps: That were taken.
    """

    trained: Trained
    logits: np.ndarray = field(repr=False)
    report: Report
    seconds: float
    steps: int


class Run:
    """One run.

    Args:
        sets: To train on and to test on, of the same classes and size; nothing is chosen by the
            second.
        form: How the network takes volumes; None: as fits the training volumes.

    Attributes:
        stopped: Set it to end the run after the batch at hand. What was learnt is kept.
        seconds: Spent so far.
        progress: All so far.

    Raises:
        VolumeError: There is one class, one example of a class, or the sets do not fit.
        ParagoneError: The network cannot be made.
    """

    def __init__(
        self, settings: Settings, sets: tuple[VolumeSet, VolumeSet], form: Form | None = None
    ):
        self.settings, (self.train, self.test) = settings, sets
        check_trainable(self.train)
        if self.train.classes != self.test.classes or self.train.size != self.test.size:
            what = "Its classes or its size are not those of the training volumes"
            raise VolumeError(what, where=self.test.title, todo="Divide one set into two.")
        self.form = form or form_of(self.train.values)
        self.stopped, self.seconds, self.steps = False, 0.0, 0
        self.progress: list[Progress] = []
        self._chance = np.random.default_rng(settings.seed)
        seed = int(self._chance.integers(2**31))
        self._network = build(settings, len(self.train.classes), seed)
        self._mean = copy.deepcopy(self._network)
        self._watched = _spread(self.test.labels, WATCHED)

    def advance(self) -> Iterator[Progress]:
        """The epochs of the run, each when it is over. Whoever asks for no more pauses it.

        Raises:
            TrainingError: The loss is no number any more, or the memory does not suffice.
        """
        try:
            for one in self._epochs():
                self.progress.append(one)
                yield one
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "memory" not in str(error).lower():
                raise
            todo = "Choose smaller batches, a narrower network or smaller volumes."
            what = f"The memory does not suffice for batches of {self.settings.batch} volumes"
            raise TrainingError(what, where="batch", todo=todo) from error

    def finish(self) -> Outcome:
        """Judge what has been learnt so far.

        Raises:
            TrainingError: Nothing has been learnt yet.
        """
        if not self.steps:
            todo = "Let it run for a few seconds at least."
            raise TrainingError("The run was stopped before its first step", todo=todo)
        trained = self._trained()
        logits = trained.logits(self.test.values)
        judged = report(logits, self.test.labels, self.train.classes)
        return Outcome(trained, logits, judged, self.seconds, self.steps)

    def _trained(self) -> Trained:
        return Trained(self._mean.eval(), self.form, self.train.classes, self.settings)

    def _epochs(self) -> Iterator[Progress]:
        settings, began = self.settings, time.perf_counter()
        learner = _Learner(self._network, self._mean, settings)
        looked, balanced, share, epoch = began, float("nan"), 0.0, 0
        while share < 1 and not self.stopped:
            losses: list[float] = []
            for batch in _batches(self.train.labels, settings, self._chance):
                volumes = self.form.scaled(self.train.values[batch])
                volumes = vary(volumes, settings, self._chance)
                losses.append(learner.step(volumes, self.train.labels[batch], share))
                self.steps += 1
                spent = self.seconds + time.perf_counter() - began
                share = min(1.0, max(self.steps / settings.steps, spent / settings.budget))
                if share >= 1 or self.stopped:
                    break
            epoch += 1
            now = time.perf_counter()
            if share >= 1 or now - looked >= EVERY:
                balanced, looked = self._look(), time.perf_counter()
            self.seconds += time.perf_counter() - began
            loss = float(np.mean(losses))
            yield Progress(self.steps, epoch, loss, self.seconds, share, balanced)
            began = time.perf_counter()

    def _look(self) -> float:
        chosen = self._trained().logits(self.test.values[self._watched], looks=1).argmax(1)
        return balanced_accuracy(self.test.labels[self._watched], chosen)


class _Learner:
    """One network, its optimizer, and the running mean of its weights."""

    def __init__(self, network: Network, mean: Network, settings: Settings):
        self.network, self.mean, self.settings, self.taken = network, mean, settings, 0
        kernels = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        groups = [{"params": kernels, "weight_decay": settings.decay}, {"params": others}]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.rate, weight_decay=0)

    def step(self, volumes: Tensor, labels: np.ndarray, share: float) -> float:
        """Learn from a batch when `share` of the run is over; the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * _schedule(share)
        answer = self.network.train()(volumes)
        smoothing = self.settings.smoothing
        loss = F.cross_entropy(answer, torch.from_numpy(labels), label_smoothing=smoothing)
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
    """One pass: every volume once, or every class as often as any other. No batch of one, which a
    batch norm cannot take.
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
