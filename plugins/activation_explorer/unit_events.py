"""What a unit's page does: opening it, also by its link, and its map over a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from plugins.activation_explorer import status_view as status
from plugins.activation_explorer import unit_view as view
from plugins.activation_explorer.bench import LayerError, check_unit
from plugins.activation_explorer.draw_events import BEGIN
from plugins.activation_explorer.events import Events, layer_list
from plugins.activation_explorer.link import Link, read_link, whole_number
from plugins.activation_explorer.session import Opened, Session
from plugins.activation_explorer.sources import BUNDLED, own_picture
from plugins.activation_explorer.survey_view import Board, Shown
from plugins.shared.page.former import made_with
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.widgets import Upload
from weights.errors import ParagoneError
from weights.messages import say


class UnitEvents:
    """Opening, and the map."""

    def __init__(self, events: Events):
        self.events, self.bench = events, events.bench

    # --- opening ------------------------------------------------------------------------------

    def arrive(self, session: Session, query: str) -> Iterator[dict]:
        """Open the page: with a finished survey on the wall, or with the unit that a link names."""
        events = self.events
        try:
            board = events.board(session)
        except ParagoneError as error:  # The bundled pictures are not those of the recorded survey.
            yield {"status": error_card(error)}
            return
        made = session.made
        if session.board is None:
            made = made_with(session, (self.bench.default, BUNDLED, list(board.layers)))
        opening = {
            **self._opened(session, *board.best),
            "layers": layer_list(board.layers, board.layers),
            "status": board.status + made,
            "wall": events.wall(session),
            "layer": events.choice(board),
        }
        if session.board is not None:
            opening["backbone"] = board.network
        try:
            link = read_link(query or "")
            if link is None:
                yield opening
            else:
                yield from self._follow(session, link, board, opening)
        except ParagoneError as error:
            yield {**opening, "status": error_card(error)}

    def _follow(self, session: Session, link: Link, board: Board, opening: dict) -> Iterator[dict]:
        """Open the unit of a link; where it is in no survey yet, look for its patches first."""
        if self._shows(board, link):
            unit = self._opened(session, link.layer, link.unit, True)
            yield {**opening, **unit, "status": opening["status"]}
            return
        yield {**opening, "status": status.said("Loading the network…")}
        backbone = self.bench.backbone(link.backbone)
        stages = self.bench.chosen(backbone, ())
        names = self.bench.chosen(backbone, [*stages, link.layer])
        encoder = backbone.encoder()
        check_unit(link.unit, encoder.layer(link.layer).channels, link.layer)
        # From here on, what went wrong later leaves these layers chosen.
        opening["layers"] = layers = layer_list(self.bench.layers(backbone), names)
        for found in self.events.steps(session, link.backbone, BUNDLED, names):
            yield {**found, "backbone": link.backbone, "layers": layers}
        board = self.events.board(session)
        if session.stopped and link.layer not in board.layers:
            return
        unit = self._opened(session, encoder.layer(link.layer).name, link.unit, True)
        unit.pop("status", None)
        yield unit

    def _shows(self, board: Board, link: Link) -> bool:
        """Whether the wall has the unit's layer, of this network or of its packaged twin."""
        card = self.bench.cards.get(link.backbone)
        names = {link.backbone, card.twin} if card else {link.backbone}
        return board.network in names and link.layer in board.layers

    # --- a unit's page ------------------------------------------------------------------------

    def click(self, event: gr.EventData, session: Session) -> dict:
        """Open a unit of the wall, or of the search."""
        return self._open(session, str(event.layer), event.unit)

    def jump(self, session: Session, layer: str | None, number: Any) -> dict:
        """Open a unit by its number."""
        return self._open(session, layer or "", number)

    def _open(self, session: Session, layer: str, number: Any) -> dict:
        try:
            unit = whole_number("" if number is None else number, "unit")
            return self._opened(session, layer, unit, True)
        except ParagoneError as error:
            return {"status": error_card(error)}

    def renew(self, session: Session) -> dict:
        """Open a unit of a survey that has ended, where none of it is open."""
        board = self.events.board(session)
        if session.running or session.opened is not None or not board.layers:
            return {}
        return self._opened(session, *board.best)

    def _opened(self, session: Session, layer: str, unit: int, asked: bool = False) -> dict:
        """Tabs, heading, patches, drawing, map and status of a unit.

        Args:
            asked: The visitor wanted it: its tab comes to the front.
        """
        board = self.events.board(session)
        if layer not in board.layers:
            todo = say("On the wall are {layers}.", layers=", ".join(board.layers))
            raise LayerError("This layer is not on the wall", where=layer or "layer", todo=todo)
        check_unit(unit, board.units(layer), layer)
        session.opened = Opened(board, layer, unit)
        session.drawing.stop()
        places = board.places(layer, unit)
        address = Link(board.network, layer, unit).address if board.bundled else ""
        heading = view.heading(
            board.title,
            layer,
            unit,
            board.units(layer),
            board.words(layer),
            address,
            board.survey.pictures.title,
            asked,
        )
        shown = {
            "heading": heading,
            "cards": view.patches(places, board.silent(layer, unit)),
            "dream": view.dream(None, BEGIN),
            "map": view.no_map(),
        }
        if asked:
            shown["tabs"] = gr.Tabs(selected="unit")
        if not session.running:
            shown["status"] = board.status
        return shown

    # --- its map ------------------------------------------------------------------------------

    def map_over(self, event: gr.EventData, session: Session) -> dict:
        """The map over the source of a patch."""
        return self.map_known(session, event.picture)

    def map_known(self, session: Session, number: Any) -> dict:
        """The map over a picture of the set."""
        try:
            opened = _opened(session)
            return {"map": self._map(session, opened.board.picture(number))}
        except ParagoneError as error:
            return {"map": error_card(error)}

    def map_brought(self, session: Session, upload: Upload | None) -> dict:
        """The map over a picture that the visitor brings."""
        if upload is None:
            return {}
        try:
            shown = own_picture(upload, self.events.ctx.limits)
            return {"upload": None, "map": self._map(session, shown)}
        except ParagoneError as error:
            return {"upload": None, "map": error_card(error)}

    def _map(self, session: Session, shown: Shown) -> str:
        opened = _opened(session)
        backbone = self.bench.backbone(opened.board.network)
        return opened.board.map_over(backbone, opened.layer, opened.unit, shown)


def _opened(session: Session) -> Opened:
    if session.opened is None:
        raise ParagoneError("No unit is open", todo="Open one on the wall.")
    return session.opened
