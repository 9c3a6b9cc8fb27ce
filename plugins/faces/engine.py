"""The detector and the networks that a face task asks the host for."""

from __future__ import annotations

import logging
import threading
from typing import Any

from plugins.faces.detect import Face, detector
from plugins.faces.encode import Network
from plugins.faces.examples import load_example
from plugins.faces.pictures import Picture
from weights.errors import ParagoneError

log = logging.getLogger(__name__)


class Engine:
    """What finds and encodes faces on one page; nothing is loaded before it is needed.

    Attributes:
        ctx: The task's context.
        cards: The networks that can be chosen, by name; `default` is the first.
    """

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.cards = {card.name: card for card in ctx.backbones()}
        self.default = next(iter(self.cards))
        self._warm = threading.Event()

    def network(self, name: str) -> Network:
        """The chosen network: its file is located now, its weights are loaded when a face needs
        them.

        Raises:
            ParagoneError: No network of the task has this name, or its file cannot be had.
        """
        if name not in self.cards:
            todo = f"Choose one of: {', '.join(self.cards)}."
            raise ParagoneError(
                f"No network for faces is called '{name}'", where="model", todo=todo
            )
        origin = self.ctx.weights(name).origin
        return Network(self.cards[name], origin, lambda: self.ctx.backbone(name))

    def find_faces(self, picture: Picture) -> tuple[Face, ...]:
        """All faces of a picture; loads the detector on first use."""
        return detector(self.ctx.weights("dlib_landmarks.5").path)(picture)

    def warm_up(self, example: str) -> None:
        """Load the detector and the default network in the background, once a process, so that the
        first click is quick.

        Args:
            example: The bundled picture to try the detector on.
        """
        if not self._warm.is_set():
            self._warm.set()
            threading.Thread(target=self._load, args=(example,), daemon=True).start()

    def _load(self, example: str) -> None:
        try:
            self.find_faces(load_example(example))
            self.ctx.backbone(self.default)
        except ParagoneError as error:
            log.warning("The default network could not be loaded ahead: %s", error)

    def choices(self) -> tuple[list[tuple[str, str]], str]:
        """The networks with their titles, marked where they cannot be had, and a word on that."""
        states = {name: self.ctx.availability(name) for name in self.cards}
        missing = sum(not state.ready for state in states.values())
        named = [
            (card.title if states[name].ready else f"{card.title} (unavailable)", name)
            for name, card in self.cards.items()
        ]
        word = f"{missing} of {len(states)} cannot be had now; choose one to see why."
        return named, word if missing else ""
