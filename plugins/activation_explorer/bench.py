"""The networks of the explorer and their layers; nothing is loaded before it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugins.shared.page.network_choice import NetworkChoice
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from weights import Backbone

SIZE = 224
"""Side of the pictures that are looked at, in pixels."""
EMBEDDED = "tf_efficientnet_lite0.in1k"
MOST_LAYERS = 8


class LayerError(ParagoneError):
    """A layer or a unit that the network does not have."""


class Bench(NetworkChoice):
    """The networks that can be surveyed, and their layers."""

    def __init__(self, ctx: Any):
        super().__init__(ctx, EMBEDDED)

    def layers(self, backbone: Backbone) -> list[tuple[str, str]]:
        """Every layer of a network as (words, name), from shallow to deep.

        Raises:
            WeightsError: It is no ConvNet.
        """
        found = backbone.encoder().layers((SIZE, SIZE))
        return [
            (
                say(
                    "{name} · {channels} units, {sides}",
                    name=x.name,
                    channels=x.channels,
                    sides=sides(x.field.size),
                ),
                x.name,
            )
            for x in found
        ]

    def chosen(self, backbone: Backbone, names: Sequence[str]) -> tuple[str, ...]:
        """Layers in the order in which they run; none chosen: five, one a stage.

        Raises:
            WeightsError: The network is no ConvNet, or has no such layer.
            LayerError: Too many were chosen.
        """
        encoder, size = backbone.encoder(), (SIZE, SIZE)
        if not names:
            return encoder.stages(size)
        if len(names) > MOST_LAYERS:
            what = say(
                "{names} layers were chosen, more than the {most_layers} that fit the wall",
                names=len(names),
                most_layers=MOST_LAYERS,
            )
            raise LayerError(what, where="layers", todo="Take some of them away.")
        order = [layer.name for layer in encoder.layers(size)]
        wanted = {encoder.layer(str(name).strip(), size).name for name in names}
        return tuple(sorted(wanted, key=order.index))


def sides(size: tuple[int, int]) -> str:
    """A receptive field in words."""
    return (
        say("sees {size:,} px", size=size[0])
        if size[0] == size[1]
        else say("sees {size:,} × {size_2:,} px", size=size[0], size_2=size[1])
    )


def check_unit(unit: int, units: int, layer: str) -> int:
    """The unit's number.

    Raises:
        LayerError: The layer has no such unit.
    """
    if unit is not None and 0 <= unit < units:  # A caller may send nothing.
        return unit
    todo = say("Its units are numbered 0 to {units}.", units=units - 1)
    raise LayerError(
        say("There is no unit {unit}", unit=unit),
        where=say("layer {layer}", layer=layer),
        todo=todo,
    )
