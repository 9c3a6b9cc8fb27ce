"""A run from the first evaluation to the result: one trainer, or two side by side from one seed."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.export.result import Base, Data, Result
from plugins.triplet_finetuning.settings import SCRATCH, Settings
from plugins.triplet_finetuning.training.events import Scene, Step
from plugins.triplet_finetuning.training.history import Row
from plugins.triplet_finetuning.training.projection import turned, two_directions

if TYPE_CHECKING:
    from plugins.triplet_finetuning.training.encoder import Encoder
    from plugins.triplet_finetuning.training.evaluate import Report
    from plugins.triplet_finetuning.training.pair_classifier import Comparison
    from plugins.triplet_finetuning.views.contact_sheet import Sheet
    from weights import Backbone, Card

RIVAL = "random"
"""The mining that a run is held against."""


@dataclass(frozen=True)
class Look:
    """A run as it stood at an evaluation.

    Attributes:
        best: The step with the best weights so far.
        points: (N, 2) of the held-out pictures on their two main directions, around 0.
    """

    step: int
    best: int
    scene: Scene | None
    points: np.ndarray = field(repr=False)


@dataclass
class Track:
    """What one trainer has told so far.

    Attributes:
        steps: All steps; their scenes keep the shares only, their evaluations the figures.
        scene: The latest whole one. `map`: the encodings of the latest evaluation.
        looks: The run as it stood at each evaluation.
    """

    settings: Settings
    steps: list[Step] = field(default_factory=list)
    scene: Scene | None = None
    map: np.ndarray | None = None
    looks: list[Look] = field(default_factory=list)

    def take(self, step: Step, best: int = 0) -> None:
        """Remember a step; `best`: the one with the best weights so far."""
        self.scene = step.scene or self.scene
        evaluation = step.evaluation
        if evaluation is not None:
            self.map = evaluation.encodings
            points = two_directions(self.map - self.map.mean(axis=0))
            if self.looks:
                points = turned(points, self.looks[-1].points)
            self.looks.append(Look(step.number, best, self.scene, points))
            evaluation = replace(evaluation, encodings=evaluation.encodings[:0])
        scene = step.scene and Scene(step.scene.shares, (), *(np.empty(0),) * 4)
        self.steps.append(replace(step, scene=scene, evaluation=evaluation))

    @property
    def rows(self) -> tuple[Row, ...]:
        """The curve as it goes into a file."""
        return tuple(Row.of(step) for step in self.steps)


class Run:
    """Training, steered from outside.

    Args:
        settings: Of the run.
        backbone: Gives a fresh copy of the backbone; None for the small ConvNet.
        rival: Whether a second encoder is trained beside it, on random triplets, from the same
            seed.

    Attributes:
        tracks: By mining; the first is the run itself.
        stopped, paused: Set from outside; they hold within one step. `over`: it goes on no more.
        card: Of the backbone, once it was loaded.
    """

    def __init__(
        self,
        settings: Settings,
        pictures: PictureSet,
        held_out: PictureSet,
        backbone: Callable[[], Backbone] | None = None,
        rival: bool = False,
        theatre: bool = True,
    ):
        self.settings, self.pictures, self.held_out = settings, pictures, held_out
        both = [settings] + [replace(settings, mining=RIVAL, warm_up=0)] * rival
        self.tracks = {one.mining: Track(one) for one in both}
        self.stopped = self.paused = self.over = False
        self._backbone, self._theatre = backbone, theatre
        self._trainers: dict[str, Any] = {}
        self._before: np.ndarray | None = None
        self.card: Card | None = None
        self.thumbs: Sheet | None = None

    followed = False

    @property
    def trainer(self) -> Any:
        """Of the run itself, once it has begun."""
        return self._trainers[self.settings.mining]

    @property
    def track(self) -> Track:
        """The run itself."""
        return self.tracks[self.settings.mining]

    @property
    def shown(self) -> np.ndarray:
        """Which held-out pictures the map shows."""
        return self.trainer.shown

    @property
    def learnt(self) -> int:
        """Steps taken."""
        return self.track.steps[-1].number if self.track.steps else 0

    @property
    def best(self) -> int:
        """The step with the best weights so far."""
        return self.trainer.best

    @property
    def remaining(self) -> float:
        """Seconds that the run still takes, from its pace so far."""
        steps = self.track.steps
        if len(steps) < 2:
            return math.nan
        pace = sum(track.steps[-1].seconds for track in self.tracks.values()) / steps[-1].number
        return pace * (self.settings.steps - steps[-1].number)

    def advance(self) -> Iterator[Step]:
        """Train, step by step; it ends when all steps are taken or `stopped` is set. With a rival
        the two take turns.

        Raises:
            TrainingError: The run cannot go on; what was learnt by then is kept.
        """
        from plugins.triplet_finetuning.training.encoder import build, encode
        from plugins.triplet_finetuning.training.trainer import Trainer

        for mining, track in self.tracks.items():
            backbone = self._backbone() if self._backbone else None
            self.card = backbone and backbone.card
            encoder = build(track.settings, backbone)
            self._trainers[mining] = Trainer(
                encoder, self.pictures, self.held_out, track.settings, self._theatre
            )
        first = self._trainers[self.settings.mining]
        self._before = encode(first.encoder, self.held_out.chips)
        steps = {mining: trainer.run() for mining, trainer in self._trainers.items()}
        while steps and not self.stopped:
            for mining, run in list(steps.items()):
                step = next(run, None)
                if step is None:
                    del steps[mining]
                    continue
                self.tracks[mining].take(step, self._trainers[mining].best)
                yield step

    def finish(self) -> Outcome:
        """Take the best weights, and measure them on all held-out identities."""
        from plugins.triplet_finetuning.training.encoder import encode
        from plugins.triplet_finetuning.training.evaluate import report

        trainer = self.trainer
        encoder = trainer.finish()
        after = encode(encoder, self.held_out.chips)
        labels, distance = self.held_out.labels, self.settings.distance
        seconds = trainer.seconds
        return Outcome(
            encoder,
            report(self._before, after, labels, distance),
            self._before,
            after,
            trainer.best,
            seconds,
            trainer.number / seconds if seconds else 0.0,
        )

    def heads(self, outcome: Outcome) -> Comparison:
        """The second way: logistic regression on pairs of the training identities' encodings,
        judged on pairs of the held-out ones.

        Raises:
            ParagoneError: There are too few identities or pairs.
        """
        from plugins.triplet_finetuning.training.encoder import encode
        from plugins.triplet_finetuning.training.pair_classifier import compare_heads

        training = encode(outcome.encoder, self.pictures.chips)
        labels = self.pictures.labels, self.held_out.labels
        return compare_heads(training, labels[0], outcome.after, labels[1])

    def result(
        self, outcome: Outcome, heads: Comparison | None, public: str, date: str = ""
    ) -> Result:
        """What is written to files.

        Args:
            public: What stands for the pictures in the command, where everyone can have them.
        """
        return Result(
            config=outcome.encoder.config(),
            state=outcome.encoder.state_dict(),
            settings=self.settings,
            figures=outcome.report.figures(),
            data=Data.of(self.pictures, self.held_out, public),
            base=Base.of(None if self.settings.backbone == SCRATCH else self.card),
            date=date or datetime.date.today().isoformat(),
            best_step=outcome.best,
            curve=self.track.rows,
            heads={head.kind: head.to_tensors() for head in (heads.heads if heads else ())},
        )


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        before, after: (N, 128) encodings of all held-out pictures.
        best: The step whose weights these are.
        seconds: Of training, evaluations included, pauses not. `pace`: steps a second.
    """

    encoder: Encoder
    report: Report
    before: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)
    best: int
    seconds: float
    pace: float
