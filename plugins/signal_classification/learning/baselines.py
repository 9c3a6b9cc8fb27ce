"""What a network has to be better than: Rocket, the nearest neighbour, and the most frequent class.

They get the signals in the network's own form.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field

import numpy as np

from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.errors import SignalError
from plugins.signal_classification.learning.input_form import Form
from plugins.signal_classification.learning.metrics import Tally, tally

MINIROCKET, HYDRA = "MiniRocket", "MultiRocket-Hydra"
NEIGHBOUR, MAJORITY = "1-nearest neighbour", "Majority class"
BASELINES = {
    MINIROCKET: "10,000 fixed kernels and a linear classifier (Dempster et al. 2021), by aeon",
    HYDRA: "Rocket's strongest relative (Dempster et al. 2023), by aeon; slower",
    NEIGHBOUR: "The class of the most similar training signal (Euclidean distance)",
    MAJORITY: "Always the class that most training signals have",
}
USUAL = (MINIROCKET, NEIGHBOUR, MAJORITY)


@dataclass(frozen=True, eq=False)
class Baseline:
    """One baseline's answers.

    Attributes:
        chosen: (N,) the class of each test signal.
        seconds: Of learning and answering.
    """

    name: str
    chosen: np.ndarray = field(repr=False)
    tally: Tally
    seconds: float


def baseline(name: str, train: SignalSet, test: SignalSet, form: Form, seed: int = 0) -> Baseline:
    """Let one baseline learn and answer.

    Args:
        name: A key of `BASELINES`.

    Raises:
        SignalError: There is no such baseline, or aeon is not installed.
    """
    inputs, _ = form.apply(train.series, train.names)
    asked, _ = form.apply(test.series, test.names)
    start = time.perf_counter()
    if name == MAJORITY:
        chosen = np.full(len(asked), np.bincount(train.labels).argmax())
    elif name == NEIGHBOUR:
        chosen = _nearest(inputs, train.labels, asked)
    elif name in BASELINES:
        chosen = _rocket(name, inputs, train.labels, asked, seed)
    else:
        todo = f"Choose one of: {', '.join(BASELINES)}."
        raise SignalError(f"There is no baseline called {name!r}", where="baseline", todo=todo)
    seconds = time.perf_counter() - start
    return Baseline(name, chosen, tally(chosen, test.labels, train.classes), seconds)


def _nearest(inputs: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    from sklearn.neighbors import KNeighborsClassifier

    neighbour = KNeighborsClassifier(1, algorithm="brute")
    flat = inputs.reshape(len(inputs), -1)
    return neighbour.fit(flat, labels).predict(asked.reshape(len(asked), -1))


def _rocket(
    name: str, inputs: np.ndarray, labels: np.ndarray, asked: np.ndarray, seed: int
) -> np.ndarray:
    try:
        from aeon.classification.convolution_based import (
            MiniRocketClassifier,
            MultiRocketHydraClassifier,
        )
    except ImportError as error:
        todo = "Run: pip install aeon"
        raise SignalError(f"{name} needs the package aeon", where="baseline", todo=todo) from error
    kind = MiniRocketClassifier if name == MINIROCKET else MultiRocketHydraClassifier
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of scikit-learn, where a class has few examples.
        rocket = kind(random_state=seed)
        rocket.fit(inputs.astype(np.float64), labels)
        return rocket.predict(asked.astype(np.float64)).astype(np.int64)
