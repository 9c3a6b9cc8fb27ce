"""Accuracy and *unknown* from a few examples without training, on categories of a folder that are
not built in: Caltech-101 as published.

python -m tests.benchmarks.bench_few_shot FOLDER [--draws N] [--rate 0.1] [--most N]

In each draw so many categories are known by 1 or 5 pictures each and tested on 10 others; 20 other
categories, 10 pictures each, are unknown. τ comes from the examples and the stored encodings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from plugins.triplet_finetuning.data.make_objects import FOLDERS, square
from plugins.triplet_finetuning.data.objects import NAMES
from plugins.triplet_finetuning.few_shot.classes import Classes, area
from plugins.triplet_finetuning.few_shot.network import SIDE, cohort, features
from weights import Weights

EACH, UNKNOWN, PROBES = 20, 20, 10
BUILT_IN = {FOLDERS.get(name, name.replace(" ", "_")) for name in NAMES}


def encoded(folder: Path, most: int) -> list[np.ndarray]:
    """Encodings of twenty pictures of each category that is not built in."""
    weights = Weights()
    chosen = [one for one in sorted(folder.iterdir()) if one.is_dir() and one.name not in BUILT_IN]
    return [
        features(weights, [np.asarray(square(p, SIDE)) for p in sorted(one.glob("*.jpg"))[:EACH]])
        for one in chosen[:most]
    ]


def draw(sets: list[np.ndarray], known: int, given: int, rate: float, seed: int) -> list[float]:
    """Accuracy, AUROC, false alarms, and the share that is told right and accepted."""
    rng = np.random.default_rng(seed)
    order = [rng.permutation(sets[i]) for i in rng.permutation(len(sets))]
    examples, probes = (
        [s[:given] for s in order[:known]],
        [s[given:][:PROBES] for s in order[:known]],
    )
    labels = np.repeat(np.arange(known), given)
    names = tuple(map(str, range(known)))
    classes = Classes.of(names, np.concatenate(examples), labels, rate, cohort()[0])
    truth = np.repeat(np.arange(known), [len(one) for one in probes])
    near = classes.similarities(np.concatenate(probes))
    others = [s[:PROBES] for s in order[known : known + UNKNOWN]]
    far = classes.similarities(np.concatenate(others)).max(axis=1)
    right, best = near.argmax(axis=1) == truth, near.max(axis=1)
    passed = best >= classes.threshold
    return [
        right.mean(),
        area(best, far),
        (far >= classes.threshold).mean(),
        (right & passed).mean(),
    ]


def main() -> None:
    """Print one line for each number of classes and of examples."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draws", type=int, default=30)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--most", type=int, default=1000, help="categories")
    args = parser.parse_args()
    sets = encoded(args.folder, args.most)
    for known in (5, 10, 20):
        for given in (1, 5):
            rows = [draw(sets, known, given, args.rate, seed) for seed in range(args.draws)]
            told = zip(("accuracy", "AUROC", "false alarms", "right and accepted"),
                       np.mean(rows, 0), np.std(rows, 0), strict=True)  # fmt: skip
            words = ", ".join(f"{name} {mean:.3f} ± {sd:.3f}" for name, mean, sd in told)
            print(f"{known} classes, {given} examples: {words}", flush=True)


if __name__ == "__main__":
    main()
