"""What one visitor of the volume page has brought and trained, in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugins.shared.page.session import delete_files

if TYPE_CHECKING:
    from plugins.shared.classification.training import Outcome
    from plugins.volume_classification.data.volume import Volume
    from plugins.volume_classification.data.volume_set import VolumeSet
    from plugins.volume_classification.learning.training import Run
    from plugins.volume_classification.lesson.panel import Panel


class Session:
    """What one visitor has. It dies with the visit.

    Not a dataclass: Gradio writes the fields of a dataclass in its state into the page's source.

    Attributes:
        phantom: (seed, class) of the phantom that the lesson shows.
        train, test: The set that is chosen; None: none yet.
        runs: By what the network sees; those of the latest training. `over`: it has ended.
        outcomes: What came of them so far.
        own: The visitor's networks that can be asked: what was trained last, or brought.
        written: Files for downloads.
        shown, truth: The volume that is looked at, and its class where that is known.
    """

    def __init__(self) -> None:
        self.phantom: tuple[int, int] | None = None
        self.train: VolumeSet | None = None
        self.test: VolumeSet | None = None
        self.runs: dict[str, Run] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.own: Panel | None = None
        self.shown: Volume | None = None
        self.truth = ""
        self.over, self.stopped = True, False
        self.written: list[Path] = []

    def __deepcopy__(self, memo: dict) -> Session:
        """Every visitor starts with a session of their own."""
        return Session()

    @property
    def left(self) -> float:
        """Seconds that the visitor's training still takes at most, for those who wait."""
        left = [run for kind, run in list(self.runs.items()) if kind not in self.outcomes]
        return sum(max(run.settings.budget - run.seconds, 0) for run in left)

    def stop(self) -> None:
        """End what trains, after the batch at hand."""
        self.stopped = True
        for run in list(self.runs.values()):
            run.stopped = True

    def forget(self) -> None:
        """Drop all; a training that still goes on ends."""
        self.stop()
        self.train = self.test = self.shown = self.phantom = self.own = None
        self.runs, self.outcomes = {}, {}
        delete_files(self.written)
