"""The nine patches that excite a unit most, for all units of several layers, in one pass over the
pictures (Zeiler and Fergus 2014; course: convolutional networks, week 4, *What are deep ConvNets
learning?*).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from plugins.activation_explorer.patches import Patch, cut
from plugins.activation_explorer.pictureset import PictureSet

if TYPE_CHECKING:
    import torch

    from weights import Backbone
    from weights.layers.encoder import Layer

NINE = 9
NONE = -1
"""The number of a picture that is not there."""


@dataclass(frozen=True)
class TopNine:
    """A layer's units and what excites them most. A picture counts once, with its best place.

    Attributes:
        layer: Name, field, grid and channels.
        values: float32 (units, 9), the strongest first; -inf where there are fewer pictures.
        pictures: int32 (units, 9): numbers in the set; -1 where there is none.
        rows, columns: int16 (units, 9): positions on the layer's grid.
    """

    layer: Layer
    values: np.ndarray
    pictures: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    @property
    def top(self) -> np.ndarray:
        """(units,): each one's strongest activation."""
        return self.values[:, 0]

    def count(self, unit: int) -> int:
        """How many patches a unit has: nine, or as many as there are pictures."""
        return int((self.pictures[unit] != NONE).sum())


@dataclass(frozen=True)
class Survey:
    """What one pass found.

    Attributes:
        backbone: The network's name.
        pictures: What it looked at. `seen`: the first this many of them.
        layers: By name, from shallow to deep.
    """

    backbone: str
    pictures: PictureSet
    seen: int
    layers: dict[str, TopNine]

    @property
    def done(self) -> bool:
        """Whether every picture was looked at."""
        return self.seen == len(self.pictures)

    def patch(self, layer: str, unit: int, rank: int) -> Patch:
        """One of a unit's nine patches, `rank` from 0."""
        found = self.layers[layer]
        number = int(found.pictures[unit, rank])
        return cut(
            self.pictures.picture(number),
            found.layer.field,
            (int(found.rows[unit, rank]), int(found.columns[unit, rank])),
            float(found.values[unit, rank]),
            self.pictures.names[number],
            number,
        )

    def patches(self, layer: str, unit: int) -> list[Patch]:
        """A unit's nine patches, the strongest first."""
        return [self.patch(layer, unit, i) for i in range(self.layers[layer].count(unit))]


def survey(
    backbone: Backbone,
    pictures: PictureSet,
    layers: Sequence[str] = (),
    *,
    batch: int = 16,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Survey]:
    """Look at all pictures once; gives what is known after every batch.

    Memory holds one batch's activations and nine numbers a unit, however many pictures there are.

    Args:
        backbone: A ConvNet.
        layers: Their names; none: five stages from shallow to deep.
        batch: Pictures at once.
        stop: Asked before every batch.

    Raises:
        NotConvolutional: The network is no ConvNet.
        UnknownLayer: It has no such layer.
    """
    import torch

    encoder = backbone.encoder()
    names = list(layers) or list(encoder.stages(pictures.size))
    known = [encoder.layer(name, pictures.size) for name in names]
    sources = torch.from_numpy(pictures.sources).to(encoder.device)
    best = [_Best(layer.channels, sources) for layer in known]
    for start in range(0, len(pictures), batch):
        if stop():
            return
        end = min(start + batch, len(pictures))
        with torch.inference_mode():
            x = torch.from_numpy(np.array(pictures.pixels[start:end])).to(encoder.device)
            x = encoder.normalise(x.permute(0, 3, 1, 2).float() / 255)
            activations = encoder(x.contiguous(memory_format=torch.channels_last), names)
            for name, one in zip(names, best, strict=True):
                one.take(activations[name], start)
            encoder.forget()
            found = {
                name: one.found(layer) for name, layer, one in zip(names, known, best, strict=True)
            }
        yield Survey(backbone.card.name, pictures, end, found)


class _Best:
    """The running nine of every unit of a layer, each of another source.

    Args:
        units: How many.
        sources: (pictures,) the source of each.
    """

    def __init__(self, units: int, sources: torch.Tensor):
        import torch

        device = sources.device
        self.values = torch.full((units, NINE), -torch.inf, device=device)
        self.pictures = torch.full((units, NINE), NONE, dtype=torch.int64, device=device)
        self.places = torch.zeros((units, NINE), dtype=torch.int64, device=device)
        self.sources, self.shared = sources, len(sources.unique()) < len(sources)
        self.width = 1

    def take(self, activations: torch.Tensor, first: int) -> None:
        """Merge a batch (N, units, rows, columns) whose first picture has the number `first`."""
        import torch

        self.width = activations.shape[-1]
        values, places = activations.flatten(2).max(dim=2)
        numbers = torch.arange(first, first + len(values), device=values.device)
        together = torch.cat([self.values, values.T.float()], dim=1)
        everyone = torch.cat([self.pictures, numbers.expand(len(together), -1)], dim=1)
        order = torch.argsort(together, dim=1, descending=True, stable=True)
        if self.shared:
            order = order.gather(1, self._others_last(everyone.gather(1, order)))
        order = order[:, :NINE]
        self.values, self.pictures = together.gather(1, order), everyone.gather(1, order)
        self.places = torch.cat([self.places, places.T], dim=1).gather(1, order)
        if self.shared:
            again = self._again(self.pictures)
            self.values = self.values.masked_fill(again, -torch.inf)
            self.pictures = self.pictures.masked_fill(again, NONE)

    def _again(self, pictures: torch.Tensor) -> torch.Tensor:
        """Which of (units, K) pictures, the strongest first, have a source that came before."""
        sources = self.sources[pictures].masked_fill(pictures == NONE, NONE)
        return (sources[:, :, None] == sources[:, None, :]).tril(-1).any(2)

    def _others_last(self, pictures: torch.Tensor) -> torch.Tensor:
        import torch

        return torch.argsort(self._again(pictures).to(torch.int8), dim=1, stable=True)

    def found(self, layer: Layer) -> TopNine:
        places = self.places.cpu().numpy()
        return TopNine(
            layer,
            self.values.cpu().numpy(),
            self.pictures.cpu().numpy().astype(np.int32),
            (places // self.width).astype(np.int16),
            (places % self.width).astype(np.int16),
        )
