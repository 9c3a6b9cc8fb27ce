"""What a unit really sees, found by its gradient."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

GATES = ("SqueezeExcite", "SEModule", "EffectiveSEModule", "EcaModule", "GlobalResponseNorm")


def straightened(module: nn.Module, gates: bool = True) -> nn.Module:
    """The network without what stops a gradient by chance: activations let all through, and pools
    take the mean. Without `gates`, what looks at the whole picture lets all through too.
    """
    for name, part in list(module.named_children()):
        kind = type(part)
        if "MaxPool" in kind.__name__:
            pads = {} if kind.__name__.endswith("Same") else {"padding": part.padding}
            setattr(module, name, _MeanPool(part, pads))
        elif kind.__module__.endswith((".activation", ".activations", ".activations_me")):
            setattr(module, name, nn.Identity())
        elif not gates and kind.__name__ in GATES:
            setattr(module, name, nn.Identity())
        else:
            straightened(part, gates)
    return module


class _MeanPool(nn.Module):
    def __init__(self, pool: nn.Module, pads: dict):
        super().__init__()
        self.pool, self.pads = pool, pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pool = self.pool
        if self.pads:
            return nn.functional.avg_pool2d(
                x, pool.kernel_size, pool.stride, ceil_mode=pool.ceil_mode, **self.pads
            )
        from timm.layers import avg_pool2d_same

        return avg_pool2d_same(x, pool.kernel_size, pool.stride)


def box_by_gradient(picture: torch.Tensor, activation: torch.Tensor, row: int, column: int):
    """(top, left, bottom, right) of the pixels that one position depends on, and their share.

    The gradient that is sent back is not a number: it travels through weights of 0 as well, and
    does not fade on its way through a hundred layers.
    """
    seed = torch.zeros_like(activation)
    seed[0, :, row, column] = float("nan")
    with torch.backends.mkldnn.flags(enabled=False):
        (gradient,) = torch.autograd.grad(activation, picture, seed, retain_graph=True)
    reached = torch.isnan(gradient[0]).any(dim=0).numpy()
    rows, columns = (np.flatnonzero(reached.any(axis=axis)) for axis in (1, 0))
    box = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
    return box, float(reached.mean())
