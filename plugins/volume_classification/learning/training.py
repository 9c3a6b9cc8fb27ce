"""The training loop of volumes: one network, with a running mean of its weights."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch

from plugins.shared.classification.labelled import check_trainable, spread
from plugins.shared.classification.learner import Learner, batches, settle
from plugins.shared.classification.metrics import balanced_accuracy
from plugins.shared.classification.training import (
    OFTEN,
    ClassifierRun,
    Outcome,
    Progress,
    mean_loss,
)
from plugins.volume_classification.data.units import all_like_hounsfield
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.errors import VolumeError
from plugins.volume_classification.learning import memory_estimate
from plugins.volume_classification.learning.augment import vary
from plugins.volume_classification.learning.input_form import Form, form_of, ranges_of, tensor
from plugins.volume_classification.learning.metrics import report
from plugins.volume_classification.learning.network import build, check_size
from plugins.volume_classification.learning.trained import Trained
from plugins.volume_classification.settings import AUTO, EACH, Settings

WATCHED = 96
"""Test volumes that the curve during the run is measured on."""
EVERY = 5.0
"""Seconds between two points of that curve, at least."""
SETTLING = 512
"""Training volumes that what batch norms know is measured on in the end."""
TRIALS = 5
SPARE = 0.85
"""Share of the time that is for training; the rest is for judging."""
STILL = {"shift": 0, "scaling": 0, "tilt": 0, "balance": False}


def form_for(train: VolumeSet, scale: str = AUTO) -> Form:
    """How a network takes the volumes of a set.

    Args:
        scale: A key of `settings.SCALES`.
    """
    each = not fixed_units(train) if scale == AUTO else scale == EACH
    return form_of(train.values, each=each)


def fixed_units(volumes: VolumeSet) -> bool:
    """Whether the values of a set count as Hounsfield units."""
    return all_like_hounsfield(volumes.values, volumes.units)


def fair(runs: Mapping[str, Run], seconds: float) -> None:
    """Give all runs the same number of steps, as many as fit into some seconds altogether, so that
    all see the volumes equally often, however long a step of each takes.
    """
    paces = {kind: run.pace() for kind, run in runs.items()}
    fitting = int(SPARE * seconds / sum(paces.values()))
    for kind, run in runs.items():
        steps = max(1, min(fitting, run.settings.steps))
        # More time than it should take, for a machine that becomes busy meanwhile.
        most = max(3 * steps * paces[kind], seconds / len(runs), 0.1)
        run.settings = replace(run.settings, steps=steps, budget=most)


class Run(ClassifierRun):
    """One run.

    Args:
        sets: To train on and to test on, of the same classes and size; nothing is chosen by the
            second.
        form: How the network takes volumes; None: as fits the training volumes.
        device: What it learns on. What comes of it is on the CPU.
        memory: Bytes that this process may hold; None: as much as there is.

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
        memory: int | None = None,
    ):
        smaller = "Choose smaller batches, a narrower network or smaller volumes."
        too_large = "The memory does not suffice for batches of {n} volumes"
        super().__init__(settings, too_large, smaller, device)
        self.train, self.test = sets
        check_trainable(self.train)
        if self.train.classes != self.test.classes or self.train.size != self.test.size:
            what = "Its classes or its size are not those of the training volumes"
            raise VolumeError(what, where=self.test.title, todo="Divide one set into two.")
        self.form = form or form_for(self.train, settings.scale)
        self._ranges = ranges_of(self.train.values) if self.form.each else None
        self._chance = np.random.default_rng(settings.seed)
        seed = int(self._chance.integers(2**31))
        network = build(settings, len(self.train.classes), seed)
        check_size(network, self.train.size, settings.timm)
        batch = min(settings.batch, len(self.train))
        memory_estimate.check(network, self.train.size, batch, self.device, memory)
        network = network.to(self.device)
        self._learner = Learner(network, settings, half=self.device.type == "cuda")
        self._watched = spread(self.test.labels, WATCHED)

    def pace(self) -> float:
        """Seconds that a step takes now, as a trial on a copy tells; nothing is learnt by it."""
        learner, rng = copy.deepcopy(self._learner), np.random.default_rng(0)
        which = next(iter(batches(self.train.labels, self.settings, rng)))
        labels, times = torch.from_numpy(self.train.labels[which]).to(self.device), []
        for _ in range(TRIALS):
            began = time.perf_counter()
            varied = vary(learner.network.seen(self._scaled(which)), self.settings, rng)
            float(learner.step(varied, labels, 0.5))  # So that a GPU has done it.
            times.append(time.perf_counter() - began)
        return max(times[1:])  # The first one also reserves memory.

    @property
    def passes(self) -> float:
        """How often each training volume was seen, on average."""
        return self.steps * min(self.settings.batch, len(self.train)) / len(self.train)

    def _evaluate(self) -> Outcome:
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
        rng, still = np.random.default_rng(0), replace(self.settings, **STILL)
        chosen = rng.permutation(len(self.train))[:many]
        network = copy.deepcopy(self._learner.mean)
        settle(
            network,
            (
                vary(network.seen(self._scaled(chosen[batch])), still, rng)
                for batch in batches(self.train.labels[chosen], still, rng)
            ),
        )
        return Trained(network.eval(), self.form, self.train.classes, self.settings)

    def _scaled(self, which: np.ndarray) -> torch.Tensor:
        """Training volumes, as a network takes them, on the device."""
        ranges = None if self._ranges is None else self._ranges[which]
        return self.form.scaled(tensor(self.train.values[which]).to(self.device), ranges)

    def _learn(self) -> Iterator[Progress]:
        settings, began = self.settings, time.perf_counter()
        # The whole set lies on the device; each batch is scaled and varied there.
        values = tensor(self.train.values).to(self.device)
        labels = torch.from_numpy(self.train.labels).to(self.device)
        share, epoch, looked, losses = 0.0, 0, began, []
        balanced = float("nan")
        while share < 1 and not self.stopped:
            drawn = list(batches(self.train.labels, settings, self._chance))
            for place, batch in enumerate(drawn, 1):
                which = torch.from_numpy(batch).to(self.device)
                ranges = None if self._ranges is None else self._ranges[batch]
                seen = self._learner.network.seen(self.form.scaled(values[which], ranges))
                varied = vary(seen, settings, self._chance)
                losses.append(self._learner.step(varied, labels[which], share))
                self.steps += 1
                spent = time.perf_counter() - began
                share = max(self.steps / settings.steps, (self.seconds + spent) / settings.budget)
                share = 1.0 if self.stopped else min(1.0, share)
                epoch += place == len(drawn)
                if share < 1 and place < len(drawn) and spent < OFTEN:
                    continue
                loss, losses = mean_loss(losses), []
                if share >= 1 or time.perf_counter() - looked >= EVERY:
                    balanced, looked = self._watched_accuracy(), time.perf_counter()
                self.seconds += time.perf_counter() - began
                yield Progress(
                    step=self.steps,
                    epoch=epoch,
                    loss=loss,
                    seconds=self.seconds,
                    share=share,
                    balanced=balanced,
                )
                began = time.perf_counter()
                if share >= 1 or self.stopped:
                    break

    def _watched_accuracy(self) -> float:
        trained = self._trained(WATCHED)
        chosen = trained.logits(self.test.values[self._watched], looks=1)
        return balanced_accuracy(self.test.labels[self._watched], chosen.argmax(1))
