"""Our networks for signals beside MiniRocket and the nearest neighbour, on sets of the UCR archive
with their official division.

python -m tests.benchmarks.bench_signals PLACE [--sets A,B] [--methods A,B] [--seeds N]
    [--device cuda] [--jobs N] [--threads N] [--out FILE]
python -m tests.benchmarks.bench_signals [PLACE ...] --from FILE...

PLACE is a folder with a folder for each set, in it SET_TRAIN.tsv and SET_TEST.tsv (or
SET_TEST*.npy), here or one level deeper; or an .npz with SET_TRAIN and SET_TEST, the class first.
One JSON line a set, seed and method; then the means. With --from the lines of earlier runs are
read; with PLACE too, only what they lack is run. A method is a network, a baseline, our Rocket
alone, or a recipe told as --recipe NAME='{"network": "resnet", "width": 64}'.

`--holdout 0.4` leaves the test parts alone and judges by that share of each training part, which is
then not trained on: that is how a recipe is chosen.
"""

from __future__ import annotations

import argparse
import base64
import json
import multiprocessing
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from plugins.shared.classification.labelled import FEWEST
from plugins.signal_classification.data.reader import read_set
from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.learning.baselines import (
    BASELINES,
    MINIROCKET,
    NEIGHBOUR,
    baseline,
)
from plugins.signal_classification.learning.input_form import form_of
from plugins.signal_classification.learning.metrics import Tally, report
from plugins.signal_classification.learning.rocket import Rocket
from plugins.signal_classification.learning.trained import Trained
from plugins.signal_classification.learning.training import Run
from plugins.signal_classification.settings import NETWORKS, TWIN, VOTE, Settings
from registry.context import Limits

SETS = (
    "Ham", "ECG5000", "Coffee", "ToeSegmentation1", "SwedishLeaf", "GunPoint", "Plane",
    "MedicalImages", "ECG200", "MoteStrain", "ItalyPowerDemand",
)  # fmt: skip
"""The slowest first, so that several processes end together."""
ROCKET = "Rocket"
PARTS = "networks alone", "Rocket alone"
"""Our own, by itself."""


@dataclass(frozen=True)
class Job:
    """One set, one seed and one method."""

    place: Path
    name: str
    seed: int
    method: str
    values: dict[str, Any]
    holdout: float
    device: str


def official(place: Path, name: str) -> tuple[SignalSet, SignalSet]:
    """The training and the test part of a set."""
    if place.suffix == ".npz":
        with np.load(place, allow_pickle=False) as packed:
            tables = [packed[f"{name}_{part}"] for part in ("TRAIN", "TEST")]
        classes = tuple(str(int(label)) for label in np.unique(tables[0][:, 0]))
        return _parted(tables[0], classes, name), _parted(tables[1], classes, name)
    places = sorted(place.glob(f"**/{name}_TRAIN.tsv"))
    if not places:
        raise SystemExit(f"{name}_TRAIN.tsv is not in {place}")
    train = read_set(places[0], Limits())
    arrays = sorted(places[0].parent.glob(f"{name}_TEST*.npy"))
    if not arrays:
        return train, read_set(places[0].with_name(f"{name}_TEST.tsv"), Limits())
    return train, _parted(np.load(arrays[0], allow_pickle=False), train.classes, arrays[0].name)


def _parted(rows: np.ndarray, classes: tuple[str, ...], title: str) -> SignalSet:
    labels = np.array([classes.index(str(int(label))) for label in rows[:, 0]])
    return SignalSet(list(rows[:, None, 1:]), labels, classes, title=title)


def held_out(train: SignalSet, share: float, seed: int) -> tuple[SignalSet, SignalSet]:
    """Divide a training part; of each class two examples remain to be trained on at least."""
    rng, judged = np.random.default_rng(seed), np.zeros(len(train), bool)
    for label in range(len(train.classes)):
        own = np.flatnonzero(train.labels == label)
        count = min(round(share * len(own)), len(own) - FEWEST)
        judged[rng.permutation(own)[:count]] = True
    return train.only(~judged), train.only(judged)


@lru_cache(2)
def _parts(place: Path, name: str, holdout: float, seed: int) -> tuple[SignalSet, SignalSet]:
    parts = official(place, name)
    return held_out(parts[0], holdout, seed) if holdout else parts


def judged(job: Job) -> list[dict[str, Any]]:
    """What a method makes of a set, a line each: where a Rocket votes beside networks, these alone
    and the vote.
    """
    train, test = _parts(job.place, job.name, job.holdout, job.seed if job.holdout else 0)
    start = time.perf_counter()
    if job.method in BASELINES:
        found = baseline(job.method, train, test, form_of(train), job.seed)
        return [_row(job, job.method, found.tally, time.perf_counter() - start)]
    if job.method == ROCKET:
        form = form_of(train)
        rocket = Rocket(form.channels, form.length, len(train.classes)).to(job.device)
        signals = torch.from_numpy(form.apply(train.series)[0]).to(job.device)
        rocket.learn(signals, train.labels, job.seed)
        logits = Trained((), form, train.classes, Settings(), rocket).logits(
            form.apply(test.series)[0]
        )
        judgement = report(logits, test.labels, train.classes)
        return [_row(job, ROCKET, judgement, time.perf_counter() - start, logits)]
    run = Run(Settings(**job.values, seed=job.seed), train, test, device=job.device)
    for _ in run.advance():
        pass
    outcome = run.finish()
    seconds = time.perf_counter() - start
    named = {f"{job.method}, {part}": one for part, one in zip(PARTS, run.parts, strict=False)}
    rows = [
        _row(job, name, one.report, one.seconds, one.logits, one.steps)
        for name, one in named.items()
    ]
    rows.append(_row(job, job.method, outcome.report, seconds, outcome.logits, run.steps))
    return [row | {"wanted": run.settings.wanted} for row in rows]


