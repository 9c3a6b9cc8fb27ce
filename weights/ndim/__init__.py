"""ConvNets in one and three dimensions: `to_ndim` gives any timm ConvNet its 1-D or 3-D twin.

A signal is a picture of height 1, and a volume is a batch of slices whose convolutions reach from
slice to slice. So the network's own code runs as it stands; its kernels are new, and a mode gives
the functions that it calls their meaning in one or three dimensions (`signal.py`, `volume.py`).
"""

from __future__ import annotations

import copy
import math
from typing import Literal

from torch import nn

from .kernels import Inflation, collapse, inflate
from .rules import NotConvertible
from .twin import Twin, try_out

__all__ = ["NotConvertible", "Twin", "to_ndim"]
SLICES = 5


def to_ndim(
    model: nn.Module,
    dims: Literal[1, 3],
    *,
    inflation: Inflation = "centre",
    along: int | Literal["same"] = 1,
    gates: Literal["volume", "slice"] = "volume",
) -> Twin:
    """The 1-D or 3-D twin of a 2-D timm ConvNet, with its weights.

    1-D: kernels are summed along the height, so the twin gives for a signal what the 2-D network
    gives for the picture whose rows all are that signal.

    3-D: with `inflation="mean"` the twin gives for a volume of equal slices what the 2-D network
    gives for one. With `inflation="centre"` and `gates="slice"` its feature maps are, slice by
    slice, those of the 2-D network; without gates and norms over positions, in any case.

    Args:
        model: Left as it was. Any number of input channels and classes.
        dims: 1 takes (N, C, L), 3 takes (N, C, D, H, W).
        inflation: Of 3-D kernels: "centre" leaves the 2-D kernel in the middle of the depth, "mean"
            spreads it evenly.
        along: The stride of the feature maps along the depth: 1 keeps all slices, "same" strides
            and pools as the height does, a number does so until the stride is that: 2, 4, 8, ...
        gates: What squeeze-and-excitation and norms over positions average over in 3-D. Attention
            stays within its slice. The head always averages over the volume.

    Raises:
        NotConvertible: Something in the network has no twin: which module and operation.
        ValueError: An argument is none of those above.
    """
    allowed = {"dims": (1, 3), "inflation": ("centre", "mean"), "gates": ("volume", "slice")}
    given = {"dims": dims, "inflation": inflation, "gates": gates}
    for name, value in given.items():
        if value not in allowed[name]:
            raise ValueError(f"{name} is one of {allowed[name]}, not {value!r}")
    most = math.inf if along == "same" else along
    if isinstance(most, bool) or not isinstance(most, (int, float)) or most < 1:
        raise ValueError(f"along is a stride or 'same', not {along!r}")
    net = copy.deepcopy(model)
    if dims == 1:
        collapse(net)
    else:
        inflate(net, inflation)
    twin = Twin(net, dims, most, gates == "volume")
    size = (getattr(model, "pretrained_cfg", None) or {}).get("input_size", (3, 224, 224))[1:]
    # The size that a strided depth is tried out with is one that every network can take.
    depth = SLICES if most == 1 else size[0]
    try_out(twin, (size[1],) if dims == 1 else (depth, *size))
    return twin
