"""Volumes as they might have been: turned, mirrored, moved, a little larger or smaller.

All is one linear map of the coordinates, so that a volume is read between its voxels only once.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from plugins.volume_classification.settings import SOLID, Settings


def symmetries(name: str, shape: Sequence[int] = (1, 1, 1)) -> np.ndarray:
    """(number, 3, 3) signed permutations of the axes (depth, height, width), the identity first.

    Args:
        name: A key of `SYMMETRIES`: `none` gives 1, `stack` and `mirror` 8, `plane` 16, `cube` 48.
        shape: Of the volumes; only what leaves it as it is is given.
    """
    if name == "none":
        return np.eye(3)[None]
    orders = [
        order
        for order in itertools.permutations(range(3))
        if (name == "cube" or order[0] == 0 and (name != "mirror" or order[1] == 1))
        and all(shape[axis] == side for axis, side in zip(order, shape, strict=True))
    ]
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=3)))
    if name == "stack":
        signs = signs[signs[:, 0] > 0]
    return np.concatenate([signs[:, :, None] * np.eye(3)[list(order)] for order in orders])


def turned(values: Tensor, matrix: np.ndarray) -> Tensor:
    """Volumes (N, D, H, W) under one signed permutation of the axes, exactly."""
    order = np.abs(matrix).argmax(1)
    moved = values.permute(0, *(int(i) + 1 for i in order))
    flips = [i + 1 for i in range(3) if matrix[i].sum() < 0]
    return moved.flip(flips) if flips else moved


def vary(values: Tensor, settings: Settings, rng: np.random.Generator) -> Tensor:
    """Volumes (N, D, H, W), each changed at random as the settings allow, on their device.

    Beyond its edge a volume goes on as it was there.
    """
    many, shape = len(values), tuple(values.shape[1:])
    known = symmetries(settings.symmetry, shape)
    chosen = known[rng.integers(len(known), size=many)]
    if not (settings.shift or settings.scaling or settings.tilt):
        return torch.stack([turned(one[None], m)[0] for one, m in zip(values, chosen, strict=True)])
    solid = settings.symmetry in SOLID and len(set(shape)) == 1
    linear = chosen.transpose(0, 2, 1) @ _rotations(many, settings.tilt, solid, rng)
    size = 1 + settings.scaling * rng.uniform(-1, 1, (many, 1, 1))
    shift = 2 * settings.shift * rng.uniform(-1, 1, (many, 3, 1))
    if not solid:  # Slices keep their distance, so that neighbours stay neighbours.
        shift[:, 0] = 0
        size = np.concatenate([np.ones_like(size), size, size], 1)
    maps = np.concatenate([linear * size, shift], 2)
    maps = maps[:, ::-1, [2, 1, 0, 3]].astype(np.float32)  # torch counts the width first.
    where = torch.from_numpy(maps.copy()).to(values.device)
    grid = F.affine_grid(where, (many, 1, *shape), align_corners=False)
    return F.grid_sample(values[:, None], grid, padding_mode="border", align_corners=False)[:, 0]


def _rotations(many: int, tilt: float, solid: bool, rng: np.random.Generator) -> np.ndarray:
    """(many, 3, 3): by up to `tilt` degrees about the depth, or about every axis."""
    result = np.broadcast_to(np.eye(3), (many, 3, 3))
    planes = ((1, 2), (0, 2), (0, 1)) if solid else ((1, 2),)
    for first, second in planes if tilt else ():
        angle = np.radians(tilt) * rng.uniform(-1, 1, many)
        turn = np.broadcast_to(np.eye(3), (many, 3, 3)).copy()
        turn[:, first, first] = turn[:, second, second] = np.cos(angle)
        turn[:, first, second], turn[:, second, first] = np.sin(angle), -np.sin(angle)
        result = result @ turn
    return result
