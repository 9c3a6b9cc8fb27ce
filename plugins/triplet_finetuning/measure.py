"""Measure triplet fine-tuning and the Siamese heads on identities that were never trained on.

    python -m plugins.triplet_finetuning.measure digits --seeds 5
    python -m plugins.triplet_finetuning.measure objects --mining all --seeds 5 [--model NAME]
    python -m plugins.triplet_finetuning.measure faces FOLDER --model dlib_resnet.faces_v1 --seeds 3
    python -m plugins.triplet_finetuning.measure heads FOLDER [--train-on FOLDER] --splits 10

`digits` trains on 0 to 6 and tests on 7 to 9, with hard and with random triplets from the same
seeds. `objects` trains on sixteen categories and tests on eight; with --model a trained backbone;
with --mining proxy the proxy anchor loss (Kim et al. 2020, arXiv:2003.13911) takes the place of the
triplet loss. `faces` holds a quarter of the people out. `heads` compares the plain distance with
logistic regression on |f_i - f_j| and on chi-square.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from plugins.shared.faces.detect import DETECTOR, detector
from plugins.shared.faces.encode import encode as encode_chips
from plugins.shared.faces.measured.cli import DEFAULT, LIMITS
from plugins.shared.files.image_folder import open_labelled
from plugins.triplet_finetuning.data.digits import HELD_OUT, digits
from plugins.triplet_finetuning.data.folder import read_set
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.data.split import OBJECTS, built_in, split
from plugins.triplet_finetuning.settings import (
    ENCODING_SIZE,
    MINING,
    SCRATCH,
    Settings,
    alignment_for,
)
from plugins.triplet_finetuning.training.evaluate import Report
from plugins.triplet_finetuning.training.pair_classifier import KINDS, compare_heads
from plugins.triplet_finetuning.training.run import Run
from plugins.triplet_finetuning.training.trainer import Trainer
from weights import Weights
from weights.errors import ParagoneError

PROXY = "proxy"
FACES = Settings(
    rate=1e-4, layers=1, identities=8, pictures=4, steps=60, every=20, warm_up=20, test_share=0.25
)


def on_digits(args: argparse.Namespace) -> None:
    """Hard against random triplets."""
    pictures = digits()
    for mining in ("hard", "semihard", "random"):
        reports, seconds = [], []
        for seed in range(args.seeds):
            settings = Settings(mining=mining, seed=seed, steps=args.steps)
            run = Run(settings, *split(pictures, 0.3, seed, HELD_OUT), theatre=False)
            for _ in run.advance():
                pass
            outcome = run.finish()
            reports.append(outcome.report)
            seconds.append(outcome.seconds)
        print(f"{mining}, {args.steps} steps, {args.seeds} seeds; ", end="")
        print(f"{np.mean(seconds):.1f} s a run with its looks")
        tell(reports)


def on_objects(weights: Weights, args: argparse.Namespace) -> None:
    """One mining, or the proxy anchor loss."""
    small = args.model == SCRATCH
    card = None if small else weights.card(args.model)
    proxy = args.mining == PROXY
    reports, seconds = [], []
    for seed in range(args.first, args.first + args.seeds):
        settings = Settings(norm="batch") if small else replace(FACES, backbone=args.model)
        mining = "all" if proxy else args.mining
        warm_up = 0 if mining == "random" else settings.warm_up
        settings = replace(settings, seed=seed, mining=mining, warm_up=warm_up)
        parts = built_in(OBJECTS, alignment_for(card), settings)
        backbone = None if small else lambda: weights.trainable(args.model)
        run = Run(settings, *parts, backbone, theatre=False)
        for step in run.advance():
            if proxy and step.number == 0:
                by_proxies(run.trainer, len(parts[0].names))
        outcome = run.finish()
        reports.append(outcome.report)
        seconds.append(outcome.seconds)
        if args.seeds > 1:
            print(f"  seed {seed}", outcome.report.figures(), flush=True)
    print(f"objects, {args.model}, {args.mining}, {args.seeds} seeds from {args.first}; ", end="")
    print(f"{np.mean(seconds):.1f} s a run with its looks")
    tell(reports)


def by_proxies(trainer: Trainer, classes: int) -> None:
    """Let a trainer that has not begun learn by the proxy anchor loss."""
    import torch
    from pytorch_metric_learning.losses import ProxyAnchorLoss

    torch.manual_seed(trainer.settings.seed)
    loss = ProxyAnchorLoss(classes, ENCODING_SIZE, margin=0.1, alpha=32)
    trainer.learn_by(lambda encodings, labels, _: loss(encodings, labels), loss.parameters())


def on_faces(weights: Weights, args: argparse.Namespace) -> None:
    """Fine-tune a backbone on people, test on others."""
    card = weights.card(args.model)
    pictures = read(weights, args.folder, alignment_for(card))
    reports, seconds = [], []
    for seed in range(args.seeds):
        settings = replace(FACES, backbone=args.model, seed=seed, layers=args.layers)
        settings = replace(settings, steps=args.steps, rate=args.rate)
        parts = split(pictures, settings.test_share, seed)
        run = Run(settings, *parts, lambda: weights.trainable(args.model), theatre=False)
        for _ in run.advance():
            pass
        outcome = run.finish()
        reports.append(outcome.report)
        seconds.append(outcome.seconds)
    print(
        f"{args.model}, {args.layers} stages learn, {args.steps} steps, rate {args.rate:g}; ",
        end="",
    )
    print(f"{args.seeds} seeds, {np.mean(seconds):.0f} s a run with its looks")
    tell(reports)


def on_pairs(weights: Weights, args: argparse.Namespace) -> None:
    """The heads over random identity-disjoint splits, or from one set to another."""
    sets = [args.train_on, args.folder] if args.train_on else [args.folder]
    backbone = weights.backbone(args.model)
    encoded = []
    for folder in sets:
        pictures = read(weights, folder, backbone.card.alignment)
        encoded.append((encode_chips(backbone, pictures.chips), pictures.labels))
    found = []
    for seed in range(1 if args.train_on else args.splits):
        if args.train_on:
            (train, train_labels), (test, test_labels) = encoded
        else:
            encodings, labels = encoded[0]
            people = np.random.default_rng(seed).permutation(labels.max() + 1)
            held = np.isin(labels, people[: max(2, len(people) // 4)])
            train, train_labels = encodings[~held], labels[~held]
            test, test_labels = encodings[held], labels[held]
        found.append(compare_heads(train, train_labels, test, test_labels, seed))
    print(found[0].sentence)
    if len(found) > 1:
        print(f"Mean over {len(found)} splits [2.5 %, 97.5 % of the splits]:")
    for at, kind in enumerate(KINDS):
        each = [one.judged[at] for one in found]
        shown = [f"{name} {span([getattr(one, name) for one in each])}" for name in RATES]
        print(f"  {kind:<11} {', '.join(shown)}, Brier {np.mean([o.brier for o in each]):.4f}")


RATES = ("eer", "accuracy", "auc")


def span(rates: list) -> str:
    """One rate with its interval, or the mean of many with their spread."""
    values = [rate.value for rate in rates]
    low, high = np.percentile(values, [2.5, 97.5])
    if len(rates) == 1:
        low, high = rates[0].low, rates[0].high
    return f"{100 * np.mean(values):.2f} % [{100 * low:.2f}, {100 * high:.2f}]"


def tell(reports: list[Report]) -> None:
    """Mean and standard deviation over the seeds, before and after."""
    for name in ("recall", "one_shot", "eer"):
        shown = []
        for when in ("before", "after"):
            values = [report.figures()[when][name] for report in reports]
            plain = 100 * np.array([v[0] if isinstance(v, list) else v for v in values])
            shown.append(f"{plain.mean():.2f} ± {plain.std(ddof=min(1, len(plain) - 1)):.2f} %")
        print(f"  {name:<9} {shown[0]} -> {shown[1]}")


def read(weights: Weights, folder: Path, alignment: str) -> PictureSet:
    """Every picture of a folder, cut; says what was left out."""
    find = detector(weights.file(DETECTOR).path)
    with open_labelled(folder, LIMITS) as labelled:
        *_, pictures = read_set(labelled, alignment, find, LIMITS)
    for skip in pictures.skipped:
        print(f"  skipped {skip.name}: {skip.why}")
    return pictures


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 2 where the data cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("digits")
    one.add_argument("--seeds", type=int, default=5)
    one.add_argument("--steps", type=int, default=Settings().steps)
    one = commands.add_parser("objects")
    one.add_argument("--mining", choices=[*MINING, PROXY], default="all")
    one.add_argument("--model", default=SCRATCH)
    one.add_argument("--seeds", type=int, default=5)
    one.add_argument("--first", type=int, default=0, help="the first seed")
    one = commands.add_parser("faces")
    one.add_argument("folder", type=Path)
    one.add_argument("--model", default=DEFAULT)
    one.add_argument("--seeds", type=int, default=3)
    one.add_argument("--layers", type=int, default=FACES.layers)
    one.add_argument("--steps", type=int, default=FACES.steps)
    one.add_argument("--rate", type=float, default=FACES.rate)
    one = commands.add_parser("heads")
    one.add_argument("folder", type=Path)
    one.add_argument("--train-on", type=Path)
    one.add_argument("--model", default=DEFAULT)
    one.add_argument("--splits", type=int, default=10)
    args = parser.parse_args(arguments)
    try:
        if args.command == "digits":
            on_digits(args)
        elif args.command == "objects":
            on_objects(Weights(), args)
        elif args.command == "faces":
            on_faces(Weights(), args)
        else:
            on_pairs(Weights(), args)
    except ParagoneError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
