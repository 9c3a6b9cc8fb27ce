"""A survey as the page shows it: its wall, its units, their maps."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plugins.activation_explorer import status_view, unit_view, wall_view
from plugins.activation_explorer.place_view import Hit, Hits
from plugins.activation_explorer.sheet import contact_sheet, framed, heated
from plugins.shared.page.html_parts import data_uri
from weights.errors import ParagoneError

if TYPE_CHECKING:
    import numpy as np

    from weights import Backbone

SIDE, LARGE = 40, 150
"""Pixels of a patch on the wall, and on its unit's page."""
QUALITY = 82


@dataclass(frozen=True)
class Shown:
    """A picture that somebody chose: (H, W, 3) uint8, and its name."""

    pixels: np.ndarray = field(repr=False, compare=False)
    name: str


class Board:
    """What a survey found so far.

    Args:
        survey: A `Survey`, or the recorded one; while it runs, `survey` is set anew.
        title: Of the network. `origin`: where its weights come from, as a sentence.
        bundled: It looked at the built-in pictures, so that a link says all.
        seconds: How long it took, as far as it has ended.
    """

    def __init__(self, survey: Any, title: str, origin: str, bundled: bool, seconds: float = 0.0):
        self.survey, self.title, self.origin = survey, title, origin
        self.bundled, self.seconds = bundled, seconds
        self.stopped = False
        self._begun = time.monotonic()
        self._sheets: dict[tuple[str, int], tuple[bytes, str]] = {}

    # --- what it is ---------------------------------------------------------------------------

    @property
    def network(self) -> str:
        """The name of the network."""
        return self.survey.backbone

    @property
    def layers(self) -> tuple[str, ...]:
        """From shallow to deep."""
        return tuple(self.survey.layers)

    @property
    def best(self) -> tuple[str, int]:
        """A unit to begin with: the one of the middle layer that fires most."""
        layer = self.layers[len(self.layers) // 2]
        return layer, int(self.survey.layers[layer].top.argmax())

    def units(self, layer: str) -> int:
        """How many units a layer has."""
        return len(self.survey.layers[layer].values)

    def top(self, layer: str, unit: int) -> float:
        """A unit's strongest activation."""
        return float(self.survey.layers[layer].top[unit])

    def silent(self, layer: str, unit: int) -> bool:
        """Whether a unit fires on no picture."""
        return not self.top(layer, unit) > 0

    def words(self, layer: str) -> str:
        """What a unit of a layer sees."""
        field = self.survey.layers[layer].layer.field
        return wall_view.sees(field.size, self.survey.pictures.size, field.everywhere)

    # --- how far it is ------------------------------------------------------------------------

    @property
    def pace(self) -> float:
        """Pictures a second."""
        return self.survey.seen / max(time.monotonic() - self._begun, 1e-9)

    @property
    def left(self) -> float:
        """Seconds until its end."""
        waiting = len(self.survey.pictures) - self.survey.seen
        return waiting / self.pace if self.survey.seen else math.nan

    def end(self, stopped: bool) -> None:
        """It has ended."""
        self.seconds, self.stopped = time.monotonic() - self._begun, stopped

    @property
    def progress(self) -> str:
        """How far it is, as HTML."""
        seen, total = self.survey.seen, len(self.survey.pictures)
        return status_view.surveying(seen, total, self.pace, self.left)

    @property
    def status(self) -> str:
        """What was looked at, as HTML."""
        pictures = self.survey.pictures
        return status_view.finished(
            self.title,
            pictures.title,
            self.survey.seen,
            len(pictures),
            self.seconds,
            self.stopped,
            self.origin,
        )

    # --- the wall -----------------------------------------------------------------------------

    def wall(self, first: dict[str, int], chosen: tuple[str, int] | None) -> str:
        """All layers, each from its first unit that shall be shown."""
        columns = [self._column(layer, first.get(layer, 0)) for layer in self.layers]
        return wall_view.wall(columns, self.survey.pictures.size, chosen)

    def _column(self, layer: str, first: int) -> wall_view.Column:
        found, units = self.survey.layers[layer].layer, self.units(layer)
        last = min(first + wall_view.PER_PAGE, units)
        tiles = [
            wall_view.Tile(
                unit, self.sheet(layer, unit), self.top(layer, unit), self.silent(layer, unit)
            )
            for unit in range(first, last)
        ]
        field = found.field
        return wall_view.Column(
            layer, units, first, field.size, field.everywhere, found.grid, tiles
        )

    def sheet(self, layer: str, unit: int) -> str:
        """A unit's nine patches as one small picture; drawn anew when they are others."""
        found = self.survey.layers[layer]
        now = b"".join(
            array[unit].tobytes() for array in (found.pictures, found.rows, found.columns)
        )
        known = self._sheets.get((layer, unit))
        if known is None or known[0] != now:
            patches = self.survey.patches(layer, unit)
            shown = contact_sheet(patches, found.layer.field.size, self.survey.pictures.size, SIDE)
            known = self._sheets[layer, unit] = (now, data_uri(shown, quality=QUALITY))
        return known[1]

    # --- a unit -------------------------------------------------------------------------------

    def places(self, layer: str, unit: int) -> list[unit_view.Place]:
        """Its patches with their sources, the strongest first."""
        pictures, field = self.survey.pictures, self.survey.layers[layer].layer.field
        places = []
        for patch in self.survey.patches(layer, unit):
            source = pictures.picture(patch.picture)
            places.append(
                unit_view.Place(
                    data_uri(framed(patch, field.size, pictures.size, LARGE), quality=QUALITY),
                    data_uri(source, unit_view.SOURCE, QUALITY),
                    unit_view.percent_box(patch.box, source.shape),
                    patch.value,
                    patch.name,
                    patch.picture,
                )
            )
        return places

    @property
    def choices(self) -> list[tuple[str, int]]:
        """Its pictures as (words, number)."""
        return [(f"{i} · {name}", i) for i, name in enumerate(self.survey.pictures.names)]

    def picture(self, number: Any) -> Shown:
        """One of its pictures.

        Raises:
            ParagoneError: It has none of this number.
        """
        pictures = self.survey.pictures
        if not isinstance(number, int) or not 0 <= number < len(pictures):
            raise ParagoneError("There is no such picture", where="picture", todo="Choose another.")
        return Shown(pictures.picture(number), pictures.names[number])

    def map_over(self, backbone: Backbone, layer: str, unit: int, shown: Shown) -> str:
        """A unit's activations over a picture, as HTML."""
        from plugins.activation_explorer.maps import activation_map

        found = activation_map(backbone, layer, unit, shown.pixels)
        top = self.top(layer, unit)
        over = heated(shown.pixels, found.values, found.field.stride, found.centre, top)
        return unit_view.map_view(shown.pixels, over, shown.name, float(found.values.max()), top)

    def firing(
        self, backbone: Backbone, shown: Shown, place: tuple[float, float]
    ) -> Sequence[Hits]:
        """The units of each layer that fire most at a place (shares across and down)."""
        from plugins.activation_explorer.maps import firing

        return [
            Hits(
                each.layer.name,
                unit_view.percent_box(each.box, shown.pixels.shape),
                [
                    Hit(int(unit), float(value), float(share), self.sheet(name, int(unit)))
                    for unit, value, share in zip(each.units, each.values, each.shares, strict=True)
                ],
            )
            for name, each in zip(
                self.layers, firing(backbone, self.survey, shown.pixels, place), strict=True
            )
        ]
