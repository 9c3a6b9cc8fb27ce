"""What twins cost beside their 2-D networks: `python -m tests.benchmarks.bench_ndim [NAME ...]`.

For each network: parameters, processor time of a pass on one thread (the least of three), and the
memory that a pass needs beside parameters and input (the peak of what torch holds at once), for

- 2-D: one picture of 224 x 224, and 16 of them in a batch, as is done slice by slice;
- 1-D: one signal of 224 numbers a channel, and one of 4096;
- 3-D: one volume of 16 slices of 224 x 224, with the depth kept, and strided as the height is.
"""

from __future__ import annotations

import argparse
import time
import weakref

import timm
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from weights.ndim import to_ndim

NAMES = ("resnet18", "resnet50", "convnext_atto", "tf_efficientnet_lite0", "regnety_004")


class Held(TorchDispatchMode):
    """How many bytes of new tensors are alive at once while it is active.

    Attributes:
        peak: The most so far. Scratch space inside an operation is not seen.
    """

    def __init__(self):
        super().__init__()
        self.peak = self._now = 0
        self._known: dict[int, int] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        given = {_place(x) for x in tree_iter((args, kwargs)) if isinstance(x, torch.Tensor)}
        found = func(*args, **(kwargs or {}))
        for tensor in tree_iter(found):
            if isinstance(tensor, torch.Tensor):
                storage, place = tensor.untyped_storage(), _place(tensor)
                if place not in given and place not in self._known:
                    self._known[place] = storage.nbytes()
                    self._now += storage.nbytes()
                    self.peak = max(self.peak, self._now)
                    weakref.finalize(storage, self._freed, place)
        return found

    def _freed(self, place: int) -> None:
        self._now -= self._known.pop(place, 0)


def _place(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata


@torch.no_grad()
def cost(module: nn.Module, x: torch.Tensor) -> tuple[float, float]:
    """(seconds of the processor, bytes) of a pass."""
    with Held() as held:
        module(x)
    times = []
    for _ in range(3):
        started = time.process_time()
        module(x)
        times.append(time.process_time() - started)
    return min(times), held.peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    torch.set_num_threads(1)
    for name in parser.parse_args().names:
        net = timm.create_model(name).eval().requires_grad_(False)
        flat, deep = to_ndim(net, 1), to_ndim(net, 3, inflation="mean")
        strided = to_ndim(net, 3, inflation="mean", along="same")
        print(f"\n{name}")
        rows = (
            ("2-D, 224 x 224", net, (1, 3, 224, 224)),
            ("2-D, 16 of them", net, (16, 3, 224, 224)),
            ("1-D, 224", flat, (1, 3, 224)),
            ("1-D, 4096", flat, (1, 3, 4096)),
            ("3-D, 16 slices", deep, (1, 3, 16, 224, 224)),
            ("3-D, strided", strided, (1, 3, 16, 224, 224)),
        )
        for words, module, shape in rows:
            seconds, held = cost(module, torch.rand(shape))
            millions = sum(p.numel() for p in module.parameters()) / 1e6
            print(
                f"  {words:16} {millions:7.2f} M parameters {1000 * seconds:9.1f} ms "
                f"{held / 1e6:8.1f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
