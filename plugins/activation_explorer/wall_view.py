"""The wall of Zeiler & Fergus: layers from shallow to deep, and of each a page of units. HTML text
only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from plugins.shared.page.plots import number
from weights.messages import rich, say

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


def wall(
    columns: Sequence[Column], picture: tuple[int, int], chosen: tuple | None = None
) -> Markup:
    """All layers, side by side where there is room.

    Args:
        picture: (height, width) of the pictures, in pixels.
        chosen: (layer, unit) that is open.
    """
    if not columns:
        return Markup('<div class="ae-wall"><p class="pv-empty">{}</p></div>').format(EMPTY)
    largest = max(max(*picture), *(max(column.field) for column in columns))
    sections = Markup().join(
        _section(i, column, picture, largest, chosen) for i, column in enumerate(columns, 1)
    )
    return Markup('<div class="ae-wall" style="--ae-count:{}">{}</div>').format(
        len(columns), sections
    )


def _section(
    place: int, column: Column, picture: tuple[int, int], largest: int, chosen: tuple | None
) -> Markup:
    tiles = Markup().join(_tile(column.layer, tile, chosen) for tile in column.tiles)
    return Markup(
        '<section class="ae-layer" data-layer="{layer}"><header>'
        "{drawing}"
        '<div><h2>{title}</h2><p class="ae-name"><code>{layer}</code></p>'
        "<p>{sees}</p></div></header>"
        '<div class="ae-units">{tiles}</div>{pager}</section>'
    ).format(
        layer=column.layer,
        drawing=field_drawing(column.field, picture, largest),
        title=say("Layer {n}", n=place),
        sees=sees(column.field, picture, column.everywhere),
        tiles=tiles,
        pager=_pager(column),
    )


def sees(field: tuple[int, int], picture: tuple[int, int], everywhere: bool) -> str:
    """What a unit of a layer sees."""
    height, width = field
    beyond = height >= picture[0] and width >= picture[1]
    words = {
        (False, False): "sees {height:,} × {width:,} px",
        (True, False): "sees {height:,} × {width:,} px, more than the picture",
        (False, True): "sees {height:,} × {width:,} px, and all of it through gates",
        (True, True): "sees {height:,} × {width:,} px, more than the picture, "
        "and all of it through gates",
    }[beyond, everywhere]
    return say(words, height=height, width=width)


def field_drawing(field: tuple[int, int], picture: tuple[int, int], largest: int) -> Markup:
    """The picture and the receptive field in it, all layers at one scale; a field that is larger
    than the drawing is dashed.
    """
    scale = ICON / min(largest, MOST * max(picture))

    def square(size: tuple[int, int], kind: str) -> Markup:
        kind += " is-beyond" * (max(size) * scale > ICON)
        height, width = (min(max(1.5, side * scale), ICON) for side in size)
        return Markup(
            '<rect class="{}" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"/>'
        ).format(kind, (ICON - width) / 2, (ICON - height) / 2, width, height)

    label = say(
        "A field of {field} × {field_2} pixels in a picture of {picture} × {picture_2}",
        field=field[0],
        field_2=field[1],
        picture=picture[0],
        picture_2=picture[1],
    )
    return Markup(
        '<svg class="ae-field" viewBox="-1 -1 {side} {side}" role="img" aria-label="{label}">'
        "{whole}{seen}</svg>"
    ).format(
        side=ICON + 2,
        label=label,
        whole=square(picture, "ae-picture"),
        seen=square(field, "ae-sees"),
    )


def _tile(layer: str, tile: Tile, chosen: tuple | None) -> Markup:
    words = (
        "never fires on these pictures"
        if tile.silent
        else say("at most {top}", top=number(tile.top, 2))
    )
    label = say("Unit {unit} of {layer}, {words}", unit=tile.unit, layer=layer, words=say(words))
    kind = "ae-unit" + " is-silent" * tile.silent
    kind += " is-chosen" * ((layer, tile.unit) == chosen)
    shown = (
        Markup('<img src="{}" alt="">').format(tile.sheet)
        if tile.sheet
        else Markup('<i class="ae-blank"></i>')
    )
    return Markup(
        '<button type="button" class="{kind}" data-layer="{layer}" '
        'data-unit="{unit}" title="{label}" aria-label="{label}">'
        "{shown}<span>{unit}</span></button>"
    ).format(kind=kind, layer=layer, unit=tile.unit, label=label, shown=shown)


def _pager(column: Column) -> Markup:
    last = min(column.first + PER_PAGE, column.units) - 1
    layer = column.layer

    def turn(way: int, sign: str, words: str, there: bool) -> Markup:
        return Markup(
            '<button type="button" data-turn="{}" data-layer="{}" aria-label="{}"{}>{}</button>'
        ).format(way, layer, words, "" if there else " disabled", sign)

    before = turn(-1, "‹", say("Units before, {layer}", layer=layer), column.first > 0)
    after = turn(1, "›", say("Units after, {layer}", layer=layer), last + 1 < column.units)
    words = rich(
        "<b>{first}–{last}</b> of {units:,} units",
        first=column.first,
        last=last,
        units=column.units,
    )
    return Markup('<footer class="ae-pager">{}<span>{}</span>{}</footer>').format(
        before, words, after
    )
