"""When an answer is not to be trusted, and which classes it leaves open.

Prediction sets are conformal (Vovk et al. 2005; Sadinle et al., "Least Ambiguous Set-Valued
Classifiers", 2019): signals that nothing was learnt from tell how small the probability of the
truth may be, and a set holds every class that is no less probable. Where new signals are drawn as
those were, the truth is in the set as often as is wanted, however good the network is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from plugins.signal_classification.learning.familiar import Familiar
from plugins.signal_classification.settings import COVERAGE
from weights.messages import say

ENOUGH = 0.25
"""Of its steps: a network that took fewer has hardly learnt."""
KEPT = 1000
"""Misfits that are kept at most."""


@dataclass(frozen=True, eq=False)
class Doubt:
    """What is known of how far answers can be trusted.

    Attributes:
        familiar: What the training signals are like; None: not known.
        misfits: (M,) rising: 1 minus the probability of the truth, of signals that were tested on;
            empty: none were.
        steps, wanted: That the networks took, and should have taken; 0: not known.
        chance: Whether the test did not show it to be better than naming the most frequent class.
    """

    familiar: Familiar | None = field(default=None, repr=False)
    misfits: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    steps: int = 0
    wanted: int = 0
    chance: bool = False

    @property
    def hardly(self) -> bool:
        """Whether the networks have hardly learnt."""
        return self.steps < ENOUGH * self.wanted

    @property
    def why(self) -> str:
        """Why no answer is to be trusted, a sentence; "": nothing speaks against them."""
        if self.hardly:
            told = "Hardly trained: {steps:,} of {wanted:,} steps. Do not trust its answers."
            return say(told, steps=self.steps, wanted=self.wanted)
        if self.chance:
            return say(
                "Its test did not show it to be better than always naming the most frequent class."
            )
        return ""

    def sets(self, probabilities: np.ndarray) -> np.ndarray | None:
        """(N, classes) bool, the prediction set of each; None: there is nothing to go by."""
        if not len(self.misfits):
            return None
        return sets(self.misfits, probabilities)


def sets(misfits: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(N, classes) bool: the classes that are left open; the likeliest always is.

    Args:
        misfits: (M,) of signals that the answers were not learnt from.
    """
    rank = int(np.ceil((len(misfits) + 1) * COVERAGE))
    if rank > len(misfits):  # So few that nothing can be left out.
        return np.ones(probabilities.shape, bool)
    open_ = 1 - probabilities <= np.sort(misfits)[rank - 1]
    open_[np.arange(len(open_)), probabilities.argmax(1)] = True
    return open_


def misfits_of(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(M,) rising, M at most `KEPT`."""
    found = np.sort(1 - probabilities[np.arange(len(labels)), labels])
    if len(found) > KEPT:
        found = np.quantile(found, np.linspace(0, 1, KEPT), method="higher")
    return found


def covered(probabilities: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """How often the truth is in the prediction set, and how many classes a set has on average.
    Each half of the signals is judged by what the other half allows.
    """
    halves = np.random.default_rng(0).permutation(len(labels)) % 2
    hit, size = np.zeros(len(labels), bool), np.zeros(len(labels))
    for half in (0, 1):
        own = halves == half
        known = misfits_of(probabilities[~own], labels[~own])
        open_ = sets(known, probabilities[own])
        hit[own], size[own] = open_[np.arange(own.sum()), labels[own]], open_.sum(1)
    return float(hit.mean()), float(size.mean())
