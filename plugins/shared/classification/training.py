"""What the runs of all classifiers have in common: progress, outcome, and how one ends.

A run knows how far it is by its steps or by its time, whichever is further; the learning rate
follows that, so a run that is short of time still ends with small steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from plugins.shared.classification.errors import TrainingError
from plugins.shared.classification.metrics import Tally
from plugins.shared.classification.recipe import Recipe
from weights.messages import say

OFTEN = 1.5
"""Seconds between two words of progress within an epoch, at most."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run is.

    Attributes:
        step: Steps of the network that learns.
        epoch: Its passes through the training examples.
        loss: Mean since the last progress.
        seconds: Since the run began, pauses left out.
        share: Of the whole run, 0..1.
        balanced: Balanced accuracy on a part of the test examples, as last measured; NaN before.
            Nothing is chosen by it.
        member: Which network learns, counted from 0, of `members`.
    """

    step: int
    epoch: int
    loss: float
    seconds: float
    share: float
    balanced: float
    member: int = 0
    members: int = 1


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run came to.

    Attributes:
        trained: What has learnt, on the CPU.
        logits: (N, classes) of the test examples.
        report: On the test examples.
        seconds: Of training, pauses left out.
        steps: Of all networks.
    """

    trained: Any
    logits: np.ndarray = field(repr=False)
    report: Tally
    seconds: float
    steps: int


class ClassifierRun(ABC):
    """One run.

    Args:
        too_large: What to say where the memory does not suffice for batches of {n}, and `smaller`:
            what helps then.
        device: Where it learns, as torch calls it.

    Attributes:
        stopped: Set it to end the run after the batch at hand. What was learnt is kept.
        seconds: Spent so far.
        steps: Taken so far.
        progress: All so far.
    """

    def __init__(self, settings: Recipe, too_large: str, smaller: str, device: str):
        self.settings, self.device = settings, torch.device(device)
        self.stopped, self.seconds, self.steps = False, 0.0, 0
        self.progress: list[Progress] = []
        self._too_large, self._smaller = too_large, smaller

    def advance(self) -> Iterator[Progress]:
        """How the run goes on, every second or two. A caller that asks for no more pauses it.

        Raises:
            TrainingError: The loss is no number any more, or the memory does not suffice.
        """
        try:
            for one in self._learn():
                self.progress.append(one)
                yield one
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "memory" not in str(error).lower():
                raise
            what = say(self._too_large, n=self.settings.batch)
            raise TrainingError(what, where="batch", todo=self._smaller) from error

    def finish(self) -> Outcome:
        """Evaluate what has been learnt so far.

        Raises:
            TrainingError: Nothing has been learnt yet.
        """
        if not self.steps:
            todo = "Let it run for a few seconds at least."
            raise TrainingError("The run was stopped before its first step", todo=todo)
        return self._evaluate()

    @abstractmethod
    def _learn(self) -> Iterator[Progress]:
        """Train, step by step."""

    @abstractmethod
    def _evaluate(self) -> Outcome:
        """Evaluate on the test examples."""


def mean_loss(losses: Sequence[torch.Tensor]) -> float:
    """The mean of losses.

    Raises:
        TrainingError: It is no number.
    """
    value = float(torch.stack(tuple(losses)).mean())
    if not np.isfinite(value):
        todo = "Start again with a lower learning rate."
        raise TrainingError("The loss is no number any more", where="rate", todo=todo)
    return value
