"""What one visitor of the signal page has brought and trained, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from plugins.signal_classification.baselines import Baseline
    from plugins.signal_classification.signals import SignalSet
    from plugins.signal_classification.trained import Trained
    from plugins.signal_classification.training import Outcome, Run


class Session:
    """What one visitor has. It dies with the visit.

    Not a dataclass: Gradio writes the fields of a dataclass in its state into the page's source.

    Attributes:
        train, test: The set that is chosen; None: none yet.
        run: What trains, or trained last. `over`: it has ended.
        trained: What classifies: the visitor's own networks, or the shipped ones (None).
        shown: (signal, its name) that was classified last, as it was brought.
    """

    def __init__(self) -> None:
        self.train: SignalSet | None = None
        self.test: SignalSet | None = None
        self.run: Run | None = None
        self.outcome: Outcome | None = None
        self.baselines: list[Baseline] = []
        self.trained: Trained | None = None
        self.shown: tuple[np.ndarray, str] | None = None
        self.over, self.stopped = True, False

    def __deepcopy__(self, memo: dict) -> Session:
        """Every visitor starts with a session of their own."""
        return Session()

    def stop(self) -> None:
        """End what trains, after the batch at hand."""
        self.stopped = True
        if self.run is not None:
            self.run.stopped = True

    def forget(self) -> None:
        """Drop all; a run that still goes on ends."""
        self.stop()
        self.train = self.test = self.run = self.outcome = self.trained = self.shown = None
        self.baselines.clear()
