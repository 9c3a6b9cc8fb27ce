"""How good answers to signals are, and how well they know their certainty."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from plugins.shared.classification.metrics import (
    Calibration,
    Tally,
    balanced_accuracy,
    calibration,
    tally,
)

__all__ = ["Calibration", "Report", "Tally", "balanced_accuracy", "calibration", "report"]
__all__ += ["tally", "temperature"]
TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True, eq=False)
class Report(Tally):
    """The same, and how well the answers know their certainty.

    Attributes:
        calibration: As the network answers.
        temperature: What the logits should be divided by.
        cooled: The calibration then. Each half of the signals is judged with the temperature of
            the other half.
    """

    calibration: Calibration = field(repr=False)
    temperature: float
    cooled: Calibration = field(repr=False)


def report(logits: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> Report:
    """Judge logits (N, classes) against the truth (N,)."""
    from scipy.special import softmax

    return Report(
        **vars(tally(logits.argmax(1), labels, classes)),
        calibration=calibration(softmax(logits, axis=1), labels),
        temperature=temperature(logits, labels),
        cooled=calibration(_cross_cooled(logits, labels), labels),
    )


def temperature(logits: np.ndarray, labels: np.ndarray, doubt: float = 0.0) -> float:
    """What to divide the logits by, so that the truth gets the most probability (Guo et al., "On
    Calibration of Modern Neural Networks", 2017).

    Args:
        doubt: Share of the truth that is spread over all classes, 0..1, so that a few answers that
            are all right do not make for certainty.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def surprise(log_t: float) -> float:
        log_p = log_softmax(logits / np.exp(log_t), axis=1)
        right = log_p[np.arange(len(labels)), labels].mean()
        return -float((1 - doubt) * right + doubt * log_p.mean())

    low, high = np.log(TEMPERATURES)
    return float(np.exp(minimize_scalar(surprise, bounds=(low, high), method="bounded").x))


def _cross_cooled(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    from scipy.special import softmax

    if len(labels) < 2:
        return softmax(logits, axis=1)
    halves = np.random.default_rng(0).permutation(len(labels)) % 2
    cooled = logits.astype(float)
    for half in (0, 1):
        own = halves == half
        cooled[own] /= temperature(logits[~own], labels[~own])
    return softmax(cooled, axis=1)
