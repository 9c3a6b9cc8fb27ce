"""A run whose training goes on in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.events import Step
from plugins.triplet_finetuning.training.run import Run

if TYPE_CHECKING:
    from plugins.triplet_finetuning.ray.board import Start
    from weights import Backbone


class RayRun(Run):
    """A `Run` on this many workers; Ray is connected while it advances.

    Args:
        storage: As of `RayTrainer`.
    """

    def __init__(
        self,
        settings: Settings,
        pictures: PictureSet,
        held_out: PictureSet,
        backbone: Callable[[], Backbone] | None = None,
        *,
        workers: int,
        storage: str | None = None,
    ):
        super().__init__(settings, pictures, held_out, backbone, theatre=False)
        self._workers, self._storage = workers, storage

    @property
    def starts(self) -> list[Start]:
        """When the workers began, and began again."""
        return self._trainers[self.settings.mining].starts

    def advance(self) -> Iterator[Step]:
        """Train, step by step; as `Run.advance`.

        Raises:
            ParagoneError: As of `RayTrainer`.
        """
        from plugins.triplet_finetuning.ray.train import RayTrainer
        from plugins.triplet_finetuning.training.encoder import build, encode

        backbone = self._backbone() if self._backbone else None
        self.card = backbone and backbone.card
        trainer = RayTrainer(
            build(self.settings, backbone),
            self.pictures,
            self.held_out,
            self.settings,
            self._workers,
            self._storage,
        )
        self._trainers[self.settings.mining] = trainer
        self._before = encode(trainer.encoder, self.held_out.chips)
        with closing(trainer.run()) as steps:
            for step in steps:
                self.track.take(step)
                yield step
                if self.stopped:
                    return
