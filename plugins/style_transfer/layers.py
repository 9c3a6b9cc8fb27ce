"""Which layers are compared, where a person has not said: for VGG those of Gatys et al., for any
other ConvNet the ends of its stages and its widest layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weights.layers.encoder import Layer, MultiLayerEncoder

DEEPEST = 16
"""The largest stride of a style layer; what lies deeper knows things and no strokes."""
MIDDLE = 8
"""The stride of the content layer."""


@dataclass(frozen=True)
class Taps:
    """The content layer, and (name, weight) of the style layers."""

    content: str
    style: tuple[tuple[str, float], ...]


def defaults_for(encoder: MultiLayerEncoder, size: tuple[int, int] = (224, 224)) -> Taps:
    """The layers with which a network paints well.

    Raises:
        WeightsError: The network is no ConvNet, or takes no pictures of this size.
    """
    layers = encoder.layers(size)
    named = vgg_names(layers)
    if "relu4_2" in named:
        style = [named[f"relu{block}_1"] for block in range(1, 6) if f"relu{block}_1" in named]
        return Taps(named["relu4_2"], tuple((name, 1.0) for name in style))
    stages = [encoder.layer(name, size) for name in encoder.stages(size)]
    shallow = [layer for layer in stages if max(layer.field.stride) <= DEEPEST]
    content = [layer for layer in shallow if max(layer.field.stride) <= MIDDLE] or shallow
    chosen = {layer.name for layer in (*shallow, *_norms(layers))}
    style = [layer.name for layer in layers if layer.name in chosen]
    return Taps((content or stages)[-1].name, tuple((name, 1.0) for name in style))


def _norms(layers: tuple[Layer, ...]) -> list[Layer]:
    """The first normed layer, and at each stride the first with the most channels: inside a
    bottleneck the units are many, and say more of texture than the few that leave it.
    """
    normed = [layer for layer in layers if "Norm" in layer.kind or "LU" in layer.kind]
    widest: dict[tuple, Layer] = {}
    for layer in normed:
        stride = layer.field.stride
        if max(stride) <= MIDDLE:
            if stride not in widest or layer.channels > widest[stride].channels:
                widest[stride] = layer
    return [*normed[:1], *widest.values()]


def vgg_names(layers: tuple[Layer, ...]) -> dict[str, str]:
    """relu1_1, relu1_2, … of a plain chain of convolutions, as in the papers; {} for others."""
    if not layers or not all(layer.name.startswith(("features", "pre_logits")) for layer in layers):
        return {}
    named: dict[str, str] = {}
    block, place = 1, 0
    for layer in layers:
        if layer.kind == "ReLU" and layer.name.startswith("features"):
            place += 1
            named[f"relu{block}_{place}"] = layer.name
        elif layer.kind == "MaxPool2d":
            block, place = block + 1, 0
    return named if "relu2_1" in named else {}
