"""Train the model that the page opens with:

python -m plugins.signal_classification.record --ecg5000 FOLDER

FOLDER holds ECG5000_TRAIN.tsv of the UCR archive and the test part, ECG5000_TEST.tsv (or .npy, the
class first). The signals themselves are not kept.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from plugins.signal_classification.baselines import MINIROCKET, NEIGHBOUR, baseline
from plugins.signal_classification.model_file import About, save
from plugins.signal_classification.readers import read_set
from plugins.signal_classification.recorded import CLASSES, FILE, FOLDER, write_card
from plugins.signal_classification.settings import Settings
from plugins.signal_classification.signals import SignalSet
from plugins.signal_classification.training import Outcome, Run
from registry.context import Limits

DATA = (
    "ECG5000 of the UCR archive, official division: 500 beats to train on; heart failure patient "
    "chf07 of PhysioNet's BIDMC database (Goldberger et al. 2000; prepared by Chen et al.)"
)
COMMAND = "python -m plugins.signal_classification.record --ecg5000 FOLDER"
LICENCE = "CC0-1.0"


def main() -> None:
    """Train, measure, and write the model and its card."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--ecg5000", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--budget", type=float, default=900.0, help="seconds at most")
    parser.add_argument("--steps", type=int, default=2000, help="of each network")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where to write")
    told = parser.parse_args()
    train, test = ecg5000(told.ecg5000)
    run = Run(Settings(budget=told.budget, steps=told.steps, members=2), train, test)
    for progress in run.advance():
        if progress.epoch % 20 == 0:
            print(f"{progress.share:.0%}  loss {progress.loss:.3f}", flush=True)
    outcome = run.finish()
    figures = measured(outcome, run)
    told.out.mkdir(parents=True, exist_ok=True)
    digest = save(outcome.trained, About(LICENCE, DATA, COMMAND, figures), told.out / FILE)
    write_card(told.out, digest, outcome, figures, About(LICENCE, DATA, COMMAND))
    print(figures, digest)


def ecg5000(folder: Path) -> tuple[SignalSet, SignalSet]:
    """The training and the test part, their classes in words."""
    train = read_set(folder / "ECG5000_TRAIN.tsv", Limits())
    arrays = sorted(folder.glob("ECG5000_TEST*.npy"))
    if arrays:
        rows = np.load(arrays[0], allow_pickle=False)
        labels = rows[:, 0].astype(int) - 1
        test = SignalSet(list(rows[:, None, 1:]), labels, train.classes, title=arrays[0].name)
    else:
        test = read_set(folder / "ECG5000_TEST.tsv", Limits())
    return replace(train, classes=CLASSES), replace(test, classes=CLASSES)


def measured(outcome: Outcome, run: Run) -> dict[str, float]:
    """The measures that the card tells, on the test part."""
    report = outcome.report
    figures = {
        "test beats": len(run.test),
        "accuracy": report.accuracy,
        "balanced accuracy": report.balanced,
        "majority accuracy": report.majority,
        "calibration error": report.calibration.error,
        "temperature": report.temperature,
        "seconds": outcome.seconds,
    }
    for name in (MINIROCKET, NEIGHBOUR):
        found = baseline(name, run.train, run.test, run.form)
        figures |= {f"{name} accuracy": found.tally.accuracy}
        figures |= {f"{name} balanced accuracy": found.tally.balanced}
    return {name: round(float(value), 4) for name, value in figures.items()}


if __name__ == "__main__":
    main()
