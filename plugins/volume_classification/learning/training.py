"""The training loop: one network, with a running mean of its weights.

A run knows how far it is by its steps or by its time, whichever is further; the learning rate
follows that, so a run that is short of time still ends with small steps.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from plugins.shared.classification.learner import Learner, batches, settle, spread
from plugins.shared.classification.metrics import balanced_accuracy
from plugins.volume_classification.data.volume_set import VolumeSet, check_trainable
from plugins.volume_classification.errors import TrainingError, VolumeError
from plugins.volume_classification.learning import memory_estimate as memory
from plugins.volume_classification.learning.augment import vary
from plugins.volume_classification.learning.input_form import Form, form_of, tensor
from plugins.volume_classification.learning.metrics import Report, report
from plugins.volume_classification.learning.network import build, check_size
from plugins.volume_classification.learning.trained import Trained
from plugins.volume_classification.settings import Settings

WATCHED = 96
"""Test volumes that the curve during the run is measured on."""
EVERY = 5.0
"""Seconds between two points of that curve, at least."""
SETTLING = 512
"""Training volumes that what batch norms know is measured on in the end."""
STILL = {"shift": 0, "scaling": 0, "tilt": 0, "balance": False}
OFTEN = 1.5
"""Seconds between two words of progress within an epoch, at most."""


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
        device: What it learns on. What comes of it is on the CPU.

    Attributes:
        stopped: Set it to end the run after the batch at hand. What was learnt is kept.
        seconds: Spent so far.
        progress: All so far.

    Raises:
        VolumeError: There is one class, one example of a class, or the sets do not fit.
        TrainingError: The memory does not suffice.
        ParagoneError: The network cannot be made.
    """

    def __init__(
        self,
        settings: Settings,
        sets: tuple[VolumeSet, VolumeSet],
        form: Form | None = None,
        device: str = "cpu",
    ):
        self.settings, (self.train, self.test) = settings, sets
        check_trainable(self.train)
        if self.train.classes != self.test.classes or self.train.size != self.test.size:
            what = "Its classes or its size are not those of the training volumes"
            raise VolumeError(what, where=self.test.title, todo="Divide one set into two.")
        self.form = form or form_of(self.train.values)
        self.stopped, self.seconds, self.steps = False, 0.0, 0
        self.progress: list[Progress] = []
        self._device = torch.device(device)
        self._chance = np.random.default_rng(settings.seed)
        seed = int(self._chance.integers(2**31))
        network = build(settings, len(self.train.classes), seed)
        check_size(network, self.train.size, settings.timm)
        batch = min(settings.batch, len(self.train))
        memory.check(network, self.train.size, batch, self._device)
        network = network.to(self._device)
        self._learner = Learner(network, settings, half=self._device.type == "cuda")
        self._watched = spread(self.test.labels, WATCHED)

    def advance(self) -> Iterator[Progress]:
        """How the run goes on, a word every second or two. Whoever asks for no more pauses it.

        Raises:
            TrainingError: The loss is no number any more, or the memory does not suffice.
        """
        try:
            for one in self._steps():
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
        trained = self._trained(SETTLING)
        logits = trained.logits(self.test.values)
        trained.network.cpu()
        judged = report(logits, self.test.labels, self.train.classes)
        return Outcome(trained, logits, judged, self.seconds, self.steps)

    def _trained(self, many: int) -> Trained:
        """What has been learnt so far, a copy of its own.

        Args:
            many: Training volumes that the batch norms are settled on. They are only turned: what
                is read between voxels is softer than what will be classified.
        """
        chance, still = np.random.default_rng(0), replace(self.settings, **STILL)
        chosen = chance.permutation(len(self.train))[:many]
        network = copy.deepcopy(self._learner.mean)
        settle(
            network,
            (
                vary(network.seen(self._scaled(chosen[batch])), still, chance)
                for batch in batches(self.train.labels[chosen], still, chance)
            ),
        )
        return Trained(network.eval(), self.form, self.train.classes, self.settings)

    def _scaled(self, which: np.ndarray) -> torch.Tensor:
        """Training volumes, as a network takes them, on the device."""
        return self.form.scaled(tensor(self.train.values[which]).to(self._device))

    def _steps(self) -> Iterator[Progress]:
        settings, began = self.settings, time.perf_counter()
        # The whole set lies on the device; each batch is scaled and varied there.
        values = tensor(self.train.values).to(self._device)
        labels = torch.from_numpy(self.train.labels).to(self._device)
        share, epoch, looked, losses = 0.0, 0, began, []
        balanced = float("nan")
        while share < 1 and not self.stopped:
            drawn = list(batches(self.train.labels, settings, self._chance))
            for place, batch in enumerate(drawn, 1):
                which = torch.from_numpy(batch).to(self._device)
                seen = self._learner.network.seen(self.form.scaled(values[which]))
                varied = vary(seen, settings, self._chance)
                losses.append(self._learner.step(varied, labels[which], share))
                self.steps += 1
                spent = time.perf_counter() - began
                share = max(self.steps / settings.steps, (self.seconds + spent) / settings.budget)
                share = 1.0 if self.stopped else min(1.0, share)
                epoch += place == len(drawn)
                if share < 1 and place < len(drawn) and spent < OFTEN:
                    continue
                loss, losses = _mean(losses), []
                if share >= 1 or time.perf_counter() - looked >= EVERY:
                    balanced, looked = self._look(), time.perf_counter()
                self.seconds += time.perf_counter() - began
                yield Progress(self.steps, epoch, loss, self.seconds, share, balanced)
                began = time.perf_counter()
                if share >= 1 or self.stopped:
                    break

    def _look(self) -> float:
        trained = self._trained(WATCHED)
        chosen = trained.logits(self.test.values[self._watched], looks=1)
        return balanced_accuracy(self.test.labels[self._watched], chosen.argmax(1))


def _mean(losses: list[torch.Tensor]) -> float:
    value = float(torch.stack(losses).mean())
    if not np.isfinite(value):
        todo = "Start again with a lower learning rate."
        raise TrainingError("The loss is no number any more", where="rate", todo=todo)
    return value