def _row(
    job: Job,
    method: str,
    tally: Tally,
    seconds: float,
    logits: np.ndarray | None = None,
    steps: int = 0,
) -> dict[str, Any]:
    row = {"set": job.name, "seed": job.seed, "method": method, "holdout": job.holdout}
    row |= {"accuracy": tally.accuracy, "balanced": tally.balanced, "majority": tally.majority}
    row |= {"seconds": round(seconds, 2), "steps": steps, "settings": job.values}
    row |= {"device": job.device, "threads": torch.get_num_threads()}
    if logits is not None:
        row["logits"] = base64.b64encode(logits.astype(np.float16).tobytes()).decode()
    return row


def _jobs(told: argparse.Namespace) -> Iterator[Job]:
    recipes = {name: json.loads(text) for name, _, text in (r.partition("=") for r in told.recipe)}
    common = json.loads(told.settings)
    chosen = told.methods.split(",") if told.methods else []
    methods = [*chosen, *(name for name in recipes if name not in chosen)]
    for seed in range(told.first, told.first + told.seeds):
        for name in told.sets.split(","):
            for method in methods:
                values = recipes.get(method, {"network": method} if method in NETWORKS else {})
                if method not in {ROCKET, *recipes, *NETWORKS, *BASELINES}:
                    raise SystemExit(f"There is no method called {method!r}")
                values = common | values
                yield Job(told.place, name, seed, method, values, told.holdout, told.device)


def _rows(jobs: list[Job], told: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The lines, as they come."""
    began = time.perf_counter()

    def in_time(_: Any) -> bool:
        return time.perf_counter() - began < told.until

    if told.jobs == 1:
        torch.set_num_threads(told.threads)
        for job in takewhile(in_time, jobs):
            yield from judged(job)
        return
    # Not forked: a GPU cannot be used after a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(told.jobs, context, torch.set_num_threads, (told.threads,))
    begun: dict[Future, Job] = {}
    left = takewhile(in_time, jobs)
    with pool:
        # As many as there are processes and one more, so that none waits and none is begun late.
        while True:
            more = islice(left, told.jobs + 1 - len(begun))
            begun |= {pool.submit(judged, job): job for job in more}
            if not begun:
                return
            for done in wait(begun, return_when=FIRST_COMPLETED).done:
                job = begun.pop(done)
                if error := done.exception():
                    print(f"{job}: {error!r}", file=sys.stderr, flush=True)
                else:
                    yield from done.result()


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['set']:18} seed {row['seed']}  {row['method']:20} accuracy {row['accuracy']:.3f}  "
        f"balanced {row['balanced']:.3f}  {row['seconds']:6.1f} s  {row['steps']:,} steps"
    )


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The means: over the seeds of each set, then over the sets."""
    found: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        values = (row["accuracy"], row["balanced"], row["seconds"])
        found[row["method"]][row["set"]].append(values)
    names = sorted({name for sets in found.values() for name in sets})
    lines = ["", f"{'':24}" + "".join(f"{name[:9]:>10}" for name in names)]
    for method, sets in found.items():
        means = [f"{np.mean([r[0] for r in sets[n]]):.4f}" if n in sets else "" for n in names]
        lines.append(f"{method:24}" + "".join(f"{mean:>10}" for mean in means))
    lines.append("")
    for method, sets in found.items():
        mean = np.mean([np.mean(own, axis=0) for own in sets.values()], axis=0)
        spread = np.mean([np.std([row[0] for row in own]) for own in sets.values()])
        slowest = max(row[2] for own in sets.values() for row in own)
        lines.append(
            f"{method:24} accuracy {mean[0]:.4f} (± {spread:.4f} between seeds)  "
            f"balanced {mean[1]:.4f}  {mean[2]:.1f} s a set, at most {slowest:.1f} s; "
            f"{len(sets)} sets, {sum(map(len, sets.values()))} runs"
        )
    return "\n".join(lines)


def _told() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("place", type=Path, nargs="?")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--methods", default=",".join((VOTE, TWIN, ROCKET, MINIROCKET, NEIGHBOUR)))
    parser.add_argument("--recipe", action="append", default=[], metavar="NAME=JSON")
    parser.add_argument("--settings", default="{}", metavar="JSON", help="of every network")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--holdout", type=float, default=0.0, help="share of the training part")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--threads", type=int, default=2, help="of each process")
    parser.add_argument(
        "--until", type=float, default=np.inf, help="seconds after which no further run begins"
    )
    parser.add_argument("--out", type=Path, help="where the lines go, after what is there")
    parser.add_argument("--from", dest="files", type=Path, nargs="+", default=[])
    told = parser.parse_args()
    if not told.files and told.place is None:
        parser.error("say where the sets are, or give --from FILE")
    return told


def main() -> None:
    """Run what is asked for, or read it, and print the table."""
    told, rows = _told(), []
    for path in told.files:
        rows += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    # What was run twice counts once, and is not run again.
    rows = list({(r["method"], r["set"], r["seed"], r["holdout"]): r for r in rows}.values())
    done = {(r["method"], r["set"], r["seed"], r["holdout"]) for r in rows}
    jobs = [j for j in _jobs(told) if (j.method, j.name, j.seed, j.holdout) not in done]
    for row in _rows(jobs, told) if told.place else ():
        rows.append(row)
        print(_line(row), flush=True)
        if told.out:
            with told.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
