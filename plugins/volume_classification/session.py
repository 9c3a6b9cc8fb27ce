"""What one visitor of the volume page has brought and trained, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from plugins.shared.page.session import PageSession

if TYPE_CHECKING:
    from plugins.shared.classification.training import Outcome
    from plugins.volume_classification.data.volume import Volume
    from plugins.volume_classification.data.volume_set import VolumeSet
    from plugins.volume_classification.learning.train_free import Quick
    from plugins.volume_classification.learning.training import Run
    from plugins.volume_classification.lesson.panel import Panel


class Session(PageSession):
    """What one visitor has. It dies with the visit.

    Attributes:
        phantom: (seed, class) of the phantom that the lesson shows.
        train, test: The set that is chosen; None: none yet.
        runs: By what the network sees; those of the latest training.
        outcomes: What came of them so far.
        budget: Seconds for all runs together.
        quick: What came of the network that learns nothing, and `wants_quick`: whether it is asked.
        made: What they were made with; see `made_with`.
        own: The visitor's networks that can be asked: what was trained last, or brought.
        parts: The volumes of the file that was brought last, as far as they were read.
        shown, truth: The volume that is looked at, and its class where that is known.
    """

    KEPT = ("outcomes", "runs", "own", "train", "test", "made", "quick")

    def __init__(self) -> None:
        super().__init__()
        self.made = Markup()
        self.budget = 0.0
        self.quick: Quick | None = None
        self.wants_quick = False
        self.phantom: tuple[int, int] | None = None
        self.train: VolumeSet | None = None
        self.test: VolumeSet | None = None
        self.runs: dict[str, Run] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.own: Panel | None = None
        self.parts: list[Volume] = []
        self.shown: Volume | None = None
        self.truth = ""

    @property
    def left(self) -> float:
        """Seconds that the visitor's training still takes at most, for those who wait."""
        left = [run for kind, run in list(self.runs.items()) if kind not in self.outcomes]
        return sum(max(run.settings.budget - run.seconds, 0) for run in left)

    def stop(self) -> None:
        """End what trains, after the batch at hand."""
        super().stop()
        for run in list(self.runs.values()):
            run.stopped = True
