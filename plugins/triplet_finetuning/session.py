"""What one visitor of the triplet page has brought and trained, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from plugins.shared.page.session import PageSession
from plugins.triplet_finetuning.few_shot.examples import Examples

if TYPE_CHECKING:
    from plugins.triplet_finetuning.data.picture_set import PictureSet
    from plugins.triplet_finetuning.training.pair_classifier import Comparison
    from plugins.triplet_finetuning.training.run import Outcome, Run


class Session(PageSession):
    """What one visitor has brought. It dies with the visit, but for the networks that they trained:
    those are known to the visitor's browser alone, and the house drops them after an hour.

    Attributes:
        made: What the run on screen was made with; see `made_with`.
        brought: Name and bytes of the zip, as it came, and the encoding of the names in it.
        run: The run that is on screen; None: the recorded one. `outcome`: what it came to.
        examples: Of the first act.
        name: Under which the trained network is kept.
    """

    KEPT = ("outcome", "run", "heads", "name", "public", "made")

    def __init__(self) -> None:
        super().__init__()
        self.made = Markup()
        self.brought: tuple[str, bytes, str] | None = None
        self.pictures: tuple[tuple, PictureSet] | None = None
        self.run: Run | None = None
        self.outcome: Outcome | None = None
        self.heads: Comparison | None = None
        self.name = ""
        self.public = ""
        self.examples = Examples()

    def stop(self) -> None:
        """End what runs, within a step, paused or not."""
        super().stop()
        if self.run is not None:
            self.run.stopped, self.run.paused = True, False
