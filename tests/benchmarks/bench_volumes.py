"""Networks for volumes on sets with an official division.

python -m tests.benchmarks.bench_volumes SET... [--data FOLDER] [--seeds N] [--device cuda]
    [--jobs N] [--out FILE] [--changes A,B]
python -m tests.benchmarks.bench_volumes SET... --choose    recipes compared on folds
python -m tests.benchmarks.bench_volumes --from FILE        the table of what was measured

SET is one of adrenal28, adrenal64, modelnet10, phantom. FOLDER holds adrenalmnist3d.npz,
adrenalmnist3d_64.npz and modelnet10.npz, here or deeper; the phantom needs no data. One JSON line a
run; then the table. `--changes` names changes of a recipe: where there are several, the one with
the best AUC on the official validation part counts, and its test figures are told. `--choose`
compares recipes on folds of the training (and validation) part instead, without the test part.

AUC and accuracy of AdrenalMNIST3D are those of MedMNIST's evaluator: of the probability of the
second class, and of the more probable class.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.learning.metrics import report
from plugins.volume_classification.learning.training import Run
from plugins.volume_classification.lesson.phantom import phantoms
from plugins.volume_classification.record import GLAND, PHANTOM, official
from plugins.volume_classification.settings import KINDS, THIN, Settings

ADRENAL = replace(GLAND, width=16, stem=2, budget=3600)
RECIPES = {
    "adrenal28": replace(ADRENAL, width=8),  # So it takes minutes on a CPU, too.
    "adrenal64": ADRENAL,
    "modelnet10": replace(
        ADRENAL, stem=1, symmetry="stack", batch=64, steps=2500, tilt=45, shift=0.1, smoothing=0.1
    ),
    "phantom": PHANTOM,
}
CHANGES: dict[str, dict[str, dict]] = {
    "adrenal28": {
        "as above": {},
        "any axis any other": {"symmetry": "cube"},
        "no mirror": {"symmetry": "none"},
        "more change": {"tilt": 30, "scaling": 0.2, "shift": 0.1},
        "less change": {"tilt": 5, "scaling": 0.05, "shift": 0.03},
        "packaged": {"stem": 1},
        "wide": {"width": 16},
        "smoother": {"smoothing": 0.2},
        "long": {"steps": 2500},
        "deeper": {"timm": "resnet18d"},
    },
    "adrenal64": {
        "as above": {},
        "any axis any other": {"symmetry": "cube"},
        "more change": {"tilt": 30, "scaling": 0.2, "shift": 0.1},
        "fine": {"stem": 1},
    },
    "modelnet10": {
        "as above": {},
        "wide": {"width": 32},
        "no tilt": {"tilt": 0},
        "coarse": {"stem": 2},
        "deeper": {"timm": "resnet18d"},
    },
    "phantom": {"as above": {}, "three slices": {"slices": 3}},
}
"""What `--choose` tries, each a change of the recipe."""
PUBLISHED = {
    "adrenal28": "ResNet-18 + 3D: AUC .827, accuracy .721; + ACS: .839, .754 (MedMNIST v2)",
    "adrenal64": "as for 28, whose published figures are",
    "modelnet10": "VoxNet: accuracy .858",
    "phantom": "a single slice: accuracy .5",
}
FOLDS = 4
FILES = {
    "adrenal28": "adrenalmnist3d",
    "adrenal64": "adrenalmnist3d_64",
    "modelnet10": "modelnet10",
}
MODELNET = "bathtub bed chair desk dresser monitor night_stand sofa table toilet".split()


@dataclass(frozen=True)
class Job:
    """One network to train and judge.

    Attributes:
        fold: Which part of the training (and validation) volumes it is judged on; None: the test.
        change: Its name in `CHANGES`.
    """

    name: str
    seed: int
    kind: str
    fold: int | None
    change: str
    settings: Settings


def jobs(names: list[str], seeds: int, choose: bool, only: list[str], limits: dict) -> list[Job]:
    """Everything to do: fold by fold and seed by seed, and the longest first.

    Args:
        only: Names of changes; none: where recipes are compared all, else the recipe alone.
        limits: Settings of all.
    """
    found = []
    for name in names:
        recipe = RECIPES[name]
        kinds = tuple(KINDS) if name == "phantom" else (recipe.kind,)
        wanted = only or (CHANGES[name] if choose else ["as above"])
        changes = {one: values for one, values in CHANGES[name].items() if one in wanted}
        folds = range(FOLDS) if choose and name.startswith("adrenal") else [0 if choose else None]
        found += [
            Job(
                *(name, seed, kind, fold, change),
                replace(recipe, kind=kind, seed=seed, **values | limits),
            )
            for change, values in changes.items()
            for fold in folds
            for kind in kinds
            if "slices" not in values or kind == THIN
            for seed in range(1 if choose else seeds)
        ]
    return sorted(found, key=lambda job: (job.fold or 0, job.seed, -_work(job)))


def _work(job: Job) -> float:
    size = {"adrenal64": 64, "phantom": 32}.get(job.name, 28) / job.settings.stem
    return size**3 * job.settings.width * job.settings.steps * job.settings.batch


@cache
def parts(name: str, folder: Path, fold: int | None) -> tuple[VolumeSet, VolumeSet]:
    """What to train on and what to judge by."""
    if name == "phantom":  # Made anew, so what is chosen by is not what is judged by.
        return phantoms(4000, seed=1), phantoms(2000, seed=2 if fold is None else 3)
    if name == "modelnet10":
        train, test = modelnet10(_file(name, folder))
    else:
        train, validation, test = official(_file(name, folder))
        if fold is not None:
            values = np.concatenate([train.values, validation.values])
            labels = np.concatenate([train.labels, validation.labels])
            train = VolumeSet(values, labels, train.classes)
    if fold is None:
        return train, test
    where = np.random.default_rng(0).permutation(len(train)) % FOLDS == fold
    return train.only(~where), train.only(where)


def _file(name: str, folder: Path) -> Path:
    file = f"{FILES[name]}.npz"
    for path in sorted(folder.rglob(file)):
        return path
    raise SystemExit(f"{file} is not in {folder}")


def modelnet10(file: Path) -> tuple[VolumeSet, VolumeSet]:
    """Voxels (N, height, depth, width) of furniture: the first axis goes upwards."""
    with np.load(file, allow_pickle=False) as held:
        found = [
            VolumeSet(
                np.ascontiguousarray(held[f"X_{part}"].astype(np.uint8).transpose(0, 3, 1, 2)),
                held[f"y_{part}"],
                tuple(MODELNET),
                title=f"ModelNet10 {part}",
            )
            for part in ("train", "test")
        ]
    return found[0], found[1]


def measured(job: Job, folder: Path, device: str, threads: int, end: float = math.inf) -> dict:
    """Train, judge, and tell all of it as plain values; nothing where it is past `end`."""
    if time.time() > end:
        return {}
    torch.set_num_threads(threads)
    start = time.perf_counter()
    run = Run(job.settings, parts(job.name, folder, job.fold), device=device)
    for _ in run.advance():
        pass
    outcome = run.finish()
    row = {"set": job.name, "kind": job.kind, "seed": job.seed, "fold": job.fold}
    row |= {"change": job.change, **outcome.report.figures(), "test": len(run.test)}
    row |= {"calibration": round(outcome.report.calibration.error, 4), "steps": outcome.steps}
    if job.fold is None and job.name.startswith("adrenal"):
        validation = official(_file(job.name, folder))[1]
        outcome.trained.network.to(device)
        judged = report(
            outcome.trained.logits(validation.values), validation.labels, validation.classes
        )
        row |= {"validation_auc": judged.figures()["auc"]}
    row |= {"train_seconds": round(outcome.seconds, 1), "device": device}
    return row | {"seconds": round(time.perf_counter() - start, 1)}


def table(rows: list[dict]) -> str:
    """Means over the seeds and folds, a line for each set, kind and change."""
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for row in rows:
        where = "test" if row["fold"] is None else "folds"
        groups[row["set"], where, row["change"], row["kind"]].append(row)
    lines = []
    for (name, where, change, kind), own in sorted(groups.items()):
        mean = {k: np.mean([r[k] for r in own]) for k in ("auc", "accuracy", "balanced", "seconds")}
        spread = np.std([r["accuracy"] for r in own])
        lines.append(
            f"{name:10} {where:5} {change:18} {kind:4} AUC {mean['auc']:.4f}  accuracy "
            f"{mean['accuracy']:.4f} (± {spread:.4f}, {len(own)} runs)  balanced "
            f"{mean['balanced']:.4f}  majority {own[0]['majority']:.4f}  {mean['seconds']:.0f} s"
            + _validated(own)
        )
    told = sorted({row["set"] for row in rows})
    return "\n".join([*lines, *(f"{name}: {PUBLISHED[name]}" for name in told)])


def _validated(rows: list[dict]) -> str:
    found = [row["validation_auc"] for row in rows if "validation_auc" in row]
    return f"  validation AUC {np.mean(found):.4f}" if found else ""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sets", nargs="*", choices=[*RECIPES, []], metavar="SET")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="instead of the recipes' numbers")
    parser.add_argument("--budget", type=float, help="seconds of a run, instead of the recipes'")
    parser.add_argument("--changes", default="", help="names of changes, with commas between")
    parser.add_argument("--choose", action="store_true", help="compare recipes, not on the test")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin nothing after that")
    parser.add_argument("--out", type=Path, help="JSON lines are appended here")
    parser.add_argument("--from", type=Path, dest="rows", metavar="FILE", help="only the table")
    told = parser.parse_args()
    if told.rows:
        print(table([json.loads(line) for line in told.rows.read_text().splitlines()]))
        return
    limits = {k: v for k, v in vars(told).items() if k in ("steps", "budget") and v}
    only = [one for one in told.changes.split(",") if one]
    end, rows = time.time() + told.seconds, []
    threads = max(1, (os.cpu_count() or 1) // told.jobs)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(told.jobs, mp_context=context) as pool:
        waited = [
            pool.submit(measured, job, told.data, told.device, threads, end)
            for job in jobs(told.sets or list(RECIPES), told.seeds, told.choose, only, limits)
        ]
        for done in as_completed(waited):
            if not done.result():
                continue
            rows.append(done.result())
            line = json.dumps(rows[-1])
            print(line, flush=True)
            if told.out:
                with told.out.open("a") as file:
                    file.write(line + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
