"""What the events of the signal page do that bring a set to learn from and to test on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from plugins.shared.classification.labelled import check_trainable, split
from plugins.shared.page.former import brought_set
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.widgets import Upload
from plugins.signal_classification.data.reader import read_set
from plugins.signal_classification.data.reading import Asked
from plugins.signal_classification.data.signal_set import to_test
from plugins.signal_classification.session import Brought, Session
from plugins.signal_classification.views import html as views
from plugins.signal_classification.views.preview import preview
from weights.errors import ParagoneError
from weights.messages import say

MENU = 200
"""Columns that a menu lists; any other can be typed."""


class SetEvents:
    """The handlers of the set. Each gives the set's view, `about`."""

    ctx: Any

    def choose(self, session: Session, name: str) -> str:
        """Take a set that comes with aeon, as its archive divides it; the set's view."""
        from plugins.signal_classification.data.aeon_sets import load_shipped

        try:
            session.train, session.test = load_shipped(name)
        except ParagoneError as error:
            return error_card(error)
        session.brought.pop("set", None)
        session.whole = None
        return set_view(session, *views.about_shipped(name))

    def bring(self, session: Session, upload: Upload | None, label: str | None, way: str) -> dict:
        """Take a set of the visitor's own; three tenths of each class are tested on."""
        if upload is None:
            return {}
        first = "set" not in session.brought  # Later on the menu holds the last file's label.
        asked = Asked((label or "").strip() if first else "", way, encoding=upload.encoding)
        shown = self._read(session, upload, asked)
        return {"upload": None, "label": labels_of(session), **shown}

    def read_anew(self, session: Session, label: str | None, way: str) -> dict:
        """Read the table that was brought last with other columns or in another way."""
        kept = session.brought.get("set")
        return {} if kept is None else self._read(session, kept, Asked((label or "").strip(), way))

    def _read(self, session: Session, source: Upload | Brought, asked: Asked) -> dict:
        try:
            with source.taken() as path:
                session.keep("set", path, source.name)
                whole = read_set(path, self.ctx.limits, asked)
            session.whole = whole
            session.train, session.test = split(whole)
        except ParagoneError as error:
            return {"about": error_card(error)}
        return {"about": set_view(session, whole.division)}

    def bring_test(self, session: Session, upload: Upload | None) -> dict:
        """Take a set to test on; the whole set that was brought before is trained on then."""
        if upload is None:
            return {}
        try:
            whole = session.whole
            if whole is None:
                todo = "Bring the set to train on first."
                raise ParagoneError("There is no set to train on", where=upload.name, todo=todo)
            with upload.taken() as path:
                test = read_set(path, self.ctx.limits, Asked(encoding=upload.encoding))
            test = to_test(whole, test)
            check_trainable(whole)
            session.train, session.test = replace(whole, tested=None), test
        except ParagoneError as error:
            return {"test": None, "about": error_card(error)}
        told = say("All of it is trained on; {title} is tested on.", title=test.title)
        return {"test": None, "about": set_view(session, told)}


def labels_of(session: Session) -> dict:
    """The menu of the columns that may hold the labels."""
    reading = None if session.train is None else session.train.reading
    if reading is None:
        return gr.Dropdown([], value=None)
    names = [
        reading.header[i] if i < len(reading.header) and reading.header[i] else str(i + 1)
        for i in range(len(reading.roles))
    ]
    own = reading.label
    return gr.Dropdown(names[:MENU], value=None if own is None else names[own])


def set_view(session: Session, *about: str) -> str:
    """What a set is, and what will be done to its signals."""
    from plugins.signal_classification.learning.input_form import form_of

    train, test = session.train, session.test
    series, names = (*train.series, *test.series), (*train.names, *test.names)
    _, notes = form_of(train).apply(series, names)
    seen = preview(train.reading) + views.set_view(train, test, (*notes, *about))
    return seen + brought_set(session)
