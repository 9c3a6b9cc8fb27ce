"""How many of timm's ConvNets have a 1-D and a 3-D twin that is equal to 1e-4: `python -m
tests.benchmarks.sweep_ndim [PATTERN ...] [--jobs N] [--largest MILLIONS] [--seconds S]`.

Each network gets random weights, norm statistics that are no constants, and small inputs (64 wide,
or the least that it takes); `tests/weights/ndim_equal.py` says what is compared. Four columns: the
1-D twin; the 3-D twin with centre inflation, slice by slice; with mean inflation, for a volume
of equal slices; the same with the depth strided as the height. Whatever differs by more in float32
is measured again in float64, and counts as equal if only rounding made the difference.

What is not equal is counted by its reason: "refused" is what `to_ndim` says itself, "differs" and
"fails" are what it does not see. What it costs: `python -m tests.benchmarks.bench_ndim`.
"""

from __future__ import annotations

import argparse
import functools
import gc
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import timm
import torch
from torch import nn

from weights.errors import NotConvolutional
from weights.layers.encoder import MultiLayerEncoder
from weights.ndim import NotConvertible, to_ndim
from weights.ndim.twin import in_channels

from .spread import spread

sys.path.insert(0, str(Path(__file__).parents[1] / "weights"))
from tests.weights.ndim.ndim_equal import (
    SLICES,
    InDouble,
    awakened,
    depth_alike,
    inputs,
    rows_alike,
    settled,
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


@dataclass
class Record:
    """What was found out about one name.

    Attributes:
        kind: "compared", "no ConvNet", "left out by size", or "died".
        outcomes: By check, ("equal" | "refused" | "differs" | "fails", words, reason).
    """

    kind: str
    family: str = ""
    millions: float = 0
    seconds: float = 0
    outcomes: dict[str, tuple[str, str, str]] = field(default_factory=dict)


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
                    module(torch.rand(1, in_channels(module), side, side))
                return side
            except (RuntimeError, ValueError, AssertionError, IndexError):
                continue
    return sized(module)[0]


def measured(module: nn.Module, check: str, side: int) -> tuple[str, str, str]:
    """(outcome, words, reason)."""
    settings, compare, shape = CHECKS[check]
    x = inputs(2, in_channels(module), *(side if one == "width" else one for one in shape))
    try:
        off = compare(module, to_ndim(module, **settings), x)
        if not off < CLOSE:
            double = module.double()
            with InDouble():
                again = compare(double, to_ndim(double, **settings), x.double())
            if not again < CLOSE:
                return "differs", f"by {off:.1e}, in float64 {again:.1e}", "differs"
            return "equal", f"float32 {off:.0e}, float64 {again:.0e}", ""
        return "equal", f"{off:.0e}", ""
    except NotConvertible as error:
        return "refused", str(error), f"refused: {error.what}"
    except Exception as error:
        words = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        return "fails", words, f"fails: {words}"
    finally:
        module.float()


def swept(name: str, smallest: float, largest: float) -> Record:
    """Everything about one name."""
    torch.set_num_threads(1)
    started = time.monotonic()
    family = timm.models.model_entrypoint(name).__module__.rpartition(".")[2]
    with torch.device("meta"):
        network = timm.create_model(name).eval()
    millions = sum(p.numel() for p in network.parameters()) / 1e6
    if not smallest <= millions < largest:
        return Record("left out by size", family, millions)
    if not is_convnet(network):
        return Record("no ConvNet", family, millions)
    torch.manual_seed(0)
    module = awakened(timm.create_model(name, num_classes=10)).requires_grad_(False)
    side = width(module)
    settled(module, inputs(4, in_channels(module), side, side))
    outcomes = {check: measured(module, check, side) for check in CHECKS}
    del module
    gc.collect()
    return Record("compared", family, millions, time.monotonic() - started, outcomes)


def reported(found: Iterable[tuple[str, Record | Exception]], verbose: bool) -> None:
    """Print what is not equal as it comes, and the tables in the end."""
    kinds: Counter[str] = Counter()
    families: dict[str, Counter[str]] = {}
    reasons: dict[str, dict[str, list[str]]] = {}
    slowest: list[tuple[float, str]] = []
    doubled: Counter[str] = Counter()
    for name, record in found:
        if not isinstance(record, Record):
            print(f"died     {name:36} {record}", flush=True)
            record = Record("died")
        kinds[record.kind] += 1
        slowest.append((record.seconds, name))
        for check, (outcome, words, reason) in record.outcomes.items():
            family = families.setdefault(record.family, Counter())
            family[check] += 1
            family[check, outcome] += 1
            doubled[check] += words.startswith("float32")
            if outcome != "equal":
                reason = re.sub(r"\d+", "#", reason)
                reasons.setdefault(reason, {}).setdefault(check, []).append(name)
            if outcome != "equal" or verbose:
                print(f"{outcome:8} {check:12} {name:36} {words[:230]}", flush=True)
    print(f"\n{'family: equal of tried':24}", *(f"{check:>12}" for check in CHECKS))
    for family, counts in sorted(families.items()):
        cells = (f"{counts[check, 'equal']} of {counts[check]}" for check in CHECKS)
        print(f"{family:24}", *(f"{cell:>12}" for cell in cells))
    print("\nNot equal, by reason:", *(f"{check:>12}" for check in CHECKS))
    for reason, by in sorted(reasons.items(), key=lambda one: -len(set().union(*one[1].values()))):
        names = sorted(set().union(*by.values()))
        print(" " * 20, *(f"{len(by.get(check, ())):12}" for check in CHECKS), f"  {reason[:160]}")
        print(f"{'':76}{', '.join(names[:4])}{' ...' if len(names) > 4 else ''}")
    print("\nSlowest:", ", ".join(f"{name} {s:.0f} s" for s, name in sorted(slowest)[:-6:-1]))
    print(", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    for check in CHECKS:
        total = Counter()
        for counts in families.values():
            total += Counter({o: n for (c, o), n in _outcomes(counts) if c == check})
        print(f"{check:12} {total['equal']} equal of {total.total()}; {dict(total)}", end="")
        print(f", {doubled[check]} of the equal ones in float64 only")


def _outcomes(counts: Counter) -> Iterable[tuple[tuple[str, str], int]]:
    return ((key, count) for key, count in counts.items() if isinstance(key, tuple))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("--jobs", type=int, default=1, help="processes, of one thread each")
    parser.add_argument("--seconds", type=float, default=240, help="longest time for one network")
    parser.add_argument("--within", type=float, default=float("inf"), help="seconds for all")
    parser.add_argument("--smallest", type=float, default=0, help="millions of parameters")
    parser.add_argument("--largest", type=float, default=60, help="millions of parameters")
    parser.add_argument("--verbose", action="store_true", help="what is equal, too")
    options = parser.parse_args()
    started = time.monotonic()
    work = functools.partial(swept, smallest=options.smallest, largest=options.largest)
    names = timm.list_models(options.patterns)
    found = spread(work, names, options.jobs, options.seconds, options.within)
    reported(found, options.verbose)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"timm {timm.__version__}, torch {torch.__version__}, {options.jobs} processes, ", end="")
    print(f"{time.monotonic() - started:.0f} s, at most {peak:.1f} GB a process")


if __name__ == "__main__":
    main()
