"""The networks and galleries that all parts of the identification page and its endpoints use."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gradio.utils import get_upload_folder

from plugins.face_identification import figures
from plugins.face_identification.session import VISIT, Session
from plugins.face_identification.settings import KEPT, gallery_key, gallery_uri
from plugins.shared.faces.encode import Network
from plugins.shared.faces.engine import Engine
from plugins.shared.faces.gallery.corrections import delete
from plugins.shared.faces.gallery.enrolment import space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import Store
from plugins.shared.files.image_folder import PICTURES
from weights.catalog import SESSION
from weights.errors import ParagoneError
from weights.messages import say

UNDO = "“Undo” under “Gallery” brings them back. Until you leave, this visit's memory holds them."
HANDED_IN = PICTURES | {".zip"}


class Settings(NamedTuple):
    """The page's settings, in the order of the components.

    Attributes:
        once: Each person is at most one of the probe's faces.
    """

    place: str
    model: str
    template: str
    tau: float
    follow: bool
    projection: str
    once: bool = True


class Services(Engine):
    """The networks and galleries of one page.

    Attributes:
        uri: Where faces are kept when a visitor asks for it; empty where they cannot be.
        minutes: How long a visit may rest before it is forgotten.
    """

    def __init__(self, ctx: Any):
        super().__init__(ctx)
        self.uri = gallery_uri(ctx)
        self.minutes = ctx.limits.session_minutes
        self._kept: Store | None = None
        self._lock = threading.Lock()

    def kept(self) -> Store:
        """The store that outlives visits, opened when it is first asked for.

        Raises:
            ParagoneError: There is none, or it cannot be opened now.
        """
        if not self.uri:
            todo = "Run the house with PARAGONE_DATA or PARAGONE_GALLERY."
            raise ParagoneError("This house keeps no gallery", where="gallery", todo=todo)
        with self._lock:
            if self._kept is None:
                self._kept = open_store(self.uri, gallery_key())
            return self._kept

    def gallery(self, session: Session, place: str, network: Network) -> Gallery:
        """The visit's own gallery, or the one that is kept.

        Raises:
            ParagoneError: There is no such gallery, or it would outlive the network.
        """
        if place == KEPT:
            if network.card.scheme == SESSION:  # It would also tell others the network's name.
                raise ParagoneError(
                    "A network that was fine-tuned in a visit cannot fill the gallery of the house",
                    where="gallery",
                    todo=say("Choose the gallery of this visit ({visit}).", visit=VISIT),
                )
            return Gallery(self.kept(), space_of(network, KEPT))
        if place != VISIT:
            todo = say("Choose {visit} or {kept}.", visit=VISIT, kept=KEPT)
            raise ParagoneError(
                say("There is no gallery '{place}'", place=place), where="gallery", todo=todo
            )
        return Gallery(session.store, space_of(network, VISIT))

    def chosen(self, session: Session, *values: Any) -> tuple[Settings, Network, Gallery]:
        """The settings, and the network and gallery that they name. Faces are detected in the probe
        again where the network needs others.

        Args:
            values: The fields of `Settings`, in their order.

        Raises:
            ParagoneError: There is no such network or gallery, or it cannot be had now.
        """
        settings = Settings(*values)
        if probe := session.probe:
            again = self.detect_again(probe, settings.model)
            # Another event may have chosen another face meanwhile.
            if again is not probe and session.probe is probe:
                session.probe = again
        network = self.network(settings.model)
        return settings, network, self.gallery(session, settings.place, network)


def forget(session: Session, gallery: Gallery, ids: Sequence[str] | None) -> str:
    """Delete faces, which can be undone, or (None) everybody and the probe for good; and say what
    is gone.
    """
    cached, files, uploads = len(session.cache), len(session.files), _uploads()
    if ids is None:
        session.history.forget(gallery)
        done = gallery.delete_everything()
    else:
        done, change = delete(gallery, ids)
        session.history.add(gallery, change)
    session.changed(gallery)
    session.clean_up(probe=ids is None)
    here = [
        ("encodings in this visit's cache", cached, len(session.cache)),
        ("files written for downloads", files, len(session.files)),
        ("uploads waiting on the server", uploads, _uploads()),
    ]
    return figures.receipt(done, here, UNDO if ids else "")


def _uploads() -> int:
    """Pictures and sets that lie in the upload folder now, of all visitors; each is deleted as soon
    as it was read.
    """
    folders = Path(get_upload_folder()).glob("*/*")
    return sum(path.suffix.lower() in HANDED_IN for path in folders)
