"""Volumes as they might have been: turned, mirrored, moved, a little larger or smaller.

All is one linear map of the coordinates, so that a volume is read between its voxels only once.
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from plugins.volume_classification.settings import Settings


def symmetries(name: str) -> np.ndarray:
    """(number, 3, 3) signed permutations of the axes (depth, height, width), the identity first.

    Args:
        name: A key of `SYMMETRIES`: `none` gives 1, `plane` 16, `cube` 48.
    """
    if name == "none":
        return np.eye(3)[None]
    orders = [o for o in itertools.permutations(range(3)) if name == "cube" or o[0] == 0]
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=3)))
    return np.concatenate([signs[:, :, None] * np.eye(3)[list(order)] for order in orders])


def turned(values: Tensor, matrix: np.ndarray) -> Tensor:
    """Volumes (N, D, H, W) under one signed permutation of the axes, exactly."""
    order = np.abs(matrix).argmax(1)
    moved = values.permute(0, *(int(i) + 1 for i in order))
    flips = [i + 1 for i in range(3) if matrix[i].sum() < 0]
    return moved.flip(flips) if flips else moved


def vary(values: Tensor, settings: Settings, chance: np.random.Generator) -> Tensor:
    """Volumes (N, D, H, W), each changed at random as the settings allow.

    Beyond its edge a volume goes on as it was there.
    """
    known = symmetries(settings.symmetry)
    cubic = len(set(values.shape[1:])) == 1
    if not cubic:  # Only what keeps every axis its length.
        known = known[(np.abs(known) == np.eye(3)).all((1, 2))]
    chosen = known[chance.integers(len(known), size=len(values))]
    if not (settings.shift or settings.scaling or settings.tilt):
        return torch.stack([turned(one[None], m)[0] for one, m in zip(values, chosen, strict=True)])
    linear = chosen @ _rotations(len(values), settings, chance)
    size = 1 + settings.scaling * chance.uniform(-1, 1, (len(values), 1, 1))
    shift = 2 * settings.shift * chance.uniform(-1, 1, (len(values), 3, 1))
    if settings.symmetry != "cube":
        shift[:, 0] = 0
        # The depth keeps its length too, so that neighbours stay neighbours.
        size = np.concatenate([np.ones_like(size), size, size], 1)
    maps = np.concatenate([linear * size, shift], 2)
    maps = maps[:, ::-1, [2, 1, 0, 3]].astype(np.float32)  # torch counts the width first.
    shape = (len(values), 1, *values.shape[1:])
    grid = F.affine_grid(torch.from_numpy(maps.copy()), shape, align_corners=True)
    return F.grid_sample(values[:, None], grid, padding_mode="border", align_corners=True)[:, 0]


def _rotations(many: int, settings: Settings, chance: np.random.Generator) -> np.ndarray:
    """(many, 3, 3): by up to `tilt` degrees about the depth, or about any axis."""
    result = np.broadcast_to(np.eye(3), (many, 3, 3))
    planes = ((1, 2), (0, 2), (0, 1)) if settings.symmetry == "cube" else ((1, 2),)
    for first, second in planes if settings.tilt else ():
        angle = np.radians(settings.tilt) * chance.uniform(-1, 1, many)
        turn = np.broadcast_to(np.eye(3), (many, 3, 3)).copy()
        turn[:, first, first] = turn[:, second, second] = np.cos(angle)
        turn[:, first, second], turn[:, second, first] = np.sin(angle), -np.sin(angle)
        result = result @ turn
    return result
