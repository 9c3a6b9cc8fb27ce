"""A survey of the bundled pictures that was recorded, for the page to open with.

`python -m plugins.activation_explorer.record` makes it; nothing in it is written by hand. It holds
numbers only: the patches are cut from the bundled pictures, as in any survey.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from plugins.activation_explorer.pictureset import PictureSet, bundled
from plugins.activation_explorer.survey import Survey, TopNine
from weights.errors import ParagoneError
from weights.messages import spoken

FOLDER = Path(__file__).with_name("recorded")
TABLE, ARRAYS = FOLDER / "survey.json", FOLDER / "survey.safetensors"
KINDS = {"values": np.float32, "pictures": np.int16, "rows": np.int16, "columns": np.int16}


@dataclass(frozen=True)
class KnownField:
    """What a `Field` tells of receptive fields, without torch."""

    size: tuple[int, int]
    stride: tuple[int, int]
    offset: tuple[int, int]
    everywhere: bool

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of a position's field, half open."""
        top, left = (
            begin + step * place
            for begin, step, place in zip(self.offset, self.stride, (row, column), strict=True)
        )
        return top, left, top + self.size[0], left + self.size[1]


@dataclass(frozen=True)
class KnownLayer:
    """What a `Layer` tells, without torch."""

    name: str
    channels: int
    grid: tuple[int, int]
    field: KnownField


@dataclass(frozen=True)
class Recorded:
    """A finished survey.

    Attributes:
        title: Of the network. `origin`: where its weights came from, as a sentence.
        seconds: How long it took.
    """

    survey: Survey
    title: str
    origin: str
    seconds: float


@lru_cache(maxsize=1)
def recorded() -> Recorded:
    """The recorded survey. Needs no torch.

    Raises:
        ParagoneError: The bundled pictures of this machine are not those that were looked at.
    """
    from safetensors.numpy import load_file

    table, arrays = json.loads(TABLE.read_text(encoding="utf-8")), load_file(ARRAYS)
    pictures = bundled()
    if [spoken(name) for name in pictures.names] != _names(table["names"]):
        raise ParagoneError(
            "The bundled pictures are not those of the recorded survey",
            where="scikit-image, scikit-learn, matplotlib",
            todo="Press “Find the patches” to look at those that are here.",
        )
    layers = {}
    for row in table["layers"]:
        field = KnownField(**{k: _pair(v) for k, v in row.pop("field").items()})
        layer = KnownLayer(**{k: _pair(v) for k, v in row.items()}, field=field)
        found = {kind: arrays[f"{layer.name}.{kind}"] for kind in KINDS}
        layers[layer.name] = TopNine(layer, **found)
    survey = Survey(table["backbone"], pictures, len(pictures), layers)
    return Recorded(survey, table["title"], table["origin"], table["seconds"])


def write(survey: Survey, title: str, origin: str, seconds: float) -> None:
    """Record a finished survey of the bundled pictures.

    Raises:
        ValueError: A receptive field does not move by whole pixels.
    """
    from safetensors.numpy import save_file

    FOLDER.mkdir(exist_ok=True)
    layers = [_known(found) for found in survey.layers.values()]
    table = {
        "backbone": survey.backbone,
        "title": title,
        "origin": origin,
        "seconds": round(seconds, 2),
        "layers": [asdict(layer) for layer in layers],
        "names": _counted(survey.pictures),
    }
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    arrays = {
        f"{name}.{kind}": getattr(found, kind).astype(dtype)
        for name, found in survey.layers.items()
        for kind, dtype in KINDS.items()
    }
    save_file(arrays, ARRAYS)
    recorded.cache_clear()


def _known(found: TopNine) -> KnownLayer:
    layer, field = found.layer, found.layer.field
    stride = tuple(int(step) for step in field.stride)
    known = KnownField(field.size, stride, field.offset, field.everywhere)
    last = layer.grid[0] - 1, layer.grid[1] - 1
    if known.box(*last) != field.box(*last):
        raise ValueError(f"The fields of {layer.name} do not move by whole pixels")
    return KnownLayer(layer.name, layer.channels, layer.grid, known)


def _counted(pictures: PictureSet) -> list[list[Any]]:
    """Names and how often each stands in a row."""
    runs: list[list[Any]] = []
    for name in pictures.names:
        if runs and runs[-1][0] == name:
            runs[-1][1] += 1
        else:
            runs.append([name, 1])
    return runs


def _names(runs: list[list[Any]]) -> list[str]:
    return [name for name, count in runs for _ in range(count)]


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
