"""How many of timm's networks the multi-layer encoder takes: `python -m
tests.benchmarks.sweep_encoder [PATTERN] [--run]`.

Each architecture is built with tensors that have shapes and no numbers; `--run` builds it for real
and takes the activations of its stages too. Prints what fails, and why, by family.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import timm
import torch

from weights.errors import NotConvolutional, WeightsError
from weights.layers.encoder import MultiLayerEncoder

MEAN = STD = (0.5, 0.5, 0.5)
LARGEST = 120_000_000
"""Parameters of a network that `--run` still builds."""


def attempt(name: str, run: bool) -> tuple[str, str]:
    """("works" | "no ConvNet" | "fails", words)."""
    with torch.device("meta"):
        module = timm.create_model(name).eval().requires_grad_(False)
    size = module.default_cfg.get("input_size", (3, 224, 224))[1:]
    if run and sum(p.numel() for p in module.parameters()) <= LARGEST:
        module = timm.create_model(name).eval().requires_grad_(False)
    encoder = MultiLayerEncoder(module, MEAN, STD)
    try:
        layers = encoder.layers(tuple(size))
    except NotConvolutional:
        return "no ConvNet", ""
    except WeightsError as error:
        return "fails", str(error)
    stages = [encoder.layer(stage, tuple(size)) for stage in encoder.stages(tuple(size))]
    with torch.no_grad():
        found = encoder(
            torch.rand(1, 3, *size).to(encoder.device), [layer.name for layer in stages]
        )
    for layer in stages:
        shape = tuple(found[layer.name].shape[1:])
        if shape != (layer.channels, *layer.grid):
            return "fails", f"{layer.name} gave {shape}, not {(layer.channels, *layer.grid)}"
    sizes = " ".join(str(layer.field.size[0]) for layer in stages)
    gates = ", gates" if any(layer.field.everywhere for layer in layers) else ""
    return "works", f"{len(layers)} layers, fields {sizes}{gates}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", nargs="?", default="*")
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="what works, too")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    families: dict[str, Counter[str]] = {}
    started = time.monotonic()
    for name in timm.list_models(options.pattern):
        family = timm.models.model_entrypoint(name).__module__.rpartition(".")[2]
        try:
            outcome, words = attempt(name, options.run)
        except Exception as error:
            outcome, words = "fails", f"{type(error).__name__}: {str(error).splitlines()[:1]}"
        counts[outcome] += 1
        families.setdefault(family, Counter())[outcome] += 1
        if outcome == "fails" or options.verbose:
            print(f"{outcome:10} {name:40} {words[:150]}", flush=True)
    print(f"\n{'family':24} works  no ConvNet  fails")
    for family, found in sorted(families.items()):
        print(f"{family:24} {found['works']:5} {found['no ConvNet']:11} {found['fails']:6}")
    print(f"\n{dict(counts)} in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
