"""What one visitor of the explorer has brought and looked at, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.activation_explorer.cache import Surveys

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


class Session:
    """What one visitor has brought. It dies with the visit.

    Not a dataclass: Gradio writes the fields of a dataclass in its state into the page's source.

    Attributes:
        brought: The pictures of the visitor's zip.
        board: What the latest survey found, also while it runs; None: the recorded one.
        surveys: Those of the visitor's own pictures.
        first: By layer, the first unit that is shown.
        opened: The unit whose page is open.
        picture: Where places are clicked; `place`: the last of them, shares across and down.
        running: A survey goes on. `stopped`: it shall end. `dreaming`: the drawing that goes on.
        gone: The visitor has left; nothing more is kept.
    """

    def __init__(self) -> None:
        self.brought: PictureSet | None = None
        self.board: Board | None = None
        self.surveys = Surveys(OWN_BYTES)
        self.first: dict[str, int] = {}
        self.opened: Opened | None = None
        self.picture: Shown | None = None
        self.place: tuple[float, float] | None = None
        self.running = self.stopped = self.gone = False
        self.dreaming: object | None = None

    def __deepcopy__(self, memo: dict) -> Session:
        """Every visitor starts with a session of their own."""
        return Session()

    @property
    def left(self) -> float:
        """Seconds that the visitor's survey still takes, for those who wait."""
        begun = self.running and self.board is not None and not self.board.seconds
        return self.board.left if begun else UNKNOWN

    def stop(self) -> None:
        """End what runs: a survey within a batch, a drawing within a step."""
        self.stopped, self.dreaming = True, None

    def forget(self) -> None:
        """Drop every picture and what was found in it."""
        self.stop()
        self.gone = True
        self.brought = self.board = self.opened = self.picture = None
        self.surveys = Surveys(OWN_BYTES)
