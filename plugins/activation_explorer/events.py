"""What the upper part of the explorer's page and its wall do. A survey is made by `survey.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from plugins.activation_explorer import status_view as status
from plugins.activation_explorer.bench import Bench
from plugins.activation_explorer.cache import Surveys, key_for
from plugins.activation_explorer.opening import recorded_board
from plugins.activation_explorer.pictureset import PictureSet
from plugins.activation_explorer.session import Session
from plugins.activation_explorer.sources import bring, pictures_for
from plugins.activation_explorer.survey import survey
from plugins.activation_explorer.survey_view import Board
from plugins.activation_explorer.wall_view import PER_PAGE
from plugins.shared.page.former import UNMADE, brought_set, made_with
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.runs import Runs, Ticket
from plugins.shared.page.widgets import HIDDEN, Upload, offer
from weights.errors import ParagoneError
from weights.messages import say

RUN = {"concurrency_id": "surveys", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who surveys is decided by `Runs`."""
NO_UNIT = dict.fromkeys(("heading", "cards", "dream", "map", "hits"), "")
"""Nothing of a unit: the one that was open is of another survey."""
FRAME = 1.2
"""Seconds between two redrawings of the wall."""


class Events:
    """The handlers of one page, and the queue of those who want a survey."""

    def __init__(self, ctx: Any):
        self.ctx, self.bench = ctx, Bench(ctx)
        self.runs, self.surveys = Runs(ctx), Surveys()

    def board(self, session: Session) -> Board:
        """What is on the wall."""
        return session.board or recorded_board()

    def wall(self, session: Session) -> str:
        """The wall as it stands."""
        opened = session.opened
        chosen = (opened.layer, opened.unit) if opened else None
        return self.board(session).wall(session.first, chosen)

    def opened(self) -> dict:
        """Offer the networks that can be had now."""
        return offer("backbone", self.bench.choices())

    # --- what is looked at --------------------------------------------------------------------

    def bring(self, upload: Upload | None, session: Session) -> dict:
        """Take a zip into memory, and say what is in it."""
        if upload is None:
            return {}
        try:
            about = bring(upload, session, self.ctx.limits)
            return {"upload": None, "about": about + brought_set(session)}
        except ParagoneError as error:
            return {"upload": None, "about": error_card(error)}

    def network(self, name: str) -> Iterator[dict]:
        """Load another backbone, list its layers and choose the usual five."""
        yield {"layers": layer_list(), "status": status.said("Loading the network…", "loading")}
        try:
            backbone = self.bench.backbone(name)
            layers = self.bench.layers(backbone)
            chosen = list(self.bench.chosen(backbone, ()))
        except ParagoneError as error:
            yield {"status": error_card(error)}
            return
        words = say(
            "{sentence} It has {layers} layers.",
            sentence=backbone.origin.sentence,
            layers=len(layers),
        )
        yield {"layers": layer_list(layers, chosen), "status": status.said(words)}

    def list_layers(self, name: str) -> dict:
        """The layers to choose from, without a change of what is chosen."""
        try:
            layers = self.bench.layers(self.bench.backbone(name))
            return {"layers": gr.update(choices=layers)}
        except ParagoneError as error:
            return {"status": error_card(error)}

    # --- a survey -----------------------------------------------------------------------------

    def survey(
        self,
        session: Session,
        name: str,
        source: str,
        layers: Sequence[str] | None,
    ) -> Iterator[dict]:
        """Wait, look at every picture, and show what is found meanwhile."""
        yield from self.steps(session, name, source, layers or ())

    def steps(
        self, session: Session, name: str, source: str, layers: Sequence[str]
    ) -> Iterator[dict]:
        """The same, also for the page that opens with a link."""
        try:
            with self.runs.open(session, "A survey of yours is going on") as ticket:
                yield from self._steps(session, ticket, name, source, layers)
        except ParagoneError as error:
            yield {"status": error_card(error)}

    def _steps(
        self, session: Session, ticket: Ticket, name: str, source: str, layers: Sequence[str]
    ) -> Iterator[dict]:
        before = session.board, session.made
        made = made_with(session, (name, source, list(layers)))
        try:
            words = status.said("Loading the network…", "loading") + UNMADE
            yield {"status": words, **buttons(True)}
            backbone = self.bench.backbone(name)
            with ticket.preparing():
                names = self.bench.chosen(backbone, layers)
            pictures = pictures_for(session, source)
            for _ in ticket.waiting(lambda: session.left):
                yield {"status": status.waiting(ticket.place, ticket.wait), **buttons(True)}
            yield from self._survey(session, ticket, backbone, pictures, names, made)
            yield self._ended(session)
        except ParagoneError as error:
            if session.board is None:
                session.board, session.made = before
            yield self._ended(session, error)

    def _survey(
        self,
        session: Session,
        ticket: Ticket,
        backbone: Any,
        pictures: PictureSet,
        names: Sequence[str],
        made: Markup,
    ) -> Iterator[dict]:
        """Survey every picture, unless the same survey is in memory."""
        if ticket.stopped:
            return
        common = pictures is not session.brought
        kept = self.surveys if common else session.surveys
        key = key_for(backbone, pictures, names)
        known = kept.get(key)
        board = Board(known, backbone.card.title, backbone.origin.sentence, common)
        if known is not None:
            session.show(board, made)
            return
        for found in ticket.steps(survey(backbone, pictures, names)):
            board.survey = found
            if board is not session.board:
                session.show(board, made)
            if ticket.due(FRAME):
                told = {"status": board.progress + made, "wall": self.wall(session)}
                yield {**told, **({} if session.opened else NO_UNIT), **buttons(True)}
        if board.survey is not None:
            board.end(stopped=not board.survey.done)
            kept.put(key, board.survey)

    def stop(self, session: Session) -> dict:
        """End the survey after the batch at hand; what was found stays."""
        session.stopped = True
        return {
            "stop": gr.Button(interactive=False),
            "status": status.said("Stopping…", "stopping"),
        }

    def turn(self, event: gr.EventData, session: Session) -> str:
        """Another page of a layer's units."""
        board, layer = self.board(session), str(event.layer)
        if layer in board.layers:
            way = PER_PAGE if int(event.way) > 0 else -PER_PAGE
            first = session.first.get(layer, 0) + way
            if 0 <= first < board.units(layer):
                session.first[layer] = first
        return self.wall(session)

    # --- what is shown ------------------------------------------------------------------------

    def _ended(self, session: Session, error: ParagoneError | None = None) -> dict:
        board = self.board(session)
        said = board.status
        if error is not None:
            said = error_card(error) + (said if session.board else "")
        wall = self.wall(session)
        shown = {"status": said + session.made, "wall": wall, "layer": self.choice(board)}
        return {**shown, **({} if session.opened else NO_UNIT), **buttons()}

    def choice(self, board: Board) -> gr.Dropdown:
        """The layers on the wall, to open a unit by its number."""
        return gr.Dropdown(list(board.layers), value=board.layers[0] if board.layers else None)


def layer_list(layers: Sequence[Any] = (), chosen: Sequence[str] = ()) -> gr.Dropdown:
    """The layers to choose from, and those that are chosen."""
    return gr.Dropdown(list(layers), value=list(chosen), multiselect=True, allow_custom_value=True)


def buttons(running: bool = False) -> dict:
    """Find and stop."""
    return {"find": gr.Button(interactive=not running), "stop": gr.Button(interactive=running)}
