"""How fast a network goes through its steps: one that knows its training signals ends early."""

from __future__ import annotations

from collections.abc import Callable

LOOK, LOOKS, LEAST, ENDING = 25, 4, 1 / 3, 100
"""A network ends early when it was right at so many looks in succession, `LOOK` steps apart, and
took this share of its steps; its learning rate falls during the last ones.
"""


class Pace:
    """How far a network is by its steps, 0..1, and whether it may end early.

    Args:
        steps: At most so many.
        early: Whether it may.

    Attributes:
        share: Of the steps; it rises faster once the network knows its training signals.
        saved: Steps that will not be taken.
    """

    def __init__(self, steps: int, early: bool):
        self.share, self.saved = 0.0, 0
        self._steps, self._early, self._right, self._since = steps, early, 0, (0, 0.0)

    def take(self, step: int, right: Callable[[], bool]) -> None:
        """Another step was taken.

        Args:
            right: Tells whether all training signals that are looked at are named rightly.
        """
        if self._early and not self.saved and step % LOOK == 0 and step < self._steps - ENDING:
            self._right = self._right + 1 if right() else 0
            if self._right >= LOOKS and step >= self._steps * LEAST:
                self._since, self.saved = (step, self.share), self._steps - step - ENDING
        since, share = self._since
        self.share = share + (1 - share) * (step - since) / (self._steps - self.saved - since)
