"""What a network has to be better than: Rocket, the nearest neighbour, and the most frequent class.

They get the signals in the network's own form.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np

from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.errors import SignalError
from plugins.signal_classification.learning.input_form import Form
from plugins.signal_classification.learning.metrics import Tally, tally
from weights.messages import say

MINIROCKET, HYDRA = "MiniRocket", "MultiRocket-Hydra"
NEIGHBOUR, MAJORITY = "1-nearest neighbour", "Majority class"
BASELINES = {
    MINIROCKET: "10,000 fixed kernels and a linear classifier (Dempster et al. 2021), by aeon",
    HYDRA: "Rocket's strongest relative (Dempster et al. 2023), by aeon; slower",
    NEIGHBOUR: "The class of the most similar training signal (Euclidean distance)",
    MAJORITY: "Always the class that most training signals have",
}
TOGETHER = 64
"""Signals that MiniRocket transforms in one step."""
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
    *_, found = baseline_steps(name, train, test, form, seed)
    return found


def baseline_steps(
    name: str, train: SignalSet, test: SignalSet, form: Form, seed: int = 0
) -> Iterator[Baseline | None]:
    """The same in steps, so that it can be left: None after each, and the baseline at the end."""
    if name not in BASELINES:
        todo = say("Choose one of: {baselines}.", baselines=", ".join(BASELINES))
        raise SignalError(
            say("There is no baseline called {name}", name=repr(name)), where="baseline", todo=todo
        )
    inputs, _ = form.apply(train.series, train.names)
    asked, _ = form.apply(test.series, test.names)
    start = time.perf_counter()
    if name == MAJORITY:
        chosen = np.full(len(asked), np.bincount(train.labels).argmax())
    elif name == NEIGHBOUR:
        chosen = _nearest(inputs, train.labels, asked)
    elif name == MINIROCKET:
        chosen = yield from _minirocket(inputs, train.labels, asked, seed)
    else:
        chosen = _hydra(inputs, train.labels, asked, seed)
    seconds = time.perf_counter() - start
    yield Baseline(name, chosen, tally(chosen, test.labels, train.classes), seconds)


def _nearest(inputs: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    from sklearn.neighbors import KNeighborsClassifier

    neighbour = KNeighborsClassifier(1, algorithm="brute")
    flat = inputs.reshape(len(inputs), -1)
    return neighbour.fit(flat, labels).predict(asked.reshape(len(asked), -1))


def _minirocket(
    inputs: np.ndarray, labels: np.ndarray, asked: np.ndarray, seed: int
) -> Generator[None, None, np.ndarray]:
    """aeon's MiniRocketClassifier, its transform some signals at a time."""
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.preprocessing import StandardScaler

    try:
        from aeon.transformations.collection.convolution_based import MiniRocket
    except ImportError as error:
        raise _no_aeon(MINIROCKET) from error
    transform = MiniRocket(random_state=seed)
    inputs, asked = inputs.astype(np.float64), asked.astype(np.float64)
    transform.fit(inputs)
    features: dict[str, list[np.ndarray]] = {"inputs": [], "asked": []}
    for which, signals in (("inputs", inputs), ("asked", asked)):
        for first in range(0, len(signals), TOGETHER):
            features[which].append(transform.transform(signals[first : first + TOGETHER]))
            yield None
    scale = StandardScaler(with_mean=False)
    scaled = scale.fit_transform(np.concatenate(features["inputs"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of scikit-learn, where a class has few examples.
        classifier = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10)).fit(scaled, labels)
    yield None
    return classifier.predict(scale.transform(np.concatenate(features["asked"]))).astype(np.int64)


def _hydra(inputs: np.ndarray, labels: np.ndarray, asked: np.ndarray, seed: int) -> np.ndarray:
    try:
        from aeon.classification.convolution_based import MultiRocketHydraClassifier
    except ImportError as error:
        raise _no_aeon(HYDRA) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rocket = MultiRocketHydraClassifier(random_state=seed)
        rocket.fit(inputs.astype(np.float64), labels)
        return rocket.predict(asked.astype(np.float64)).astype(np.int64)


def _no_aeon(name: str) -> SignalError:
    return SignalError(
        say("{name} needs the package aeon", name=name),
        where="baseline",
        todo="Run: pip install aeon",
    )
