"""What the events of group photos do: faces that the detector missed are placed by hand, and two
faces are chosen at once in the table of all distances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from plugins.face_verification import figures
from plugins.face_verification.events import Events
from plugins.face_verification.model import Session
from plugins.shared.faces.by_hand import place
from plugins.shared.faces.subject import Subject
from weights.errors import ParagoneError


class GroupEvents:
    """The handlers; each gives what changes as those of `Events` do."""

    def __init__(self, events: Events):
        self.events = events

    def place(self, side: str) -> Any:
        """The handler of two clicks in a slot: the eyes of a face that was missed."""

        def take(event: gr.EventData, session: Session, *settings: Any) -> Iterator[dict]:
            shown = _kept(session.missed.get(side) or session.subjects.get(side))
            try:
                subject = place(shown, event.eyes)
            except ParagoneError as error:
                yield self.events.slot(session, side, settings[0], error)
                return
            yield from self.events.bring(session, side, subject, *settings)

        return take

    def missed(self, side: str) -> Any:
        """The handler of a slot's offer: show the picture in which no face was found."""

        def take(session: Session, model: str, *rest: Any) -> dict:
            subject = _kept(session.missed.get(side))
            return {f"view_{side}": figures.slot(subject, shelf=self.events.shelf(model))}

        return take

    def pair(self, event: gr.EventData, session: Session, *settings: Any) -> Iterator[dict]:
        """Two faces of the matrix."""
        model, pair = settings[0], {}
        for side, index in (("a", int(event.a)), ("b", int(event.b))):
            pair[side] = replace(_kept(session.subjects.get(side)), chosen=index)
            pair[side].face  # noqa: B018  (raises where there is no such face)
        session.subjects.update(pair)
        yield {f"view_{side}": self.events.view(session, side, model) for side in pair}
        yield self.events.refresh(session, *settings)


def _kept(subject: Subject | None) -> Subject:
    if subject is None:  # The connection was lost: taken for a goodbye.
        raise ParagoneError("The picture is no longer kept", todo="Bring it again.")
    return subject
