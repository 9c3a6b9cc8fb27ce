"""A network that has learnt, what it says of a volume, and where in the volume it sees that."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional as F

from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.learning.augment import symmetries, turned
from plugins.volume_classification.learning.input_form import Form, tensor
from plugins.volume_classification.learning.network import Network
from plugins.volume_classification.settings import Settings

TOGETHER = 32
"""Volumes that pass through a network at once."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A network and the form in which it takes volumes.

    Attributes:
        classes: Their names.
        settings: Of the run that made it.
    """

    network: Network = field(repr=False)
    form: Form
    classes: tuple[str, ...]
    settings: Settings

    def logits(self, values: np.ndarray, looks: int = 0) -> np.ndarray:
        """(N, classes) float32: log of the mean probability over the looks.

        Args:
            values: (N, size, size, size), as they are in the set.
            looks: How many turns of each volume are looked at; 0: as the settings say.
        """
        device = next(self.network.parameters()).device
        network, found = self.network.eval(), []
        with torch.inference_mode():
            for batch in tensor(values).split(TOGETHER) if len(values) else ():
                batch = network.seen(self.form.scaled(batch.to(device)))
                turns = symmetries(self.settings.symmetry, batch.shape[1:])
                turns = spread(turns, looks or self.settings.looks)
                votes = [F.log_softmax(network(turned(batch, turn)), 1) for turn in turns]
                found.append(torch.stack(votes).logsumexp(0) - np.log(len(votes)))
        empty = torch.empty((0, len(self.classes)))
        return torch.cat([empty, *(one.cpu() for one in found)]).numpy()

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        """(N, classes), each row sums to 1."""
        return np.exp(self.logits(values))

    def classify(self, volume: Volume) -> tuple[np.ndarray, tuple[str, ...]]:
        """Probabilities (classes,) of one volume of any size, and what was done to it."""
        values, notes = self.form.take(volume)
        return self.probabilities(values)[0], notes


def spread(turns: np.ndarray, looks: int) -> np.ndarray:
    """This many of some turns (number, 3, 3), the first always, the others evenly from the list."""
    count = min(looks, len(turns))
    return turns[np.arange(count) * len(turns) // count]


@torch.inference_mode()
def cams(trained: Trained, values: np.ndarray) -> np.ndarray:
    """Class-activation maps (N, classes, depth, height, width): how much each voxel speaks for each
    class, at the volumes' own resolution.

    The network says so at the places of its last feature map; between them there are straight
    lines. The mean over the classes is taken away, since it decides nothing. Slices that the
    network does not see are NaN; one that sees several as channels has one map for all of them.

    Args:
        values: (N, size, size, size).
    """
    batch = trained.form.scaled(values)
    network = trained.network.eval()
    found = network.evidence(batch)
    found = found - found.mean(1, keepdim=True)
    if not network.slices:
        whole = F.interpolate(found, batch.shape[1:], mode="trilinear", align_corners=False)
        return whole.numpy()
    plane = F.interpolate(found[:, :, 0], batch.shape[2:], mode="bilinear", align_corners=False)
    maps = np.full((*plane.shape[:2], *batch.shape[1:]), np.nan, np.float32)
    first = (batch.shape[1] - network.slices + 1) // 2
    maps[:, :, first : first + network.slices] = plane.numpy()[:, :, None]
    return maps
