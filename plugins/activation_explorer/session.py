"""What one visitor of the explorer has brought and looked at, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from plugins.activation_explorer.cache import Surveys
from plugins.shared.page.session import PageSession, Work

if TYPE_CHECKING:
    from plugins.activation_explorer.pictureset import PictureSet
    from plugins.activation_explorer.survey_view import Board, Shown

OWN_BYTES = 128 << 20
"""What one visitor's surveys of own pictures may take."""
UNKNOWN = 30.0
"""Seconds that a survey takes, as long as nothing is known of it."""


@dataclass(frozen=True)
class Opened:
    """A unit that is open, with the survey that found its patches."""

    board: Board
    layer: str
    unit: int


class Session(PageSession):
    """What one visitor has brought. It dies with the visit.

    Attributes:
        brought: The pictures of the visitor's zip.
        board: What the latest survey found, also while it runs; None: the recorded one.
        surveys: Those of the visitor's own pictures.
        made: What it was made with; see `made_with`.
        first: By layer, the first unit that is shown.
        opened: The unit whose page is open.
        picture: Where places are clicked; `place`: the last of them, shares across and down.
        drawing: The drawing that goes on.
    """

    KEPT = ("board", "first", "brought", "made")

    def __init__(self) -> None:
        super().__init__()
        self.made = Markup()
        self.brought: PictureSet | None = None
        self.board: Board | None = None
        self.surveys = Surveys(OWN_BYTES)
        self.first: dict[str, int] = {}
        self.opened: Opened | None = None
        self.picture: Shown | None = None
        self.place: tuple[float, float] | None = None
        self.drawing = Work()

    def show(self, board: Board, made: Markup) -> None:
        """Put another survey on screen; the unit that was open is of the former one."""
        self.board, self.made, self.first = board, made, {}
        self.opened = self.place = None

    @property
    def left(self) -> float:
        """Seconds that the visitor's survey still takes, for those who wait."""
        begun = self.running and self.board is not None and not self.board.seconds
        return self.board.left if begun else UNKNOWN

    def stop(self) -> None:
        """End what runs: a survey within a batch, a drawing within a step."""
        super().stop()
        self.drawing.stop()
