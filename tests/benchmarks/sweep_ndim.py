"""How many of timm's ConvNets have a 1-D and a 3-D twin that is equal to 1e-4: `python -m
tests.benchmarks.sweep_ndim [PATTERN ...] [--largest MILLIONS] [--costs]`.

Each network gets random weights, norm statistics that are no constants, and small inputs (64 wide,
or the least that it takes); `tests/weights/ndim_equal.py` says what is compared. Four columns: the
1-D twin; the 3-D twin with centre inflation, slice by slice; with mean inflation, for a volume
of equal slices; the same with the depth strided as the height. Whatever differs by more in float32
is measured again in float64, and counts as equal if only rounding made the difference.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import timm
import torch
from torch import nn

from weights.encoder import MultiLayerEncoder
from weights.errors import NotConvolutional
from weights.ndim import NotConvertible, to_ndim
from weights.ndim.twin import in_channels

sys.path.insert(0, str(Path(__file__).parents[1] / "weights"))
from ndim_equal import (
    SLICES,
    awakened,
    depth_alike,
    rows_alike,
    slices_alike,
    strided_alike,
)

CLOSE = 1e-4
CHECKS = {
    "1-D": ({"dims": 1}, rows_alike, ("width",)),
    "3-D slices": ({"dims": 3, "gates": "slice"}, slices_alike, (SLICES, "width", "width")),
    "3-D mean": ({"dims": 3, "inflation": "mean"}, depth_alike, ("width", "width")),
    "3-D strided": (
        {"dims": 3, "inflation": "mean", "along": "same"},
        strided_alike,
        ("width", "width"),
    ),
}


def built(name: str) -> nn.Module:
    torch.manual_seed(0)
    return awakened(timm.create_model(name, num_classes=10)).requires_grad_(False)


def is_convnet(module: nn.Module) -> bool:
    """Whether the multi-layer encoder takes it, as in `sweep_encoder`."""
    try:
        return bool(MultiLayerEncoder(module, (0.5,) * 3, (0.5,) * 3).layers(sized(module)))
    except NotConvolutional:
        return False


def sized(module: nn.Module) -> tuple[int, int]:
    return tuple(module.default_cfg.get("input_size", (3, 224, 224))[1:])


def width(module: nn.Module) -> int:
    """The least side that the 2-D network takes."""
    if not module.default_cfg.get("fixed_input_size"):
        for side in (64, 96, 128, 160):
            try:
                with torch.no_grad():
                    module(torch.rand(1, 3, side, side))
                return side
            except (RuntimeError, ValueError, AssertionError, IndexError):
                continue
    return sized(module)[0]


def measured(module: nn.Module, check: str, side: int) -> tuple[str, str]:
    """("equal" | "refused" | "unequal", words)."""
    settings, compare, shape = CHECKS[check]
    sides = [side if one == "width" else one for one in shape]
    torch.manual_seed(1)
    x = torch.randn(2, in_channels(module), *sides)
    try:
        twin = to_ndim(module, **settings)
        off = compare(module, twin, x)
        if off > CLOSE:
            del twin
            double = module.double()
            again = compare(double, to_ndim(double, **settings), x.double())
            module.float()
            if again < CLOSE:
                return "equal", f"float32 {off:.0e}, float64 {again:.0e}"
            return "unequal", f"differs by {again:.1e}"
    except NotConvertible as error:
        return "refused", str(error)
    except Exception as error:
        return "unequal", f"{type(error).__name__}: {str(error).splitlines()[:1]}"
    return "equal", f"{off:.0e}"


def costs(names: list[str]) -> None:
    """Time of a pass and parameters, beside the 2-D network."""
    print(f"\n{'':20} {'parameters, millions':>32}   {'ms a pass':>38}")
    print(
        f"{'':20} {'2-D':>10} {'1-D':>10} {'3-D':>10}   2-D 224^2 | x16 | 1-D 1024 | 3-D 16x224^2"
    )
    for name in names:
        module = built(name)
        twins = {1: to_ndim(module, 1), 3: to_ndim(module, 3)}
        millions = [sum(p.numel() for p in m.parameters()) / 1e6 for m in (module, *twins.values())]
        inputs = (
            (module, torch.rand(1, 3, 224, 224)),
            (module, torch.rand(16, 3, 224, 224)),
            (twins[1], torch.rand(1, 3, 1024)),
            (twins[3], torch.rand(1, 3, 16, 224, 224)),
        )
        spent = [f"{1000 * _seconds(*one):8.0f}" for one in inputs]
        print(f"{name:20}", *(f"{m:10.2f}" for m in millions), " ", *spent, flush=True)


@torch.no_grad()
def _seconds(module: nn.Module, x: torch.Tensor) -> float:
    module(x)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        module(x)
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("--smallest", type=float, default=0, help="millions of parameters")
    parser.add_argument("--largest", type=float, default=60, help="millions of parameters")
    parser.add_argument("--costs", action="store_true", help="time and memory of a few, only")
    parser.add_argument("--verbose", action="store_true", help="what is equal, too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.costs:
        return costs(["resnet18", "resnet50", "convnext_atto", "efficientnet_b0", "regnety_004"])
    counts = {check: Counter() for check in CHECKS}
    families: dict[str, dict[str, Counter]] = {}
    started, tried, large = time.monotonic(), 0, []
    for name in timm.list_models(options.patterns):
        family = timm.models.model_entrypoint(name).__module__.rpartition(".")[2]
        with torch.device("meta"):
            network = timm.create_model(name).eval()
        millions = sum(p.numel() for p in network.parameters()) / 1e6
        if millions < options.smallest or not is_convnet(network):
            continue
        if millions >= options.largest:
            large.append(name)
            continue
        tried += 1
        module = built(name)
        side = width(module)
        for check in CHECKS:
            outcome, words = measured(module, check, side)
            counts[check][outcome] += 1
            families.setdefault(family, {c: Counter() for c in CHECKS})[check][outcome] += 1
            if outcome != "equal" or options.verbose:
                print(f"{outcome:8} {check:12} {name:36} {words[:230]}", flush=True)
        del module
        gc.collect()
    print(f"\n{'family: equal / tried':24}", *(f"{check:>12}" for check in CHECKS))
    for family, found in sorted(families.items()):
        cells = (f"{found[c]['equal']} / {sum(found[c].values())}" for c in CHECKS)
        print(f"{family:24}", *(f"{cell:>12}" for cell in cells))
    print(f"\n{tried} tried, {len(large)} left out as larger than {options.largest:.0f} million")
    for check, found in counts.items():
        print(f"{check:12} {dict(found)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"in {time.monotonic() - started:.0f} s, at most {peak:.1f} GB")


if __name__ == "__main__":
    main()
