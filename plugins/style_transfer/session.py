"""What one visitor of the style page has brought and painted, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from plugins.shared.page.session import PageSession

if TYPE_CHECKING:
    from plugins.shared.files.pictures import Picture
    from plugins.style_transfer.run import Run

STYLES = ("style1", "style2", "style3")
ROLES = ("content", *STYLES, "mask")


class Session(PageSession):
    """What one visitor has brought. It dies with the visit.

    Attributes:
        pictures: By role: content, style1 to style3, mask.
        run: The painting that is on screen; None: the recorded one.
        made: What it was made with; see `made_with`.
    """

    KEPT = ("run", "pictures", "made")

    def __init__(self) -> None:
        super().__init__()
        self.made = Markup()
        self.pictures: dict[str, Picture] = {}
        self.run: Run | None = None

    @property
    def has_finished(self) -> bool:
        """Whether there is a painting of the visitor's."""
        return self.run is not None and bool(self.run.losses)

    @property
    def styles(self) -> list[Picture]:
        """The style pictures, in order."""
        return [self.pictures[role] for role in STYLES if role in self.pictures]

    def stop(self) -> None:
        """End what runs, within a step, paused or not."""
        super().stop()
        if self.run is not None:
            self.run.stopped, self.run.paused = True, False
