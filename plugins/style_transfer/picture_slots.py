"""The places for pictures on the style page: what is brought, taken from the shelf, taken out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.shared.files.pictures import read_picture
from plugins.shared.page.former import brought_set
from plugins.shared.page.widgets import Upload
from plugins.style_transfer import views
from plugins.style_transfer.bundled import CONTENT, STYLE, offered, shelf_of
from plugins.style_transfer.session import Session
from weights.errors import ParagoneError

EMPTY = {
    "content": "No picture yet.",
    "style1": "No picture yet.",
    "mask": "No mask: the style goes everywhere.",
}


class Slots:
    """The handlers of every slot; each is made for the role that it fills."""

    def __init__(self, ctx: Any):
        self.ctx = ctx

    def view(self, role: str, session: Session, error: ParagoneError | None = None) -> str:
        """A slot with the picture in it, or what was wrong with the one that was brought."""
        shelf = "" if role == "mask" else shelf_of(CONTENT if role == "content" else STYLE)
        return views.slot(session.pictures.get(role), shelf, EMPTY.get(role, "None."), error)

    def bring(self, role: str) -> Any:
        """The handler of a slot's upload: what cannot be read leaves the slot as it was."""

        def take(upload: Upload | None, session: Session) -> dict:
            if upload is None:
                return {}
            try:
                with upload.taken() as path:
                    session.pictures[role] = read_picture(path, upload.name, self.ctx.limits)
            except ParagoneError as error:
                return {"upload": None, "view": self.view(role, session, error)}
            return {"upload": None, "view": self.view(role, session) + brought_set(session)}

        return take

    def example(self, role: str) -> Any:
        """The handler of a slot's shelf."""

        def take(event: gr.EventData, session: Session) -> str:
            try:
                session.pictures[role] = offered(str(event.key))
            except ParagoneError as error:
                return self.view(role, session, error)
            return self.view(role, session) + brought_set(session)

        return take

    def clear(self, role: str) -> Any:
        """The handler that empties a slot."""

        def take(session: Session) -> str:
            session.pictures.pop(role, None)
            return self.view(role, session) + brought_set(session)

        return take
