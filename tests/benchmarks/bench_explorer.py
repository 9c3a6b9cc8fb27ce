"""Pictures per second and peak memory of the activation explorer, all units of five layers, beside
the plain way, in one run: `python -m tests.benchmarks.bench_explorer [--pictures N] [--threads N]`.

The plain way hooks the layers, keeps every activation map of every picture, and takes the nine
largest at the end; where that would need too much memory it keeps each picture's maximum and place.
ResNet-18 has random weights here: what it finds means nothing, what it costs does. Each contender
runs in a process of its own, which tells its peak; a process that only loads the network and the
pictures is told as well.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
import timm
import torch

from plugins.activation_explorer.pictureset import PictureSet, bundled
from plugins.activation_explorer.survey import survey
from weights import Backbone, Card, Origin, Weights
from weights.transform import Transform

BATCH, NINE = 16, 9
WAYS = ("nothing", "ours", "maxima kept", "maps kept")


def network(name: str) -> Backbone:
    """The embedded network, or a random one."""
    if name == "tf_efficientnet_lite0":
        return Weights(device="cpu", offline=True).backbone(f"{name}.packaged_in1k")
    torch.manual_seed(0)
    module = timm.create_model(name).eval().requires_grad_(False)
    module = module.to(memory_format=torch.channels_last)
    card = Card(f"{name}.untrained", "local:none")
    origin = Origin("local", card.name, card.source, "", "0" * 64, pinned=False)
    return Backbone(module, Transform((224, 224), (0.5,) * 3, (0.5,) * 3, "cpu"), card, origin)


def thousand(count: int) -> PictureSet:
    """The bundled tiles, and the same mirrored, until there are enough."""
    pixels = bundled().pixels
    pixels = np.concatenate([pixels, pixels[:, :, ::-1]])[:count]
    return PictureSet("tiles", [str(i) for i in range(len(pixels))], pixels)


def plainly(backbone: Backbone, pictures: PictureSet, whole: bool) -> None:
    """Hooks, everything kept, the largest at the end."""
    names = backbone.encoder().stages(pictures.size)
    kept: dict[str, list] = {name: [] for name in names}

    def keep(name: str):
        def hook(module, args, output):
            if whole:
                kept[name].append(output.clone())
            else:
                kept[name].append(output.flatten(2).max(dim=2))

        return hook

    modules = dict(backbone.module.named_modules())
    handles = [modules[name].register_forward_hook(keep(name)) for name in names]
    mean, std = (
        torch.tensor(v).view(1, 3, 1, 1) for v in (backbone.transform.mean, backbone.transform.std)
    )
    with torch.inference_mode():
        for start in range(0, len(pictures), BATCH):
            x = torch.from_numpy(pictures.pixels[start : start + BATCH].copy())
            x = (x.permute(0, 3, 1, 2).float() / 255 - mean) / std
            backbone.module(x.contiguous(memory_format=torch.channels_last))
        for values in kept.values():
            if whole:
                found = torch.cat([v.flatten(2).max(dim=2).values for v in values])
            else:
                found = torch.cat([v.values for v in values])
            torch.topk(found, NINE, dim=0)
    for handle in handles:
        handle.remove()


def one(name: str, way: str, count: int) -> dict:
    """Run one contender here."""
    backbone, pictures = network(name), thousand(count)
    if way != "nothing":
        few = PictureSet("few", pictures.names[:BATCH], pictures.pixels[:BATCH])
        for _ in survey(backbone, few):
            pass
    started = time.perf_counter()
    if way == "ours":
        for _ in survey(backbone, pictures, batch=BATCH):
            pass
    elif way != "nothing":
        plainly(backbone, pictures, way == "maps kept")
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.one:
        print(json.dumps(one(*options.one, options.pictures)))
        return
    print(
        f"{options.pictures} pictures of 224 px, all units of five layers, {options.threads} thread"
    )
    print(f"{'network':24} {'way':12} {'pictures/s':>11} {'peak MiB':>9} {'above nothing':>14}")
    for name in ("tf_efficientnet_lite0", "resnet18"):
        base = 0.0
        for way in WAYS:
            command = [sys.executable, "-m", "tests.benchmarks.bench_explorer", "--one", name, way]
            command += ["--pictures", str(options.pictures), "--threads", str(options.threads)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            base = found["peak"] if way == "nothing" else base
            pace = "-" if way == "nothing" else f"{options.pictures / found['seconds']:.1f}"
            told = (
                f"{name:24} {way:12} {pace:>11} {found['peak']:9.0f} {found['peak'] - base:14.0f}"
            )
            print(told, flush=True)


if __name__ == "__main__":
    main()
