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


class PlaceEvents:
    """A picture, and the clicks in it."""

    def __init__(self, events: Events):
        self.events, self.bench = events, events.bench

    def shelves(self, session: Session) -> dict:
        """The pictures of the set to choose from, and the first one to click in."""
        board = self.events.board(session)
        names = list(board.choices)
        if session.picture is None and names:
            session.picture = board.picture(names[0][1])
        lists = {name: gr.Dropdown(names, value=None) for name in ("over", "choice")}
        return {**lists, **_unclicked(session)}

    def search_known(self, session: Session, number: Any) -> dict:
        """Another picture of the set to click in."""
        try:
            session.picture = self.events.board(session).picture(number)
        except ParagoneError as error:
            return {"hits": error_card(error)}
        session.place = None
        return _unclicked(session)

    def search_brought(self, session: Session, upload: Upload | None) -> dict:
        """A picture of your own to click in."""
        if upload is None:
            return {}
        try:
            session.picture = own_picture(upload, self.events.ctx.limits)
        except ParagoneError as error:
            return {"upload": None, "hits": error_card(error)}
        session.place = None
        return {"upload": None, **_unclicked(session)}

    def search(self, event: gr.EventData, session: Session) -> dict:
        """Which units fire most at the clicked place."""
        shown, board = session.picture, self.events.board(session)
        if shown is None:
            return {}
        try:
            session.place = place = (float(event.x), float(event.y))
            found = board.firing(self.bench.backbone(board.network), shown, place)
        except ParagoneError as error:
            return {"hits": error_card(error)}
        picture = picture_view(shown.pixels, shown.name, place, found)
        return {"picture": picture, "hits": hits_view(found)}


def _unclicked(session: Session) -> dict:
    """The picture before a place in it is clicked."""
    shown = session.picture
    picture = "" if shown is None else picture_view(shown.pixels, shown.name, None)
    return {"picture": picture, "hits": hits_view(())}
