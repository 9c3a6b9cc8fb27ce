"""Layers and weights as people write them into a field."""

from __future__ import annotations

from plugins.style_transfer.settings import SettingsError


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


def read_weights(text: str | None) -> tuple[float, ...]:
    """`1, 2`: one for each style picture.

    Raises:
        SettingsError: One is no number.
    """
    parts = (part.strip() for part in (text or "").replace(";", ",").split(","))
    return tuple(_number(part, "style_weights") for part in parts if part)


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        todo = "Write a layer and its weight as name: 0.5, and a point in the number."
        raise SettingsError(f"{text[:40]!r} is no number", where=where, todo=todo) from error
