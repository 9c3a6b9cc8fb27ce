"""What the handlers of the identification page share: which gallery, which network, and everything
that is shown of them.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio.utils import get_upload_folder
from markupsafe import Markup

from plugins.face_identification import figures
from plugins.face_identification.error_rates import Basis, basis, outlook, threshold_for
from plugins.face_identification.map_view import encoding_map
from plugins.face_identification.model import Identification, identify, result
from plugins.face_identification.session import VISIT, Session
from plugins.face_identification.settings import KEPT, gallery_key, gallery_uri
from plugins.shared.faces.align import whole_size
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.encode import Network
from plugins.shared.faces.engine import Engine
from plugins.shared.faces.gallery.enrolment import space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import Store
from plugins.shared.faces.view import model_card
from plugins.shared.files.image_folder import PICTURES
from plugins.shared.page.html_parts import error_card
from weights.catalog import SESSION
from weights.errors import ParagoneError

HANDED_IN = PICTURES | {".zip"}
FORGOTTEN = "Your visit was forgotten: it had ended, or rested for more than {} minutes."


SHOWN = 7
"""How many values `Desk.refresh` returns."""


class Settings(NamedTuple):
    """The page's settings, in the order of the components."""

    place: str
    model: str
    template: str
    tau: float
    follow: bool
    projection: str


@dataclass(frozen=True)
class Scene:
    """Everything that the settings and the session come to, once computed."""

    network: Network
    gallery: Gallery
    known: Basis
    found: Identification | None
    tau: float
    why: str


class Desk(Engine):
    """The galleries and networks of one page.

    Attributes:
        uri: Where faces are kept when a visitor asks for it; empty where they cannot be.
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
                    todo=f"Choose the gallery of this visit ({VISIT}).",
                )
            return Gallery(self.kept(), space_of(network, KEPT))
        if place != VISIT:
            todo = f"Choose {VISIT} or {KEPT}."
            raise ParagoneError(f"There is no gallery '{place}'", where="gallery", todo=todo)
        return Gallery(session.store, space_of(network, VISIT))

    def desk(self, session: Session, *values: Any) -> tuple[Settings, Network, Gallery]:
        """What a handler needs: the settings, and the network and gallery that they name. The
        probe is looked at again where the network sees it otherwise.
        """
        settings = Settings(*values)
        if session.probe:
            session.probe = self.look_again(session.probe, settings.model)
        network = self.network(settings.model)
        return settings, network, self.gallery(session, settings.place, network)

    def scene(self, session: Session, *values: Any) -> Scene:
        """Search for the probe's faces, and set tau where it follows K."""
        settings, network, gallery = self.desk(session, *values)
        known, found = basis(network.card), None
        if session.probe and session.probe.faces:
            found = identify(session.probe, network, gallery, session.cache, settings.template)
        tau, why = settings.tau, "set by hand"
        if settings.follow:
            tau, why = threshold_for(known, self._chances(gallery, settings))
        return Scene(network, gallery, known, found, tau, why)

    def _chances(self, gallery: Gallery, settings: Settings) -> int:
        counts = gallery.count()
        return counts.index_rows if settings.template == "all" else counts.people

    def refresh(self, session: Session, *values: Any) -> tuple:
        """Everything that is shown: probe, tau, answer, people, map, card of the network, JSON."""
        shelf = self.shelf(Settings(*values).model)
        try:
            scene = self.scene(session, *values)
        except ParagoneError as error:
            card, view = error_card(error), figures.slot(session.probe, None, 0, shelf=shelf)
            return view, gr.skip(), {"message": "No answer: see below."}, card, "", card, None
        settings, probe, known = Settings(*values), session.probe, scene.known
        reach = known.pairs.reach if known.pairs else METRICS[known.metric].top
        ahead = outlook(known, self._chances(scene.gallery, settings), reach)
        chosen = probe.chosen if probe else 0
        nearest = scene.found.faces[chosen].candidates if scene.found else ()
        chips = scene.gallery.chips([candidate.face for candidate in nearest])
        of = "" if whole_size(scene.network.card.alignment) else " of a face"
        message = "" if probe and probe.faces else f"Bring a picture{of}."
        slider = gr.Slider(
            maximum=reach, step=METRICS[known.metric].step, value=scene.tau, info=scene.why
        )
        return (
            figures.slot(probe, scene.found, scene.tau, shelf=shelf),
            slider,
            figures.answer(scene.found, chosen, scene.tau, ahead, known.metric, chips, message),
            self.people(session, scene.gallery),
            encoding_map(scene.gallery, scene.found, chosen, settings.projection),
            self._card(scene),
            result(scene.found, probe, scene.network, scene.tau, settings.template)
            if scene.found
            else None,
        )

    def people(self, session: Session, gallery: Gallery) -> str:
        """Everybody enrolled; and a word where an earlier gallery of the visit was forgotten."""
        counts = gallery.people()
        shown = list(itertools.islice(counts, figures.SHOWN_PEOPLE))
        cards = figures.people(counts, gallery.covers(shown), gallery.store.place)
        if session.forgotten and not gallery.store.kept:
            session.forgotten = False  # Told once.
            return figures.said(FORGOTTEN.format(self.minutes), warning=True) + cards
        return cards

    def _card(self, scene: Scene) -> str:
        ran = scene.found is not None and scene.found.fresh  # Asking for the device imports torch.
        device, ms = (self.ctx.device, scene.found.encode_ms) if ran else ("", 0)
        card = model_card(scene.network.card, scene.network.origin, device, ms)
        elsewhere = sum(scene.gallery.elsewhere().values())
        if not elsewhere:
            return card
        words = f"{elsewhere:,} encodings of this gallery were made by another network"
        more = Markup(
            "<p>They are not compared with this one's. “Encode again” under “Gallery” helps.</p>"
        )
        return card + figures.said(words, more, warning=True)

    def forget(self, session: Session, gallery: Gallery, what: str | Sequence[str] | None) -> str:
        """Delete a person, or single faces by their ids, or (None) everybody and the probe; and say
        what is gone.
        """
        cached, files, uploads = len(session.cache), len(session.files), _uploads()
        if what is None:
            done = gallery.delete_everything()
        else:
            done = gallery.delete(what) if isinstance(what, str) else gallery.delete_faces(what)
        session.clean_up(probe=what is None)
        here = [
            ("encodings in this visit's cache", cached, len(session.cache)),
            ("files written for downloads", files, len(session.files)),
            ("uploads waiting on the server", uploads, _uploads()),
        ]
        return figures.receipt(done, here)


def _uploads() -> int:
    """Pictures and sets that lie in the upload folder now, of all visitors; each is deleted as soon
    as it was read.
    """
    folders = Path(get_upload_folder()).glob("*/*")
    return sum(path.suffix.lower() in HANDED_IN for path in folders)
