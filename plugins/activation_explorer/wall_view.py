"""The wall of Zeiler & Fergus: layers from shallow to deep, and of each a page of units. HTML text
only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from plugins.shared.page.plots import number

PER_PAGE = 12
"""Units of a layer that are shown at once."""
ICON = 84
"""Side of the drawing of a receptive field, in its own units."""
MOST = 1.8
"""Times the picture's side that a drawing shows at most."""
EMPTY = "No unit has been looked at yet."


@dataclass(frozen=True)
class Tile:
    """A unit on the wall.

    Attributes:
        sheet: Its nine patches as a data URI; empty: not known.
        top: Its strongest activation.
        silent: It did not fire on any picture.
    """

    unit: int
    sheet: str
    top: float
    silent: bool = False


@dataclass(frozen=True)
class Column:
    """A layer on the wall.

    Attributes:
        units: How many it has; `first`: the first one that is shown.
        field: (height, width) of what a unit sees, in pixels. `everywhere`: and the whole picture.
        grid: (rows, columns) of its positions.
    """

    layer: str
    units: int
    first: int
    field: tuple[int, int]
    everywhere: bool
    grid: tuple[int, int]
    tiles: Sequence[Tile]


def wall(columns: Sequence[Column], picture: tuple[int, int], chosen: tuple | None = None) -> str:
    """All layers, side by side where there is room.

    Args:
        picture: (height, width) of the pictures, in pixels.
        chosen: (layer, unit) that is open.
    """
    if not columns:
        return f'<div class="ae-wall"><p class="pv-empty">{EMPTY}</p></div>'
    largest = max(max(*picture), *(max(column.field) for column in columns))
    sections = "".join(
        _section(i, column, picture, largest, chosen) for i, column in enumerate(columns, 1)
    )
    return f'<div class="ae-wall" style="--ae-count:{len(columns)}">{sections}</div>'


def _section(
    place: int, column: Column, picture: tuple[int, int], largest: int, chosen: tuple | None
) -> str:
    layer = escape(column.layer)
    tiles = "".join(_tile(column.layer, tile, chosen) for tile in column.tiles)
    return (
        f'<section class="ae-layer" data-layer="{layer}"><header>'
        f"{field_drawing(column.field, picture, largest)}"
        f'<div><h2>Layer {place}</h2><p class="ae-name"><code>{layer}</code></p>'
        f"<p>{sees(column.field, picture, column.everywhere)}</p></div></header>"
        f'<div class="ae-units">{tiles}</div>{_pager(column)}</section>'
    )


def sees(field: tuple[int, int], picture: tuple[int, int], everywhere: bool) -> str:
    """What a unit of a layer sees."""
    height, width = field
    words = f"sees {height:,} × {width:,} px"
    if height >= picture[0] and width >= picture[1]:
        words += ", more than the picture"
    return words + (", and all of it through gates" if everywhere else "")


def field_drawing(field: tuple[int, int], picture: tuple[int, int], largest: int) -> str:
    """The picture and the receptive field in it, all layers at one scale; a field that is larger
    than the drawing is dashed.
    """
    scale = ICON / min(largest, MOST * max(picture))

    def square(size: tuple[int, int], kind: str) -> str:
        kind += " is-beyond" * (max(size) * scale > ICON)
        height, width = (min(max(1.5, side * scale), ICON) for side in size)
        return (
            f'<rect class="{kind}" x="{(ICON - width) / 2:.2f}" y="{(ICON - height) / 2:.2f}" '
            f'width="{width:.2f}" height="{height:.2f}"/>'
        )

    label = f"A field of {field[0]} × {field[1]} pixels in a picture of {picture[0]} × {picture[1]}"
    return (
        f'<svg class="ae-field" viewBox="-1 -1 {ICON + 2} {ICON + 2}" role="img" '
        f'aria-label="{label}">{square(picture, "ae-picture")}{square(field, "ae-sees")}</svg>'
    )


def _tile(layer: str, tile: Tile, chosen: tuple | None) -> str:
    words = "never fires on these pictures" if tile.silent else f"at most {number(tile.top, 2)}"
    label = f"Unit {tile.unit} of {layer}, {words}"
    kind = "ae-unit" + " is-silent" * tile.silent
    kind += " is-chosen" * ((layer, tile.unit) == chosen)
    shown = f'<img src="{tile.sheet}" alt="">' if tile.sheet else '<i class="ae-blank"></i>'
    return (
        f'<button type="button" class="{kind}" data-layer="{escape(layer)}" '
        f'data-unit="{tile.unit}" title="{escape(label)}" aria-label="{escape(label)}">'
        f"{shown}<span>{tile.unit}</span></button>"
    )


def _pager(column: Column) -> str:
    last = min(column.first + PER_PAGE, column.units) - 1
    layer = escape(column.layer)

    def turn(way: int, sign: str, words: str, there: bool) -> str:
        return (
            f'<button type="button" data-turn="{way}" data-layer="{layer}" '
            f'aria-label="{words}"{"" if there else " disabled"}>{sign}</button>'
        )

    before = turn(-1, "‹", f"Units before, {layer}", column.first > 0)
    after = turn(1, "›", f"Units after, {layer}", last + 1 < column.units)
    words = f"<b>{column.first}–{last}</b> of {column.units:,} units"
    return f'<footer class="ae-pager">{before}<span>{words}</span>{after}</footer>'
