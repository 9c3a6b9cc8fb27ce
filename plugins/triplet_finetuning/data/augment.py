"""Each picture a little different every time it is seen, the same way in every run of a seed."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def vary(inputs: Tensor, rng: np.random.Generator, total: int, mine: np.ndarray) -> Tensor:
    """Turn (at most 10 degrees), scale (8 %), shift (6 %) and light (20 %) each picture anew.

    Args:
        total, mine: Size of the whole batch and which of it these pictures are: the draws are those
            of the whole batch, however it is shared out.
    """
    draw = torch.from_numpy(rng.uniform(-1, 1, (total, 5)).astype(np.float32)[mine])
    angle, scale = draw[:, 0] * 0.17, 1 + draw[:, 1] * 0.08
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = torch.stack([cos, -sin, draw[:, 2] * 0.12, sin, cos, draw[:, 3] * 0.12], 1)
    shape = list(inputs.shape)
    grid = F.affine_grid(rows.view(-1, 2, 3).to(inputs.device), shape, align_corners=False)
    moved = F.grid_sample(inputs, grid, padding_mode="border", align_corners=False)
    return moved * (1 + 0.2 * draw[:, 4].to(inputs.device).view(-1, 1, 1, 1))
