"""Whether signals of other sets are told from those that were trained on, and whether prediction
sets hold the truth as often as they should.

python -m tests.benchmarks.bench_unlike FOLDER

FOLDER holds a folder for each set of the UCR archive, with SET_TRAIN.tsv and SET_TEST.tsv. For each
pair of sets: AUROC of the distance, and the shares called unlike of the known set's own test part
(false alarms) and of the other set's. Then coverage and size of the prediction sets of a Rocket.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from plugins.signal_classification.data.reader import read_set
from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.learning.doubt import covered
from plugins.signal_classification.learning.familiar import familiar
from plugins.signal_classification.learning.input_form import form_of
from plugins.signal_classification.learning.training import Run
from plugins.signal_classification.settings import ROCKET, Settings
from registry.context import Limits

OWN, OTHER = 400, 60
"""Signals that are asked of the known set's test part, and of each other set's."""


def pairs(sets: dict[str, tuple[SignalSet, SignalSet]]) -> None:
    """One line a known set."""
    found = []
    for name, (train, test) in sets.items():
        form = form_of(train)
        known = familiar(form.apply(train.series)[0])
        own = form.apply(test.series[:OWN])[0]
        near, auc, caught = known.distances(own), [], []
        for other, (_, asked) in sets.items():
            if other == name:
                continue
            inputs = form.apply(asked.series[:OTHER])[0]
            far = known.distances(inputs)
            truth = np.r_[np.zeros(len(near)), np.ones(len(far))]
            auc.append(roc_auc_score(truth, np.r_[near, far]))
            caught.append(known.unlike(inputs).mean())
        found.append((np.mean(auc), known.unlike(own).mean(), np.mean(caught)))
        print(f"{name:20} AUROC {found[-1][0]:.4f} (lowest {min(auc):.3f})  false alarms "
              f"{found[-1][1]:.1%}  caught {found[-1][2]:.1%}", flush=True)  # fmt: skip
    mean = np.mean(found, axis=0)
    print(f"mean of {len(found)}: AUROC {mean[0]:.4f}, alarms {mean[1]:.1%}, caught {mean[2]:.1%}")


def coverage(sets: dict[str, tuple[SignalSet, SignalSet]]) -> None:
    """One line a set."""
    for name, parts in sets.items():
        run = Run(Settings(network=ROCKET), *parts)
        list(run.advance())
        outcome = run.finish()
        share, size = covered(np.exp(outcome.logits), run.test.labels)
        print(f"{name:20} accuracy {outcome.report.accuracy:.3f}  coverage {share:.3f}  "
              f"classes {size:.2f}", flush=True)  # fmt: skip


def main() -> None:
    """Measure both."""
    place = Path(sys.argv[1])
    trains = sorted(place.glob("*/*_TRAIN.tsv"))
    sets = {
        path.parent.name: tuple(
            read_set(path.with_name(path.name.replace("TRAIN", part)), Limits())
            for part in ("TRAIN", "TEST")
        )
        for path in trains
    }
    pairs(sets)
    coverage(sets)


if __name__ == "__main__":
    main()
