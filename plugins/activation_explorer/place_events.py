"""Which units fire most at a place of a picture: what the third tab does."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.activation_explorer.events import Events
from plugins.activation_explorer.place_view import hits_view, picture_view
from plugins.activation_explorer.session import Session
from plugins.activation_explorer.sources import own_picture
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.widgets import Upload
from weights.errors import ParagoneError

STILL = gr.skip()


class PlaceEvents:
    """A picture, and the clicks in it."""

    def __init__(self, events: Events):
        self.events, self.bench = events, events.bench

    def shelves(self, session: Session) -> tuple:
        """The pictures of the set to choose from, and the first one to click in."""
        board = self.events.board(session)
        names = list(board.choices)
        if session.picture is None and names:
            session.picture = board.picture(names[0][1])
        return (gr.Dropdown(names, value=None), gr.Dropdown(names, value=None), *_still(session))

    def search_known(self, session: Session, number: Any) -> tuple:
        """Another picture of the set to click in."""
        try:
            session.picture = self.events.board(session).picture(number)
        except ParagoneError as error:
            return STILL, error_card(error)
        session.place = None
        return _still(session)

    def search_brought(self, session: Session, upload: Upload | None) -> tuple:
        """A picture of your own to click in."""
        if upload is None:
            return (STILL,) * 3
        try:
            session.picture = own_picture(upload, self.events.ctx.limits)
        except ParagoneError as error:
            return None, STILL, error_card(error)
        session.place = None
        return (None, *_still(session))

    def search(self, event: gr.EventData, session: Session) -> tuple:
        """Which units fire most at the clicked place."""
        shown, board = session.picture, self.events.board(session)
        if shown is None:
            return STILL, STILL
        try:
            session.place = place = (float(event.x), float(event.y))
            found = board.firing(self.bench.backbone(board.network), shown, place)
        except ParagoneError as error:
            return STILL, error_card(error)
        return picture_view(shown.pixels, shown.name, place, found), hits_view(found)


def _still(session: Session) -> tuple:
    shown = session.picture
    if shown is None:
        return "", hits_view(())
    return picture_view(shown.pixels, shown.name, None), hits_view(())
