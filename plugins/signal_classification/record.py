"""Train the model that the page opens with:

python -m plugins.signal_classification.record --ecg5000 FOLDER [--device cuda] [--keep]

FOLDER holds ECG5000_TRAIN.tsv of the UCR archive and the test part, ECG5000_TEST.tsv (or .npy, the
class first). The signals themselves are not kept. Beside it the same is trained with the classes
drawn evenly, to tell in the card what that would have changed. With --keep the weights stay as they
are, and only what is known of their doubts is measured anew.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from plugins.shared.classification.metrics import Tally
from plugins.shared.classification.model_file import DIGEST, halve
from plugins.shared.classification.training import Outcome
from plugins.shared.files.limits import Limits
from plugins.signal_classification.data.reader import read_set
from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.learning.baselines import MINIROCKET, NEIGHBOUR, baseline
from plugins.signal_classification.learning.doubt import Doubt, misfits_of
from plugins.signal_classification.learning.familiar import familiar
from plugins.signal_classification.learning.metrics import report
from plugins.signal_classification.learning.model_file import About, save
from plugins.signal_classification.learning.packaged_model import (
    CARD,
    CLASSES,
    FILE,
    FOLDER,
    recorded,
    write_card,
)
from plugins.signal_classification.learning.training import Run
from plugins.signal_classification.settings import RESNET, Settings

DATA = (
    "ECG5000 of the UCR archive (Dau et al. 2018), official division: 500 beats to train on; heart "
    "failure patient chf07 of PhysioNet's BIDMC database (Goldberger et al. 2000; prepared by Chen "
    "et al.). The archive names no licence and asks to be cited"
)
COMMAND = "python -m plugins.signal_classification.record --ecg5000 FOLDER"
LICENCE = "CC0-1.0"
RECIPE = Settings(network=RESNET, width=16, members=4, steps=1000, early=False)
"""Narrow networks, so that the file stays small; and no Rocket, so that the maps along a beat tell
of all that answers.
"""


def main() -> None:
    """Train, measure, and write the model and its card."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--ecg5000", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--device", default="cpu", help="where it learns")
    parser.add_argument("--budget", type=float, default=3600.0, help="seconds at most")
    parser.add_argument("--steps", type=int, default=RECIPE.steps, help="of each network")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where to write")
    parser.add_argument("--keep", action="store_true", help="keep the weights")
    options = parser.parse_args()
    parts = ecg5000(options.ecg5000)
    if options.keep:
        print(keep(options.out, *parts))
        return
    recipe = replace(RECIPE, budget=options.budget, steps=options.steps)
    run, outcome = learnt(recipe, parts, options.device)
    _, even = learnt(replace(recipe, balance=True), parts, options.device)
    figures = measured(outcome, even.report, run)
    options.out.mkdir(parents=True, exist_ok=True)
    about = About(LICENCE, DATA, COMMAND, figures)
    digest = save(outcome.trained, about, options.out / FILE)
    write_card(options.out, digest, outcome, about)
    print(figures, digest)


def learnt(
    settings: Settings, parts: tuple[SignalSet, SignalSet], device: str
) -> tuple[Run, Outcome]:
    """Train, and judge what the file will hold: weights in half precision, on the CPU."""
    run = Run(settings, *parts, device=device)
    for progress in run.advance():
        if progress.epoch % 10 == 0:
            print(f"{progress.share:.0%}  loss {progress.loss:.3f}", flush=True)
    outcome = run.finish()
    for network in outcome.trained.networks:
        halve(network)
    logits = outcome.trained.logits(run.test_inputs)
    judged = report(logits, run.test.labels, run.test.classes)
    misfits = misfits_of(np.exp(logits), run.test.labels)
    doubt = replace(outcome.trained.doubt, misfits=misfits)
    trained = replace(outcome.trained, doubt=doubt)
    return run, replace(outcome, trained=trained, logits=logits, report=judged)


def keep(folder: Path, train: SignalSet, test: SignalSet) -> str:
    """Measure the doubts of the model in a folder anew; the SHA-256 of the file then."""
    trained, about = recorded(folder)
    inputs, known = (trained.form.apply(part.series)[0] for part in (test, train))
    misfits = misfits_of(trained.probabilities(inputs), test.labels)
    trained = replace(trained, doubt=Doubt(familiar(known), misfits))
    digest, card = save(trained, about, folder / FILE), folder / CARD
    text = DIGEST.sub(f"SHA-256: `{digest}`", card.read_text(encoding="utf-8"))
    card.write_text(text, encoding="utf-8")
    return digest


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


def measured(outcome: Outcome, even: Tally, run: Run) -> dict[str, float]:
    """The measures that the card tells, on the test part.

    Args:
        even: What the same comes to with the classes drawn evenly.
    """
    own = outcome.report
    figures = {
        "test beats": len(run.test),
        "accuracy": own.accuracy,
        "balanced accuracy": own.balanced,
        "majority accuracy": own.majority,
        "calibration error": own.calibration.error,
        "temperature": own.temperature,
        "seconds": outcome.seconds,
        "drawn evenly: accuracy": even.accuracy,
        "drawn evenly: balanced accuracy": even.balanced,
    }
    for name in (MINIROCKET, NEIGHBOUR):
        found = baseline(name, run.train, run.test, run.form)
        figures |= {f"{name} accuracy": found.tally.accuracy}
        figures |= {f"{name} balanced accuracy": found.tally.balanced}
    return {name: round(float(value), 4) for name, value in figures.items()}


if __name__ == "__main__":
    main()
