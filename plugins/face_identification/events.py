"""What the events of the identification page do; each method is one handler."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from plugins.face_identification import figures
from plugins.face_identification.desk import Desk, Settings
from plugins.face_identification.model import enrol
from plugins.face_identification.session import VISIT, Session
from plugins.shared.faces.encode import encode_faces
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.gallery.enrolment import enrolment, space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.measured.stored_curves import recall_recorded
from plugins.shared.faces.subject import Subject
from plugins.shared.files.pictures import read_picture
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.widgets import Upload
from weights.errors import ParagoneError

ENROLLED, PROBE = "grace_hopper", "together"
"""The bundled pictures that the page opens with: one person enrolled, one probe of two people."""
NAME = "Grace Hopper"


class Events(Desk):
    """The handlers of the first part."""

    def open(self, told: Any, session: Session, *values: Any) -> tuple:
        """Put the opening gallery and probe on screen: real faces, encodings on record, no
        network. Or an example of a network that the visitor has just trained and chosen.

        Args:
            told: The visitor's own networks; see `Engine.own`.
        """
        session.open()
        own, settings = self.own(told), Settings(*values)
        settings = settings._replace(model=own.chosen or settings.model)
        if own.chosen:
            session.probe = self.look(self.opening(own.chosen, (PROBE,))[0], own.chosen)
        else:
            self._enrol_opening(session, *settings)
        model = gr.Dropdown(choices=self.titles(own), value=settings.model)
        return told, model, *self.refresh(session, *settings)

    def _enrol_opening(self, session: Session, *values: Any) -> None:
        _, network, gallery = self.desk(session, *values)
        person, session.probe = (
            self.look(load_example(key), network.card.name) for key in (ENROLLED, PROBE)
        )
        # The last face is the stranger: one name, and the page has something to show.
        session.probe = replace(session.probe, chosen=len(session.probe.faces) - 1)
        pictures = [person.picture, session.probe.picture]
        recall_recorded(pictures, network.card, session.cache)
        (encoded,) = encode_faces(network, [(person.picture, person.face)], session.cache)
        row = enrolment(person.picture, person.face, 0, NAME, encoded, kept=True)
        Gallery(session.store, space_of(network, VISIT)).enrol([row])

    def opened(self, told: Any) -> tuple:
        """Say which networks can be had, and load the default one. Returns what the browser shall
        remember, and the choices of both parts.
        """
        self.warm_up(ENROLLED)
        own = self.own(told)
        choices, word = self.choices(own)
        return own.plain, gr.Dropdown(choices=choices, info=word or None), gr.Dropdown(choices)

    def upload(self, picture: Upload | None, session: Session, *values: Any) -> Iterator[tuple]:
        """A new probe from a file, the clipboard or the camera."""
        if picture is None:
            yield (gr.skip(),) * 8
            return
        try:
            with picture.taken() as path:
                read = read_picture(path, picture.name, self.ctx.limits)
            subject = self.look(read, Settings(*values).model)
        except ParagoneError as error:
            yield None, self._refused(session, error, *values), *(gr.skip(),) * 6
            return
        for shown in self._bring(session, subject, *values):
            yield None, *shown

    def example(self, event: gr.EventData, session: Session, *values: Any):
        """A bundled picture as the probe."""
        model = Settings(*values).model
        subject = self.look(self.offered_picture(str(event.key), model), model)
        yield from self._bring(session, subject, *values)

    def choose(self, event: gr.EventData, session: Session, *values: Any) -> tuple:
        """Another face of the probe."""
        if session.probe is None or not 0 <= int(event.face) < len(session.probe.faces):
            raise ParagoneError("The picture is no longer kept", todo="Bring it again.")
        session.probe = replace(session.probe, chosen=int(event.face))
        return self.refresh(session, *values)

    def change(self, session: Session, *values: Any) -> tuple:
        """Other settings."""
        return self.refresh(session, *values)

    def enrol(
        self,
        session: Session,
        name: str,
        keep_picture: bool,
        insist: bool,
        *values: Any,
    ) -> tuple:
        """Enrol the chosen face. Returns the message and the name field, then what is shown."""
        try:
            if session.probe is None:
                raise ParagoneError("There is no picture", todo="Bring one first.")
            settings, network, gallery = self.desk(session, *values)
            done = enrol(
                session.probe,
                name,
                network,
                gallery,
                session.cache,
                settings.tau,
                keep_picture=keep_picture,
                insist=insist,
            )
        except ParagoneError as error:  # What was typed stays.
            return error_card(error), gr.skip(), *(gr.skip(),) * 7
        return figures.enrolled(done), "", *self.refresh(session, *values)

    def remove(self, event: gr.EventData, session: Session, *values: Any) -> tuple:
        """Delete a person. Returns the receipt, then what is shown."""
        try:
            _, _, gallery = self.desk(session, *values)
            said = self.forget(session, gallery, str(event.person))
        except ParagoneError as error:
            return error_card(error), *self.refresh(session, *values)
        return said, *self.refresh(session, *values)

    def _bring(self, session: Session, subject: Subject, *values: Any) -> Iterator[tuple]:
        """Show a new probe at once, without the answer to the one before it; then search."""
        session.probe = subject
        waiting = {"message": "Searching…"}
        shelf = self.shelf(Settings(*values).model)
        yield figures.slot(subject, None, 0, shelf=shelf), gr.skip(), waiting, *(gr.skip(),) * 4
        yield self.refresh(session, *values)

    def _refused(self, session: Session, error: ParagoneError, *values: Any) -> str:
        """The probe before it, with what was wrong with the new one."""
        shelf = self.shelf(Settings(*values).model)
        try:
            scene = self.scene(session, *values)
        except ParagoneError:
            return figures.slot(session.probe, None, 0, error, shelf)
        return figures.slot(session.probe, scene.found, scene.tau, error, shelf)
