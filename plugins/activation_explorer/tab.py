"""The explorer's page: its parts, and how they are wired. What the events do is in `events.py` and
the other `*_events.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import Context

from plugins.activation_explorer.controls import Controls, PictureChoice
from plugins.activation_explorer.draw_events import DRAW, DrawEvents
from plugins.activation_explorer.endpoint import build_endpoint
from plugins.activation_explorer.events import RUN, Events
from plugins.activation_explorer.place_events import PlaceEvents
from plugins.activation_explorer.session import Session
from plugins.activation_explorer.unit_events import UnitEvents
from plugins.shared.page.finished import Finished
from plugins.shared.page.former import mark_former
from plugins.shared.page.help_panel import help_panel
from plugins.shared.page.html_parts import asset
from plugins.shared.page.parts import named
from plugins.shared.page.picture_place import takes_drops
from plugins.shared.page.widgets import HIDDEN, NETWORK, html

PAGE = Path(__file__).with_name("page")
SEARCH = "(...given) => [...({})(...given.slice(0, -1)), location.search]"
"""The query of the page's own address, as the last input of its opening event."""


def build(ctx: Any) -> None:
    """Fill the page that the host has opened."""
    Page(Events(ctx), gr.State(Session()))


class Page:
    """Controls, the wall, a unit's page, and the search by place."""

    def __init__(self, events: Events, session: gr.State):
        self.events, self.session = events, session
        self.units, self.places = UnitEvents(events), PlaceEvents(events)
        self.drawings = DrawEvents(events)
        self.script = asset("explorer.js", PAGE)
        self.controls = Controls(events)
        with gr.Tabs(elem_id="ae-tabs") as self.tabs:
            with gr.Tab("The wall", id="wall"):
                self._build_wall()
            with gr.Tab("A unit", id="unit"):
                self._build_unit()
            with gr.Tab("What fires here?", id="place"):
                self._build_place()
        help_panel(__file__)
        self.link = gr.Textbox(visible="hidden", elem_id="ae-query")
        self.finished = Finished("activation-explorer", self.events.ctx, saves=False)
        build_endpoint(events)
        html(f"<style>{asset('house.css')}{asset('explorer.css', PAGE)}</style>")
        self._wire()

    def _build_wall(self) -> None:
        with gr.Row(elem_id="ae-jump"):
            self.layer = gr.Dropdown([], label="Layer", elem_id="ae-layer", scale=3, min_width=160)
            self.number = gr.Number(
                0, precision=0, label="Unit", elem_id="ae-unit", scale=1, min_width=100
            )
            self.go = gr.Button("Open", elem_id="ae-go", scale=1, min_width=80)
        self.wall = html(js_on_load=self.script, elem_id="ae-wall", padding=False)

    def _build_unit(self) -> None:
        self.heading = html(js_on_load=self.script, elem_id="ae-heading", padding=False)
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=320):
                self.cards = html(js_on_load=self.script, elem_id="ae-cards", padding=False)
            with gr.Column(scale=3, min_width=280):
                self.dream = html(elem_id="ae-dream", padding=False)
                with gr.Row():
                    self.draw = gr.Button("Draw what excites it", elem_id="ae-draw")
                    self.halt = gr.Button("Stop", interactive=False, elem_id="ae-halt")
        gr.Markdown("## Where it fires in a picture")
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=320):
                drops = takes_drops("ae-over-upload")
                self.map = html(elem_id="ae-map", js_on_load=drops, padding=False)
            with gr.Column(scale=3, min_width=280):
                self.over = PictureChoice("ae-over", "A picture of the set")

    def _build_place(self) -> None:
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=300):
                scripts = self.script + takes_drops("ae-choice-upload")
                self.picture = html(js_on_load=scripts, elem_id="ae-picture", padding=False)
                self.choice = PictureChoice("ae-choice", "A picture of the set")
            with gr.Column(scale=5, min_width=320):
                self.hits = html(js_on_load=self.script, elem_id="ae-hits", padding=False)

    @property
    def parts(self) -> dict[str, Any]:
        """What the handlers change, by name."""
        controls = self.controls
        own = ("wall", "layer", "tabs", "heading", "cards", "dream", "map", "draw", "halt", "hits")
        theirs = ("backbone", "layers", "status", "find", "stop")
        parts = {name: getattr(controls, name) for name in theirs}
        parts["finished"] = self.finished.name
        return parts | {name: getattr(self, name) for name in own}

    def _wire(self) -> None:
        events, units, session = self.events, self.units, self.session
        controls, parts = self.controls, self.parts
        controls.wire(session)
        searched = {"picture": self.picture, "hits": self.hits}
        lists = {"over": self.over.known, "choice": self.choice.known, **searched}
        shelves = {**named(self.places.shelves, lists), "inputs": [session], **HIDDEN}
        finished = self.finished
        opening = Context.root_block.load(
            **named(finished.opening(units.arrive), parts),
            inputs=[finished.name, session, self.link],
            js=SEARCH.format(finished.recall),
            **RUN,
        )
        opening.then(**shelves)
        menu = {"backbone": controls.backbone, "backbone_apart": controls.apart}
        opening.then(**named(events.opened, menu), **HIDDEN)
        survey = named(finished.after(events.survey), parts)
        surveying = controls.find.click(**survey, inputs=[session, *controls.inputs], **RUN)
        surveying.then(**named(units.renew, parts), inputs=[session], **HIDDEN).then(**shelves)
        found = [self.wall, self.heading, self.cards, self.dream, self.map, self.hits]
        mark_former(controls.inputs, found, controls.status, [controls.about])
        controls.stop.click(**named(events.stop, parts), inputs=[session], **HIDDEN)
        self.wall.turn(events.turn, [session], [self.wall], **HIDDEN)
        for view in (self.wall, self.heading, self.hits):
            view.unit(**named(units.click, parts), inputs=[session], **NETWORK)
        gr.on(
            [self.go.click, self.number.submit],
            **named(units.jump, parts),
            inputs=[session, self.layer, self.number],
            **NETWORK,
        )
        over = {"map": self.map}
        self.cards.picture(**named(units.map_over, over), inputs=[session], **NETWORK)
        self.over.wire(units.map_known, units.map_brought, session, over)
        self.draw.click(**named(self.drawings.draw, parts), inputs=[session], **DRAW)
        self.halt.click(self.drawings.halt, [session], [self.halt], **HIDDEN)
        clicked = named(self.places.search, searched)
        self.picture.place(**clicked, inputs=[session], **NETWORK)
        self.choice.wire(self.places.search_known, self.places.search_brought, session, searched)
