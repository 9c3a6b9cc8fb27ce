"""What one visitor of the triplet page has brought and trained, in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugins.shared.page.session import delete_files

if TYPE_CHECKING:
    from plugins.triplet_finetuning.data.picture_set import PictureSet
    from plugins.triplet_finetuning.training.pair_classifier import Comparison
    from plugins.triplet_finetuning.training.run import Outcome, Run


class Session:
    """What one visitor has brought. It dies with the visit, but for the networks that they trained:
    those are known to the visitor's browser alone, and the house drops them after an hour.

    Not a dataclass: Gradio writes the fields of a dataclass in its state into the page's source.

    Attributes:
        brought: Name and bytes of the zip, as it came.
        run: The run that is on screen; None: the recorded one. `outcome`: what it came to.
        name: Under which the trained network is kept.
    """

    def __init__(self) -> None:
        self.brought: tuple[str, bytes] | None = None
        self.pictures: tuple[tuple, PictureSet] | None = None
        self.run: Run | None = None
        self.outcome: Outcome | None = None
        self.heads: Comparison | None = None
        self.name = ""
        self.public = ""
        self.files: list[Path] = []
        self.stopped = False

    def __deepcopy__(self, memo: dict) -> Session:
        """Every visitor starts with a session of their own."""
        return Session()

    def stop(self) -> None:
        """End what runs, within a step."""
        self.stopped = True
        if self.run is not None:
            self.run.stopped, self.run.paused = True, False

    def forget(self) -> None:
        """Drop every picture and what was made of them; a run that still goes on ends."""
        self.stop()
        self.brought = self.pictures = self.run = self.outcome = self.heads = None
        self.name = ""
        delete_files(self.files)
