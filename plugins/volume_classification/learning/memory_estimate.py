"""Whether a run fits into the memory, said before it fails."""

from __future__ import annotations

import copy

import psutil
import torch
from torch import Tensor

from plugins.volume_classification.errors import TrainingError
from plugins.volume_classification.learning.network import Network
from weights.messages import say

AUGMENTED = 8
"""Numbers that augmentation holds for each voxel: three coordinates, and values several times."""
MORE = 1.5
"""Gradients and what single layers need meanwhile, as a multiple of what is kept for learning."""


def needed(network: Network, size: int, batch: int) -> int:
    """Bytes that one step holds, about.

    Args:
        size: Voxels along an edge of a volume.
    """
    shadow = copy.deepcopy(network).to("meta").train()
    kept: dict[int, int] = {}

    def count(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage.nbytes()
        return tensor

    seen = network.seen(torch.empty((2, size, size, size), device="meta"))
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        answer = shadow(seen)
    del answer
    own = sum(tensor.nbytes for tensor in network.state_dict().values())
    each = max(0, sum(kept.values()) - own) / 2 + AUGMENTED * 4 * seen[0].numel()
    # The weights, their mean, their gradients and the optimizer's two means.
    return int(MORE * batch * each) + 5 * own


def free(device: torch.device, most: int | None = None) -> int:
    """Bytes that the device has left.

    Args:
        most: What this process may hold in all; None: as much as there is.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    left = psutil.virtual_memory().available
    return left if most is None else min(left, most - psutil.Process().memory_info().rss)


def check(
    network: Network, size: int, batch: int, device: torch.device, most: int | None = None
) -> None:
    """See that a step fits into the device, and into the `most` bytes that this process may hold.

    Raises:
        TrainingError: It does not.
    """
    wanted, left = needed(network, size, batch), free(device, most)
    if wanted > left:
        what = say(
            "A step would take {wanted:.1f} GiB, and {left:.1f} GiB are left",
            wanted=wanted / 2**30,
            left=left / 2**30,
        )
        todo = "Choose smaller batches, a narrower network or smaller volumes."
        raise TrainingError(what, where="memory", todo=todo)
