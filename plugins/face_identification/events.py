"""What the events of the identification page do; each method is one handler, and gives what changes
by the names of `Page.parts` in `tab.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from plugins.face_identification import figures, probe_view
from plugins.face_identification.model import enrol
from plugins.face_identification.page_state import refresh, search
from plugins.face_identification.services import Services, Settings, forget
from plugins.face_identification.session import VISIT, Session
from plugins.shared.faces.by_hand import place
from plugins.shared.faces.encode import encode_faces
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.gallery.enrolment import enrolment, space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.measured.stored_curves import recall_recorded
from plugins.shared.faces.subject import Subject
from plugins.shared.faces.widgets import offered_networks
from plugins.shared.files.pictures import read_picture
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.widgets import Upload
from weights.errors import ParagoneError

ENROLLED, PROBE = "grace_hopper", "together"
"""The bundled pictures that the page opens with: one person enrolled, one probe of two people."""
NAME = "Grace Hopper"


class Events(Services):
    """The handlers of the first part."""

    def open(self, remembered: Any, session: Session, *values: Any) -> dict:
        """Put the opening gallery and probe on screen: real faces, encodings on record, no
        network. Or an example of a network that the visitor has just trained and chosen. A gallery
        that was found again is shown instead of the opening one.

        Args:
            remembered: The visitor's own networks; see `Engine.own`.
        """
        session.open()
        own, settings = self.own(remembered), Settings(*values)
        settings = settings._replace(model=own.chosen or settings.model)
        session.model = settings.model
        if own.chosen:
            session.probe = self.detect(self.opening(own.chosen, (PROBE,))[0], own.chosen)
        else:
            self._bring_opening(session, *settings)
        model = gr.Dropdown(choices=self.titles(own), value=settings.model)
        return {"own": remembered, "model": model, **refresh(self, session, *settings)}

    def _bring_opening(self, session: Session, *values: Any) -> None:
        _, network, gallery = self.chosen(session, *values)
        person, session.probe = (
            self.detect(load_example(key), network.card.name) for key in (ENROLLED, PROBE)
        )
        # The last face is the stranger: one name, and the page has something to show.
        session.probe = replace(session.probe, chosen=len(session.probe.faces) - 1)
        pictures = [person.picture, session.probe.picture]
        recall_recorded(pictures, network.card, session.cache)
        (encoded,) = encode_faces(network, [(person.picture, person.face)], session.cache)
        row = enrolment(person.picture, person.face, 0, NAME, encoded, kept=True)
        if not session.finished_as:
            Gallery(session.store, space_of(network, VISIT)).enrol([row])

    def opened(self, remembered: Any) -> dict:
        """Say which networks can be had, and load the default one where that has not begun."""
        self.warm_up()
        return offered_networks(self, remembered)

    def upload(self, picture: Upload | None, session: Session, *values: Any) -> Iterator[dict]:
        """A new probe from a file, the clipboard or the camera."""
        if picture is None:
            yield {}
            return
        try:
            with picture.taken() as path:
                read = read_picture(path, picture.name, self.ctx.limits, keep_source=True)
            subject = self.detect(read, Settings(*values).model)
        except ParagoneError as error:
            yield {"picture": None, "view": self._refused(session, error, *values)}
            return
        for shown in self._bring(session, subject, *values):
            yield {"picture": None, **shown}

    def example(self, event: gr.EventData, session: Session, *values: Any) -> Iterator[dict]:
        """A bundled picture as the probe."""
        model = Settings(*values).model
        subject = self.detect(self.offered_picture(str(event.key), model), model)
        yield from self._bring(session, subject, *values)

    def choose(self, event: gr.EventData, session: Session, *values: Any) -> dict:
        """Another face of the probe."""
        if session.probe is None or not 0 <= int(event.face) < len(session.probe.faces):
            raise ParagoneError("The picture is no longer kept", todo="Bring it again.")
        session.probe = replace(session.probe, chosen=int(event.face))
        return refresh(self, session, *values)

    def place(self, event: gr.EventData, session: Session, *values: Any) -> dict:
        """A face that was missed, by two clicks on its eyes."""
        if session.probe is None:
            raise ParagoneError("The picture is no longer kept", todo="Bring it again.")
        try:
            session.probe = place(session.probe, event.eyes)
        except ParagoneError as error:
            return {"view": self._refused(session, error, *values)}
        return refresh(self, session, *values)

    def change(self, session: Session, *values: Any) -> dict:
        """Other settings. A network that cannot be had changes nothing but the menu, which goes
        back to the former one.
        """
        model = Settings(*values).model
        if session.model not in ("", model) and (error := self.refused(model)):
            return {"model": session.model, "about": error_card(error)}
        session.model = model
        return refresh(self, session, *values)

    def enrol(
        self,
        session: Session,
        typed: Any,
        name: str,
        keep_picture: bool,
        insist: bool,
        *values: Any,
    ) -> dict:
        """Enrol a face.

        Args:
            typed: The `probe` and its `face` for which the name was typed; None: the chosen one.
        """
        try:
            settings, network, gallery = self.chosen(session, *values)
            done = enrol(
                _meant(session.probe, typed),
                name,
                network,
                gallery,
                session.cache,
                settings.tau,
                keep_picture=keep_picture,
                insist=insist,
            )
            session.changed(gallery)
        except ParagoneError as error:  # What was typed stays.
            return {"said": error_card(error)}
        return {"said": figures.enrolled(done), "name": "", **refresh(self, session, *values)}

    def remove(self, event: gr.EventData, session: Session, *values: Any) -> dict:
        """Delete a person."""
        try:
            _, _, gallery = self.chosen(session, *values)
            said = forget(session, gallery, [f.id for f in gallery.faces(str(event.person))])
        except ParagoneError as error:
            said = error_card(error)
        return {"said": said, **refresh(self, session, *values)}

    def _bring(self, session: Session, subject: Subject, *values: Any) -> Iterator[dict]:
        """Show a new probe at once, without the answer to the one before it; then search."""
        session.probe = subject
        shelf = self.shelf(Settings(*values).model)
        view = probe_view.slot(subject, None, 0, shelf=shelf)
        yield {"view": view, "answer": {"message": "Searching…"}}
        yield refresh(self, session, *values)

    def _refused(self, session: Session, error: ParagoneError, *values: Any) -> str:
        """The probe before it, with what was wrong with the new one."""
        settings = Settings(*values)
        shelf = self.shelf(settings.model)
        try:
            state = search(self, session, *values)
        except ParagoneError:
            return probe_view.slot(session.probe, None, 0, error, shelf)
        return probe_view.slot(
            session.probe, state.found, state.tau, error, shelf, settings.once, state.ahead.maybe
        )


def _meant(probe: Subject | None, typed: Any) -> Subject:
    """The probe with that face chosen for which a name was typed."""
    if probe is None:
        raise ParagoneError("There is no picture", todo="Bring one first.")
    if not typed:
        return probe
    face = int(typed["face"])
    if typed["probe"] != probe_view.token(probe) or not 0 <= face < max(1, len(probe.faces)):
        todo = "Choose a face and type its name again."
        raise ParagoneError("The name was typed for another picture", todo=todo)
    return replace(probe, chosen=face)
