"""What the events of the people page do: people are opened, corrected, deleted; it is undone."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.face_identification import figures
from plugins.face_identification.page_state import refresh
from plugins.face_identification.people_page import people_page
from plugins.face_identification.services import Services, forget
from plugins.face_identification.session import Session
from plugins.shared.faces.gallery.corrections import merge, move, rename
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.page.html_parts import error_card, jpeg_uri
from weights.errors import ParagoneError
from weights.messages import say

AT_ONCE = 200
"""Thumbnails that are sent in one answer."""


class PeopleEvents:
    """The handlers; each gives what changes by the names of `GalleryTab.parts`."""

    def __init__(self, services: Services):
        self.services = services

    def listed(self, session: Session, *values: Any) -> dict:
        """Everybody as they are now."""
        try:
            return {"page": people_page(session, self.services.chosen(session, *values)[2])}
        except ParagoneError:
            return {"page": {}}

    def open(self, event: gr.EventData, session: Session, *values: Any) -> dict:
        """Show somebody's photos."""
        try:
            gallery = self.services.chosen(session, *values)[2]
            session.opened = gallery.faces(str(event.person))[0].person
        except ParagoneError as error:
            return {"said": error_card(error)}
        return {"said": "", "page": people_page(session, gallery)}

    def close(self, session: Session) -> None:
        """Back to everybody."""
        session.opened = ""

    def covers(self, event: gr.EventData, session: Session, *values: Any) -> dict:
        """The thumbnails of these people."""
        try:
            gallery = self.services.chosen(session, *values)[2]
            found = gallery.covers([str(name) for name in event.people[:AT_ONCE]])
        except ParagoneError:  # It is said elsewhere.
            return {}
        return {"covers": {person: jpeg_uri(chip) for person, chip in found.items()}}

    def act(self, event: gr.EventData, session: Session, *values: Any) -> dict:
        """Make one correction, or undo the last one, and say so."""
        try:
            gallery = self.services.chosen(session, *values)[2]
        except ParagoneError as error:
            return {"said": error_card(error)}
        try:
            said = self._act(event, session, gallery)
        except ParagoneError as error:
            said = error_card(error)
        return {"said": said, "page": people_page(session, gallery)}

    def shown(self, session: Session, *values: Any) -> dict:
        """All that the first part shows, after a correction."""
        return refresh(self.services, session, *values)

    def _act(self, event: gr.EventData, session: Session, gallery: Gallery) -> str:
        verb, person, name = (str(getattr(event, key)) for key in ("verb", "person", "name"))
        ids = [str(i) for i in event.ids]
        if verb == "delete":
            return forget(session, gallery, ids or [face.id for face in gallery.faces(person)])
        if verb == "undo":
            change = session.history.undo(gallery)
            said = say("Undone: {what}", what=change.words)
            after = next(iter(change.was.values()))
        else:
            if verb == "rename":
                change = rename(gallery, person, name)
            elif verb == "merge":  # The name that stays is one of the two.
                change = merge(gallery, person, into=name)
            else:
                change = move(gallery, ids, name)
            session.history.add(gallery, change)
            said, after = change.words, change.now
        session.changed(gallery)
        if session.opened and session.opened not in gallery.people():
            session.opened = after
        return figures.said(said)
