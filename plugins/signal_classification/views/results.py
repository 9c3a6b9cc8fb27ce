"""What the page shows of a signal that was classified, and of how good a network is.

Numbers only, and no torch: the page opens with some that were recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from plugins.signal_classification.learning.metrics import Report

if TYPE_CHECKING:
    from plugins.shared.classification.training import Progress


@dataclass(frozen=True, eq=False)
class Filter:
    """One kernel of the first layer, and what came of sliding it over a signal.

    Attributes:
        weights: (channels, taps).
        response: (length,) at each sample, the kernel's middle on it.
        strength: Standard deviation of the response.
    """

    weights: np.ndarray = field(repr=False)
    response: np.ndarray = field(repr=False)
    strength: float


@dataclass(frozen=True, eq=False)
class Shown:
    """A signal and what a network says of it.

    Attributes:
        name: Of the signal.
        signal: (channels, length), in the network's form.
        classes: Their names.
        probabilities: (classes,).
        maps: (classes, length): how much each sample speaks for each class.
        kernels: Of the first layer, the strongest response first.
        truth: The class that it is; "": nobody knows.
        notes: What was done to the signal, a sentence each.
        ms: Milliseconds that the networks took for the answer.
        likely: The classes in the prediction set, the likeliest first; empty: not known.
        unlike: Whether it is unlike anything that was trained on.
        why: Why no answer is to be trusted; "": nothing speaks against them.
    """

    name: str
    signal: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    probabilities: np.ndarray
    maps: np.ndarray = field(repr=False)
    kernels: tuple[Filter, ...] = field(repr=False)
    truth: str = ""
    notes: tuple[str, ...] = ()
    ms: float = 0.0
    likely: tuple[str, ...] = ()
    unlike: bool = False
    why: str = ""

    @property
    def best(self) -> int:
        """The likeliest class."""
        return int(self.probabilities.argmax())


@dataclass(frozen=True)
class Contender:
    """One row of the results table.

    Attributes:
        name: For people.
        accuracy: Share of the test signals that is right, 0..1.
        balanced: Mean recall over the classes, 0..1.
        seconds: Of learning and answering.
        ours: Whether it is the network that answers.
    """

    name: str
    accuracy: float
    balanced: float
    seconds: float
    ours: bool = False


@dataclass(frozen=True, eq=False)
class Standing:
    """How good a network is, and what it is held against.

    Attributes:
        report: On the test signals.
        rows: The network itself first.
        progress: Of its training; empty where that was not watched.
        covered: How often the truth is in a prediction set, and how many classes a set has on
            average, on the test signals; None: not measured.
    """

    report: Report
    rows: tuple[Contender, ...]
    progress: tuple[Progress, ...] = ()
    covered: tuple[float, float] | None = None
