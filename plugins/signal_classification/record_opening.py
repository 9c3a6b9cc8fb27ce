"""Record what the page opens with, from the network that comes with it:

python -m plugins.signal_classification.record_opening --ecg5000 FOLDER

FOLDER is that of `record.py`, which comes first. No signal of it is kept: the beats that are shown
are simulated.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.data.simulated_ecg import SHAPES, beats
from plugins.signal_classification.learning.baselines import USUAL, baseline
from plugins.signal_classification.learning.doubt import covered
from plugins.signal_classification.learning.explain import explained
from plugins.signal_classification.learning.metrics import report
from plugins.signal_classification.learning.packaged_model import CLASSES, FOLDER, recorded
from plugins.signal_classification.learning.trained import Trained
from plugins.signal_classification.learning.training import Run
from plugins.signal_classification.record import ecg5000
from plugins.signal_classification.settings import TWIN, Settings
from plugins.signal_classification.views.opening import FILE, Opening, opening, write
from plugins.signal_classification.views.results import Contender, Shown, Standing
from plugins.signal_classification.wording import title_of
from weights.messages import say

EACH = 4
"""Beats of each simulated kind."""
SEED = 5
LOOKS = 30
"""The quickest counts: others may be at work on the machine."""


def main() -> None:
    """Classify simulated beats and the real test beats, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--ecg5000", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--model", type=Path, default=FOLDER, help="folder of the network")
    parser.add_argument("--twin", type=int, default=300, help="steps for the twin; 0: none")
    parser.add_argument("--out", type=Path, default=FILE, help="the file to write")
    parser.add_argument("--beats", action="store_true", help="only the beats, the rest stays")
    args = parser.parse_args()
    trained, about = recorded(args.model)
    if args.beats:
        inputs, _ = trained.form.apply((test := ecg5000(args.ecg5000)[1]).series)
        share = covered(trained.probabilities(inputs), test.labels)
        standing = replace(opening(args.out).standing, covered=share)
    else:
        seconds = about.figures.get("seconds", 0.0)
        standing = stand(trained, *ecg5000(args.ecg5000), seconds, args.twin)
    title, machine = f"ECG5000: {title_of(trained)}", "a CPU"
    write(Opening(title, about.licence, about.data, machine, shown(trained), standing), args.out)
    for row in standing.rows:
        print(f"{row.name}: {row.accuracy:.4f}, balanced {row.balanced:.4f}, {row.seconds:.1f} s")


def shown(trained: Trained) -> tuple[Shown, ...]:
    """Beats of each kind in turn, classified."""
    found: list[Shown] = []
    for i in range(EACH):
        for shape in SHAPES:
            beat, name = (
                beats(shape, EACH, SEED)[i][None],
                say("Beat {found}", found=len(found) + 1),
            )
            truth = CLASSES[int(shape.like) - 1]
            looks = [explained(trained, beat, name, truth) for _ in range(LOOKS)]
            found.append(min(looks, key=lambda look: look.ms))
    return tuple(found)


def stand(
    trained: Trained, train: SignalSet, test: SignalSet, seconds: float, twin: int
) -> Standing:
    """Hold the network against the baselines and a twin, on the test beats.

    Args:
        seconds: That its training took.
        twin: Steps that a twin trains.
    """
    begun = time.perf_counter()
    inputs, _ = trained.form.apply(test.series, test.names)
    logits = trained.logits(inputs)
    judged = report(logits, test.labels, test.classes)
    seconds += time.perf_counter() - begun
    rows = [Contender(title_of(trained), judged.accuracy, judged.balanced, seconds, True)]
    if twin:
        run = Run(Settings(network=TWIN, members=1, steps=twin, budget=3600), train, test)
        list(run.advance())
        other = run.finish()
        tally = other.report
        name = title_of(other.trained)
        rows.append(Contender(name, tally.accuracy, tally.balanced, other.seconds))
    for name in USUAL:
        one = baseline(name, train, test, trained.form)
        rows.append(Contender(name, one.tally.accuracy, one.tally.balanced, one.seconds))
    return Standing(judged, tuple(rows), covered=covered(np.exp(logits), test.labels))


if __name__ == "__main__":
    main()
