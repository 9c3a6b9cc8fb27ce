"""What one visitor of the style page has brought and painted, in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugins.shared.page.session import delete_files

if TYPE_CHECKING:
    from plugins.shared.files.pictures import Picture
    from plugins.style_transfer.run import Run

STYLES = ("style1", "style2", "style3")
ROLES = ("content", *STYLES, "mask")


class Session:
    """What one visitor has brought. It dies with the visit.

    Not a dataclass: Gradio writes the fields of a dataclass in its state into the page's source.

    Attributes:
        pictures: By role: content, style1 to style3, mask.
        run: The painting that is on screen; None: the recorded one. `over`: it has ended.
    """

    def __init__(self) -> None:
        self.pictures: dict[str, Picture] = {}
        self.run: Run | None = None
        self.over = True
        self.stopped = False
        self.files: list[Path] = []

    def __deepcopy__(self, memo: dict) -> Session:
        """Every visitor starts with a session of their own."""
        return Session()

    @property
    def styles(self) -> list[Picture]:
        """The style pictures, in order."""
        return [self.pictures[role] for role in STYLES if role in self.pictures]

    def stop(self) -> None:
        """End what runs, within a step."""
        self.stopped = True
        if self.run is not None:
            self.run.stopped, self.run.paused = True, False

    def forget(self) -> None:
        """Drop every picture; a painting that still goes on ends."""
        self.stop()
        self.pictures.clear()
        self.run = None
        delete_files(self.files)
