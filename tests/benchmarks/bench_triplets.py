"""Steps per second of our training beside a plain loop with pytorch-metric-learning alone: the same
encoder, digits, batches, miner and loss, in one run.

python -m tests.benchmarks.bench_triplets [--steps N] [--rounds N] [--threads N]

The plain loop encodes, mines, takes the loss and steps; it looks at nothing. Ours runs as
`finetune` does (theatre off), and as the page does: with scenes, and with every frame drawn.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

import numpy as np
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchHardMiner
from pytorch_metric_learning.reducers import MeanReducer

from plugins.triplet_finetuning.data.digits import HELD_OUT, digits
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.data.sampler import draw, hold_back
from plugins.triplet_finetuning.data.split import split
from plugins.triplet_finetuning.events import FRAME
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.encoder import build, centre
from plugins.triplet_finetuning.training.run import Run
from plugins.triplet_finetuning.views import theatre as frames

Parts = tuple[PictureSet, PictureSet]


def plain(parts: Parts, settings: Settings) -> tuple[float, float]:
    """What one would write by hand. Returns seconds and the last loss."""
    pictures = parts[0]
    encoder = build(settings, None)
    learn, _ = hold_back(pictures.labels, settings)
    own = [learn[pictures.labels[learn] == label] for label in range(len(pictures.names))]
    centre(encoder.eval(), pictures.chips[learn[:256]])
    distance = LpDistance(p=2, power=2, normalize_embeddings=False)
    loss_of = TripletMarginLoss(settings.margin, distance=distance, reducer=MeanReducer())
    miner = BatchHardMiner(distance=distance)
    optimizer = torch.optim.AdamW(encoder.parameters(), settings.rate, weight_decay=settings.decay)
    labels = torch.from_numpy(pictures.labels)
    encoder.train()
    start = time.perf_counter()
    for number in range(1, settings.steps + 1):
        batch = draw(own, settings, np.random.default_rng((settings.seed, number)))
        encodings = encoder(encoder.transform(pictures.chips[batch]))
        loss = loss_of(encodings, labels[batch], miner(encodings.detach(), labels[batch]))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return time.perf_counter() - start, float(loss.detach())


def ours(parts: Parts, settings: Settings, theatre: bool) -> tuple[float, float]:
    """A run of ours, from its first step to its last; the look before and the one after are left
    out, since the plain loop has none.
    """
    run = Run(settings, *parts, theatre=theatre)
    drawn = start = trained = 0.0
    for step in run.advance():
        if step.number == 0:
            start = time.perf_counter()
            continue
        if step.number == settings.steps - 1:
            trained = time.perf_counter() - start
        if theatre and time.monotonic() - drawn >= FRAME:
            frames.frame(run)
            drawn = time.monotonic()
    return trained * settings.steps / (settings.steps - 1), step.loss


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    parts = split(digits(), 0.3, 0, HELD_OUT)
    alone = Settings(steps=args.steps, every=args.steps, warm_up=0, rate=1e-4, augment=False)
    looking = replace(alone, every=25)
    rows = {
        "plain loop": lambda: plain(parts, alone),
        "ours, theatre off": lambda: ours(parts, alone, False),
        "ours, theatre on": lambda: ours(parts, alone, True),
        "ours, theatre on, a look every 25 steps": lambda: ours(parts, looking, True),
    }
    for call in rows.values():  # Warm up.
        call()
    seconds: dict[str, list[float]] = {name: [] for name in rows}
    losses = {}
    for _ in range(args.rounds):
        for name, call in rows.items():
            took, losses[name] = call()
            seconds[name].append(took)
    print(f"{args.steps} steps of {alone.batch} digits, {args.threads} threads, ", end="")
    print(f"medians of {args.rounds} rounds taken in turns")
    base = seconds["plain loop"]
    for name, took in seconds.items():
        ratio = statistics.median(t / b for t, b in zip(took, base, strict=True))
        pace = args.steps / statistics.median(took)
        print(f"  {name:<40} {pace:7.1f} steps/s  {ratio:5.3f}x the time  loss {losses[name]:.5f}")


if __name__ == "__main__":
    main()
