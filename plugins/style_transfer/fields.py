"""The settings of a painting as the page's fields hold them, and as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.style_transfer.settings import Settings, SettingsError
from weights.messages import say


def settings_of(values: Sequence[Any]) -> Settings:
    """The settings of the page's fields, which come in the order of `Settings`.

    Raises:
        SettingsError: A field cannot be used.
    """
    named = dict(zip(Settings.names(), values, strict=True))
    named["backbone"] = (named["backbone"] or "").strip()
    named["style_layers"] = read_layers(named["style_layers"])
    named["style_weights"] = read_weights(named["style_weights"])
    named["content_layer"] = (named["content_layer"] or "").strip()
    return Settings(**named)


def read_layers(text: str | None) -> tuple[tuple[str, float], ...]:
    """`layer1: 1, layer2: 0.5` or one a line; a layer without a weight has 1.

    Raises:
        SettingsError: A weight is no number.
    """
    parts = [part.strip() for part in (text or "").replace("\n", ",").split(",")]
    layers = []
    for part in filter(None, parts):
        name, _, weight = part.partition(":")
        layers.append((name.strip(), _number(weight.strip() or "1", "style_layers")))
    return tuple(layers)


def write_layers(layers: Sequence[tuple[str, float]]) -> str:
    """The inverse of `read_layers`."""
    return ", ".join(say("{name}: {weight:g}", name=name, weight=weight) for name, weight in layers)


def read_weights(text: str | None) -> tuple[float, ...]:
    """`1, 2`: one for each style picture.

    Raises:
        SettingsError: One is no number.
    """
    parts = (part.strip() for part in (text or "").replace(";", ",").split(","))
    return tuple(_number(part, "style_weights") for part in parts if part)


def _number(text: str, where: str) -> float:
    shapes = {
        "style_layers": "each layer and its weight as name: 0.5, with commas between them",
        "style_weights": "one number for each style, with commas between them",
    }
    try:
        return float(text)
    except ValueError as error:
        todo = say("Write {shapes}, and a point in the number.", shapes=shapes[where])
        raise SettingsError(
            say("{text} is no number", text=repr(text[:40])), where=where, todo=todo
        ) from error
