"""What was tested learns anew from all signals; its figures stay those of the test."""

from __future__ import annotations

from dataclasses import replace

from plugins.shared.classification.training import Outcome
from plugins.signal_classification.data.signal_set import joined
from plugins.signal_classification.learning.trained import Trained
from plugins.signal_classification.learning.training import Run


def refit_run(run: Run, trained: Trained) -> Run:
    """A run of what was tested, on the signals that it was trained and tested on."""
    whole = joined(run.train, run.test)
    return Run(trained.settings, whole, run.test, device=str(run.device))


def refitted(tested: Trained, outcome: Outcome) -> Trained:
    """What has learnt from all signals, with what the test told of the one before: its prediction
    sets, and whether it was better than chance.

    Args:
        outcome: Of the run on all signals.
    """
    doubt = outcome.trained.doubt
    known = replace(doubt, misfits=tested.doubt.misfits, chance=tested.doubt.chance)
    return replace(outcome.trained, doubt=known)
