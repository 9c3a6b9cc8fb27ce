"""The detector and the networks that a face task asks the host for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from plugins.shared.faces.align import align, whole_size
from plugins.shared.faces.detect import DETECTOR, Cancelled, Faces, Stop, detector, whole_picture
from plugins.shared.faces.encode import Network, encode
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.measured.trained import examples_of, offered
from plugins.shared.faces.subject import Detector, Subject, detect_faces
from plugins.shared.faces.view import bundled
from plugins.shared.files.pictures import Picture
from plugins.shared.page.network_choice import Titles, offered_in_menu
from plugins.shared.page.runs import Left
from weights.errors import ParagoneError
from weights.messages import say
from weights.session_networks import WHY_GONE, is_adopted

if TYPE_CHECKING:
    from weights import Card

log = logging.getLogger(__name__)
WARM = "grace_hopper_cropped"
"""The bundled picture that is tried ahead."""
MOST_OWN = 50
"""This many networks of one visitor are looked up."""


@dataclass(frozen=True)
class Own:
    """The networks that a visitor fine-tuned, as the browser remembers them.

    Attributes:
        cards: Those that are still kept, the newest first.
        gone: The names of those that are not.
        chosen: The name to begin with; empty: the page's default.
    """

    cards: tuple[Card, ...] = ()
    gone: tuple[str, ...] = ()
    chosen: str = ""

    @property
    def plain(self) -> dict:
        """For the browser, which sends it back and forgets what is gone."""
        return {"names": [card.name for card in self.cards], "gone": list(self.gone)}


class Engine:
    """What finds and encodes faces on one page; nothing is loaded before it is needed.

    Attributes:
        ctx: The task's context.
        cards: The networks that everybody can choose, by name; `default` is the first.
    """

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.cards = {card.name: card for card in ctx.backbones()}
        self.default = next(iter(self.cards))
        self._warm = threading.Event()
        self._lent = ctx.gpu(self._encode)

    # --- networks -----------------------------------------------------------------------------

    def card(self, name: str) -> Card:
        """The card of a listed network, or of one that a visitor trained and knows the name of.

        Raises:
            ParagoneError: The task has no network of this name, or none any more.
        """
        if name in self.cards:
            return self.cards[name]
        if isinstance(name, str) and is_adopted(name):
            return self.ctx.card(name)
        todo = say("Choose one of: {known}.", known=", ".join(self.cards))
        raise ParagoneError(
            say("No network for faces is called '{name}'", name=name), where="model", todo=todo
        )

    def network(self, name: str) -> Network:
        """The chosen network: its file is located now, its weights are loaded when a face needs
        them.

        Raises:
            ParagoneError: No network of the task has this name, or its file cannot be had.
        """
        card, origin = self.card(name), self.ctx.weights(name).origin
        elsewhere = (lambda chips: self._lent(name, chips)) if self._lent != self._encode else None
        return Network(card, origin, lambda: self.ctx.backbone(name), elsewhere)

    def refused(self, name: str) -> ParagoneError | None:
        """Why a network cannot be had; None: its file is here."""
        try:
            self.network(name)
        except ParagoneError as error:
            return error
        return None

    def _encode(self, name: str, chips: Sequence[np.ndarray]) -> np.ndarray:
        """Encode where a graphics card is lent for this call."""
        return encode(self.ctx.backbone(name).lent(), chips)

    def own(self, remembered: Any) -> Own:
        """Look up the networks that a browser remembers.

        Args:
            remembered: `names` and `chosen`, as the browser sends them; anything else counts as
                nothing.
        """
        sent = remembered if isinstance(remembered, dict) else {}
        names = sent.get("names")
        names = names[:MOST_OWN] if isinstance(names, list) else []
        cards, gone = [], []
        for name in dict.fromkeys(name for name in names if isinstance(name, str)):
            try:
                cards.append(self.card(name) if is_adopted(name) else None)
            except ParagoneError:
                gone.append(name)
        known = tuple(card for card in cards if card)
        chosen = sent.get("chosen")
        chosen = chosen if chosen in [card.name for card in known] else ""
        return Own(known, tuple(gone), chosen)

    def titles(self, own: Own = Own()) -> Titles:
        """The networks to choose from, the visitor's own on top, as (title, name)."""
        return [(card.title, card.name) for card in (*own.cards, *self.cards.values())]

    def choices(self, own: Own = Own()) -> tuple[Titles, Markup]:
        """Those of `titles` that can be had, and what is listed apart; see `offered_in_menu`."""
        mine = frozenset(card.name for card in own.cards)
        return offered_in_menu(self.ctx, self.titles(own), mine)

    @staticmethod
    def lost(own: Own) -> str:
        """That networks of the visitor are no longer kept; empty where all are."""
        if not own.gone:
            return ""
        return say(
            "{n} networks that you fine-tuned are no longer kept. {why}",
            "One network that you fine-tuned is no longer kept. {why}",
            n=len(own.gone),
            why=say(WHY_GONE),
        )

    # --- pictures -----------------------------------------------------------------------------

    def find_faces(self, picture: Picture, stop: Stop | None = None) -> Faces:
        """All faces of a picture; loads the detector on first use.

        Args:
            stop: See `FaceDetector`; None: whether the caller has left.

        Raises:
            Left: The caller has gone. `Cancelled`: `stop` said so.
        """
        try:
            return detector(self.ctx.weights(DETECTOR).path)(picture, stop or self.ctx.caller_left)
        except Cancelled:
            if stop is None:
                raise Left from None
            raise

    def finder(self, model: str) -> Detector:
        """What finds the faces that a network compares: the whole picture where it reads that."""
        return whole_picture if whole_size(self.card(model).alignment) else self.find_faces

    def detect(self, picture: Picture, model: str) -> Subject:
        """A picture as a network compares it: with its faces, or whole."""
        if self.finder(model) is whole_picture:
            return Subject(picture, whole_picture(picture))
        return detect_faces(picture, self.find_faces)

    def detect_again(self, subject: Subject, model: str) -> Subject:
        """The same picture for another network; read anew only where that compares something
        else: faces, or the whole picture.
        """
        if subject.whole == (self.finder(model) is whole_picture):
            return subject
        return self.detect(subject.picture, model)

    def shelf(self, model: str) -> str:
        """Buttons with the pictures that are offered with a network."""
        try:
            return offered(self.card(model))
        except ParagoneError:  # The network is gone, and the page says so elsewhere.
            return bundled()

    def opening(self, model: str, bundled: Sequence[str]) -> list[Picture]:
        """The pictures that a page opens with: a network's own, as many, or the bundled ones."""
        own = list(examples_of(self.card(model)).values())[: len(bundled)]
        return own or [load_example(key) for key in bundled]

    def offered_picture(self, key: str, model: str) -> Picture:
        """A picture that is offered with a network.

        Raises:
            ParagoneError: Nothing of this key is offered.
        """
        own = examples_of(self.card(model))
        return own[key] if key in own else load_example(key)

    # --- start --------------------------------------------------------------------------------

    def warm_up(self) -> None:
        """Load the detector and the default network and let both run once, in the background and
        once a page, so that the first visitor waits for neither.
        """
        if not self._warm.is_set():
            self._warm.set()
            threading.Thread(target=self._load, daemon=True).start()

    def _load(self) -> None:
        try:
            picture, network = load_example(WARM), self.network(self.default)
            for face in self.find_faces(picture)[:1]:
                if not network.elsewhere:  # No graphics card is asked for before it is needed.
                    network.encode([align(picture, face, network.card.alignment)])
        except ParagoneError as error:
            log.warning("The default network could not be loaded ahead: %s", error)
