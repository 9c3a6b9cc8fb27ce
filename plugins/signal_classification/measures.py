"""How good answers are: by class, as a whole, and whether their certainty can be believed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

BINS = 10
TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How certain the answers are, and how often they are right.

    Attributes:
        counts: (BINS,) answers whose certainty falls into each bin of equal width from 0 to 1.
        certainty: (BINS,) their mean certainty; NaN in an empty bin.
        right: (BINS,) the share of them that is right; NaN in an empty bin.
        error: Expected calibration error: the mean of |right - certainty| over the answers, 0..1
            (Naeini et al. 2015).
        brier: Mean squared distance from the probabilities to the truth, 0..2.
    """

    counts: np.ndarray
    certainty: np.ndarray
    right: np.ndarray
    error: float
    brier: float


@dataclass(frozen=True, eq=False)
class Tally:
    """How good the answers to test signals are.

    Attributes:
        accuracy: Share that is right, 0..1.
        balanced: Mean recall over the classes that occur, 0..1.
        majority: Accuracy of whoever always names the most frequent class of the test signals.
        recall: (classes,) share of each class that is found; NaN where it does not occur.
        precision: (classes,) share of the answers with this class that are right; NaN where the
            class is never named.
        confusion: (classes, classes) counts: row the truth, column the answer.
    """

    accuracy: float
    balanced: float
    majority: float
    classes: tuple[str, ...]
    recall: np.ndarray = field(repr=False)
    precision: np.ndarray = field(repr=False)
    confusion: np.ndarray = field(repr=False)


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


def tally(chosen: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> Tally:
    """Judge answers (N,) against the truth (N,)."""
    return Tally(**_tallied(chosen, labels, classes))


def report(logits: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> Report:
    """Judge logits (N, classes) against the truth (N,)."""
    return Report(
        **_tallied(logits.argmax(1), labels, classes),
        calibration=calibration(softmax(logits), labels),
        temperature=temperature(logits, labels),
        cooled=calibration(_cross_cooled(logits, labels), labels),
    )


def _tallied(chosen: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> dict:
    from sklearn.metrics import confusion_matrix

    confusion = confusion_matrix(labels, chosen, labels=np.arange(len(classes)))
    hits = np.diag(confusion).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, precision = hits / confusion.sum(1), hits / confusion.sum(0)
    return {
        "accuracy": float((chosen == labels).mean()),
        "balanced": float(np.nanmean(recall)),
        "majority": float(confusion.sum(1).max() / len(labels)),
        "classes": classes,
        "recall": recall,
        "precision": precision,
        "confusion": confusion,
    }


def balanced_accuracy(labels: np.ndarray, chosen: np.ndarray) -> float:
    """Mean recall over the classes that occur, 0..1."""
    return float(
        np.mean([(chosen[labels == label] == label).mean() for label in np.unique(labels)])
    )


def calibration(probabilities: np.ndarray, labels: np.ndarray) -> Calibration:
    """The calibration of probabilities (N, classes) against the truth (N,)."""
    certainty = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    which = np.minimum((certainty * BINS).astype(int), BINS - 1)
    counts = np.bincount(which, minlength=BINS)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(which, certainty, BINS) / counts
        share = np.bincount(which, right, BINS) / counts
    error = float(np.nansum(np.abs(share - mean) * counts) / len(labels))
    truth = np.eye(probabilities.shape[1])[labels]
    brier = float(((probabilities - truth) ** 2).sum(1).mean())
    return Calibration(counts, mean, share, error, brier)


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """What to divide the logits by, so that the truth gets the most probability (Guo et al., "On
    Calibration of Modern Neural Networks", 2017).
    """
    from scipy.optimize import minimize_scalar

    def surprise(log_t: float) -> float:
        return -float(_log_softmax(logits / np.exp(log_t))[np.arange(len(labels)), labels].mean())

    low, high = np.log(TEMPERATURES)
    return float(np.exp(minimize_scalar(surprise, bounds=(low, high), method="bounded").x))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, classes)."""
    return np.exp(_log_softmax(logits))


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def _cross_cooled(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if len(labels) < 2:
        return softmax(logits)
    halves = np.random.default_rng(0).permutation(len(labels)) % 2
    cooled = logits.astype(float)
    for half in (0, 1):
        own = halves == half
        cooled[own] /= temperature(logits[~own], labels[~own])
    return softmax(cooled)
