"""What a unit's page and the search by place do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from plugins.activation_explorer import status_view as status
from plugins.activation_explorer import unit_view as view
from plugins.activation_explorer.bench import LayerError, check_unit
from plugins.activation_explorer.board import Board
from plugins.activation_explorer.bringing import BUNDLED, own_picture
from plugins.activation_explorer.events import Events, layer_list
from plugins.activation_explorer.link import Link, read_link, whole_number
from plugins.activation_explorer.search_view import hits_view, picture_view
from plugins.activation_explorer.session import Opened, Session, Shown
from plugins.face_widgets import HIDDEN
from plugins.faces.view import error_card
from plugins.svg import number
from plugins.turns import Turns
from plugins.widgets import Upload
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.activation_explorer.visualise import Dream

DRAW = {"concurrency_id": "drawings", "concurrency_limit": 16, **HIDDEN}
"""Many may wait at once; who draws is decided by `Turns`."""
PAUSE = 0.3
"""Seconds between two redrawings."""
STILL = gr.skip()
NO_UNIT = "No unit is open"
BEGIN = "Nothing is drawn yet. A drawing starts from noise and takes seconds to a minute."


class UnitEvents:
    """The handlers of the lower tabs."""

    def __init__(self, events: Events):
        self.events, self.bench = events, events.bench
        self.turns = Turns()

    # --- opening ------------------------------------------------------------------------------

    def arrive(self, request: gr.Request, query: str, session: Session) -> Iterator[tuple]:
        """Open the page: with a finished survey on the wall, or with the unit that a link names."""
        events = self.events
        events.visits.seen(request.session_hash, session)
        board = events.board(session)
        layers = layer_list(board.layers, board.layers)
        wall = (events.wall(session), STILL, STILL, events.choice(board))
        try:
            link = read_link(query or "")
        except ParagoneError as error:
            yield (
                STILL,
                layers,
                error_card(error),
                *wall,
                *self._opened(session, *board.best)[:-1],
            )
            return
        if link is None:
            yield (STILL, layers, board.status, *wall, *self._opened(session, *board.best)[:-1])
            return
        yield from self._follow(session, link, board, layers, wall)

    def _follow(
        self, session: Session, link: Link, board: Board, layers: Any, wall: tuple
    ) -> Iterator[tuple]:
        """Open the unit of a link; where it is in no survey yet, look for its patches first."""
        best = self._opened(session, *board.best)[:-1]
        try:
            if not self._shows(board, link):
                yield (STILL, layers, status.said("Loading the network…"), *wall, *best)
                backbone = self.bench.backbone(link.backbone)
                stages = self.bench.chosen(backbone, ())
                names = self.bench.chosen(backbone, [*stages, link.layer])
                encoder = backbone.encoder()
                check_unit(link.unit, encoder.layer(link.layer).channels, link.layer)
                layers = layer_list(self.bench.layers(backbone), names)
                for found in self.events.steps(session, link.backbone, BUNDLED, names):
                    yield (link.backbone, layers, *found, *(STILL,) * len(best))
                board = self.events.board(session)
                if session.stopped and link.layer not in board.layers:
                    return
                layer = encoder.layer(link.layer).name
                opened = self._opened(session, layer, link.unit, True)[:-1]
                yield (STILL, *(STILL,) * 6, *opened)
                return
            opened = self._opened(session, link.layer, link.unit, True)[:-1]
            yield (STILL, layers, board.status, *wall, *opened)
        except ParagoneError as error:
            yield (STILL, layers, error_card(error), *wall, *best)

    def _shows(self, board: Board, link: Link) -> bool:
        """Whether the wall has the unit's layer, of this network or of its packaged twin."""
        card = self.bench.cards.get(link.backbone)
        names = {link.backbone, card.twin} if card else {link.backbone}
        return board.network in names and link.layer in board.layers

    # --- a unit's page ------------------------------------------------------------------------

    def click(self, event: gr.EventData, request: gr.Request, session: Session) -> tuple:
        """Open a unit of the wall, or of the search."""
        self.events.visits.seen(request.session_hash, session)
        return self._open(session, str(event.layer), event.unit)

    def jump(self, session: Session, layer: str | None, number: Any) -> tuple:
        """Open a unit by its number."""
        return self._open(session, layer or "", number)

    def _open(self, session: Session, layer: str, number: Any) -> tuple:
        try:
            unit = whole_number("" if number is None else number, "unit")
            return self._opened(session, layer, unit, True)
        except ParagoneError as error:
            return (*(STILL,) * 5, error_card(error))

    def _opened(self, session: Session, layer: str, unit: int, asked: bool = False) -> tuple:
        """Tabs, heading, patches, drawing, map and status of a unit.

        Args:
            asked: The visitor wanted it: its tab comes to the front.
        """
        board = self.events.board(session)
        if layer not in board.layers:
            todo = f"On the wall are {', '.join(board.layers)}."
            raise LayerError("This layer is not on the wall", where=layer or "layer", todo=todo)
        check_unit(unit, board.units(layer), layer)
        session.opened, session.dreaming = Opened(board, layer, unit), None
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
        return (
            gr.Tabs(selected="unit") if asked else STILL,
            heading,
            view.patches(places, board.silent(layer, unit)),
            view.dream(None, BEGIN),
            view.no_map(),
            board.status if not session.running else STILL,
        )

    # --- its map ------------------------------------------------------------------------------

    def map_over(self, event: gr.EventData, session: Session) -> str:
        """The map over the source of a patch."""
        return self.map_known(session, event.picture)

    def map_known(self, session: Session, number: Any) -> str:
        """The map over a picture of the set."""
        try:
            opened = _opened(session)
            return self._map(session, opened.board.picture(number))
        except ParagoneError as error:
            return error_card(error)

    def map_brought(self, session: Session, upload: Upload | None) -> tuple:
        """The map over a picture that the visitor brings."""
        if upload is None:
            return STILL, STILL
        try:
            return None, self._map(session, own_picture(upload, self.events.ctx.limits))
        except ParagoneError as error:
            return None, error_card(error)

    def _map(self, session: Session, shown: Shown) -> str:
        opened = _opened(session)
        backbone = self.bench.backbone(opened.board.network)
        return opened.board.map_over(backbone, opened.layer, opened.unit, shown)

    # --- what it wants to see -----------------------------------------------------------------

    def draw(self, session: Session) -> Iterator[tuple]:
        """Draw, by optimisation, what excites the unit most."""
        if session.opened is None:
            error = ParagoneError(NO_UNIT, todo="Open one on the wall.")
            yield error_card(error), STILL, STILL
            return
        opened, token, ticket = session.opened, object(), None
        session.dreaming = token
        dream, drawn, begun = None, 0.0, time.monotonic()
        top = opened.board.top(opened.layer, opened.unit)
        try:
            yield view.dream(None, "Loading the network…", True), *_drawing(True)
            self.bench.backbone(opened.board.network)
            ticket = self.turns.join(lambda: 20.0)
            while ticket.place and session.dreaming is token:
                words = f"{ticket.place} ahead of you. Your turn comes soon."
                yield view.dream(None, words, True), *_drawing(True)
                time.sleep(0.3)
            if session.dreaming is token:
                for dream in self._dreams(opened):
                    done = session.dreaming is not token
                    if done or time.monotonic() - drawn >= PAUSE:
                        said = _step(dream, top)
                        yield view.dream(dream.picture, said, True), *_drawing(True)
                        drawn = time.monotonic()
                    if done:
                        break
        except ParagoneError as error:
            yield error_card(error), *_drawing(False)
            return
        finally:
            if ticket is not None:
                ticket.leave()
        if session.opened is not opened:  # Another unit is open; its page must not show this one's.
            yield STILL, *_drawing(False)
            return
        words = BEGIN if dream is None else f"{_step(dream, top)} {time.monotonic() - begun:.0f} s."
        yield view.dream(dream.picture if dream else None, words), *_drawing(False)

    def _dreams(self, opened: Opened) -> Iterator[Dream]:
        from plugins.activation_explorer.visualise import visualise

        backbone = self.bench.backbone(opened.board.network)
        return visualise(backbone, opened.layer, opened.unit)

    def halt(self, session: Session) -> Any:
        """Stop drawing at the next step; the picture stays."""
        session.dreaming = None
        return gr.Button(interactive=False)

    # --- what fires here ----------------------------------------------------------------------

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
        """A picture of one's own to click in."""
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


def _opened(session: Session) -> Opened:
    if session.opened is None:
        raise ParagoneError(NO_UNIT, todo="Open one on the wall.")
    return session.opened


def _drawing(running: bool) -> tuple:
    """Draw and stop."""
    return gr.Button(interactive=not running), gr.Button(interactive=running)


def _step(dream: Dream, top: float) -> str:
    """How far a drawing is, and how strongly it excites the unit."""
    words = f"Step {dream.step} of {dream.steps}. Mean activation {number(dream.activation, 2)}"
    return f"{words}; the strongest patch: {number(top, 2)}."


def _still(session: Session) -> tuple:
    shown = session.picture
    if shown is None:
        return "", hits_view(())
    return picture_view(shown.pixels, shown.name, None), hits_view(())
