"""Networks that answer: the one that comes with the page, and what is said of many signals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from plugins.shared.classification.metrics import tally
from plugins.signal_classification.data.reader import Signals
from plugins.signal_classification.session import Pool, Session

if TYPE_CHECKING:
    from plugins.shared.classification.metrics import Tally
    from plugins.signal_classification.learning.trained import Answers, Trained


def take_test(session: Session) -> None:
    """Make the signals that the visitor's network was tested on those to choose from."""
    test, trained = session.own.test, session.own.trained
    truths = tuple(test.classes[label] for label in test.labels)
    found = Signals(test.series, test.names, (), truths)
    session.pool = classified(trained, test.title, found)


def classified(trained: Trained, title: str, signals: Signals) -> Pool:
    """Classify signals. Labels that the network knows are the truth to score it by.

    Raises:
        SignalError: One has other channels than the networks take.
    """
    found = trained.classify(signals.series, signals.names)
    truths = tuple(one if one in trained.classes else "" for one in signals.labels)
    return Pool(
        title,
        tuple(signals.series),
        tuple(signals.names),
        truths or ("",) * len(signals.series),
        trained.classes,
        found.probabilities,
        (*signals.notes, *found.notes),
        answers=found,
        reading=signals.reading,
        score=scored(trained, found, truths),
    )


def scored(trained: Trained, found: Answers, truths: Sequence[str]) -> Tally | None:
    """How good answers are, over the signals whose class is known and known to the network."""
    known = [i for i, truth in enumerate(truths) if truth]
    if not known:
        return None
    labels = np.array([trained.classes.index(truths[i]) for i in known])
    return tally(found.probabilities[known].argmax(1), labels, trained.classes)


@lru_cache(maxsize=1)
def packaged() -> Trained:
    """The network that comes with the page.

    Raises:
        ModelFileError: It is missing or damaged.
    """
    from plugins.signal_classification.learning.packaged_model import recorded

    return recorded()[0]
