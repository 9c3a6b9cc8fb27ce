"""Our networks for signals beside MiniRocket and the nearest neighbour, on sets of the UCR archive
with their official division.

python -m tests.benchmarks.bench_signals FOLDER [--sets A,B] [--seeds N] [--budget S] [--threads N]

FOLDER holds a folder for each set, with SET_TRAIN.tsv and SET_TEST.tsv (or SET_TEST*.npy) in it,
here or one level deeper. One line a set, seed and method; then the means.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from plugins.signal_classification.baselines import MINIROCKET, NEIGHBOUR, baseline
from plugins.signal_classification.form import form_of
from plugins.signal_classification.measures import Tally
from plugins.signal_classification.readers import read_set
from plugins.signal_classification.settings import RESNET, TWIN, Settings
from plugins.signal_classification.signals import SignalSet
from plugins.signal_classification.training import Run
from registry.context import Limits

SETS = (
    "ECG5000", "ECG200", "Coffee", "GunPoint", "Ham", "ItalyPowerDemand", "MedicalImages",
    "MoteStrain", "Plane", "SwedishLeaf", "ToeSegmentation1",
)  # fmt: skip


def official(folder: Path, name: str) -> tuple[SignalSet, SignalSet]:
    """The training and the test part of a set."""
    places = sorted(folder.glob(f"**/{name}_TRAIN.tsv"))
    if not places:
        raise SystemExit(f"{name}_TRAIN.tsv is not in {folder}")
    train = read_set(places[0], Limits())
    arrays = sorted(places[0].parent.glob(f"{name}_TEST*.npy"))
    if not arrays:
        return train, read_set(places[0].with_name(f"{name}_TEST.tsv"), Limits())
    rows = np.load(arrays[0], allow_pickle=False)
    labels = np.array([train.classes.index(str(int(label))) for label in rows[:, 0]])
    return train, SignalSet(list(rows[:, None, 1:]), labels, train.classes, title=arrays[0].name)


def judged(method: str, parts: tuple[SignalSet, SignalSet], settings: Settings) -> Tally:
    """What a method makes of a set."""
    if method not in (RESNET, TWIN):
        return baseline(method, *parts, form_of(parts[0]), settings.seed).tally
    run = Run(replace(settings, network=method), *parts)
    for _ in run.advance():
        pass
    return run.finish().report


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--methods", default=",".join((RESNET, TWIN, MINIROCKET, NEIGHBOUR)))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--budget", type=float, default=Settings.budget)
    parser.add_argument("--threads", type=int, default=2)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    found: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for name in told.sets.split(","):
        parts = official(told.folder, name)
        for seed in range(told.seeds):
            for method in told.methods.split(","):
                start = time.perf_counter()
                tally = judged(method, parts, Settings(seed=seed, budget=told.budget))
                row = (tally.accuracy, tally.balanced, time.perf_counter() - start)
                found[method][name].append(row)
                told_row = f"accuracy {row[0]:.3f}  balanced {row[1]:.3f}  {row[2]:6.1f} s"
                print(f"{name:18} seed {seed}  {method:20} {told_row}", flush=True)
    print(f"\nMeans over {len(found[method])} sets and {told.seeds} seeds")
    for method, sets in found.items():
        rows = np.array([np.mean(rows, axis=0) for rows in sets.values()])
        spread = np.mean([np.std([row[0] for row in rows]) for rows in sets.values()])
        mean, slowest = rows.mean(0), max(row[2] for each in sets.values() for row in each)
        print(
            f"{method:20} accuracy {mean[0]:.4f} (± {spread:.4f} between seeds)  "
            f"balanced {mean[1]:.4f}  {mean[2]:.1f} s a set, at most {slowest:.1f} s"
        )


if __name__ == "__main__":
    main()
