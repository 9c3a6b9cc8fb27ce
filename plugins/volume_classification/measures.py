"""How good answers are: by class, as a whole, by their order, and whether their certainty can be
believed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

BINS = 10


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
class Report:
    """How good the answers to test volumes are.

    Attributes:
        accuracy: Share that is right, 0..1.
        balanced: Mean recall over the classes that occur, 0..1.
        majority: Accuracy of whoever always names the most frequent class of the test volumes.
        auc: Area under the ROC curve, 0..1; with more classes than two, the mean over one class
            against the others. NaN where fewer than two classes occur.
        recall: (classes,) share of each class that is found; NaN where it does not occur.
        precision: (classes,) share of the answers with this class that are right; NaN where the
            class is never named.
        confusion: (classes, classes) counts: row the truth, column the answer.
    """

    accuracy: float
    balanced: float
    majority: float
    auc: float
    classes: tuple[str, ...]
    recall: np.ndarray = field(repr=False)
    precision: np.ndarray = field(repr=False)
    confusion: np.ndarray = field(repr=False)
    calibration: Calibration = field(repr=False)

    def figures(self) -> dict[str, float]:
        """The measures that are one number, by name."""
        names = ("accuracy", "balanced", "majority", "auc")
        return {name: round(getattr(self, name), 4) for name in names}


def report(logits: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> Report:
    """Judge logits (N, classes) against the truth (N,)."""
    from sklearn.metrics import confusion_matrix

    probabilities = softmax(logits)
    chosen = logits.argmax(1)
    confusion = confusion_matrix(labels, chosen, labels=np.arange(len(classes)))
    hits = np.diag(confusion).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, precision = hits / confusion.sum(1), hits / confusion.sum(0)
    return Report(
        accuracy=float((chosen == labels).mean()),
        balanced=balanced_accuracy(labels, chosen),
        majority=float(confusion.sum(1).max() / len(labels)),
        auc=auc(probabilities, labels),
        classes=classes,
        recall=recall,
        precision=precision,
        confusion=confusion,
        calibration=calibration(probabilities, labels),
    )


def balanced_accuracy(labels: np.ndarray, chosen: np.ndarray) -> float:
    """Mean recall over the classes that occur, 0..1."""
    return float(
        np.mean([(chosen[labels == label] == label).mean() for label in np.unique(labels)])
    )


def auc(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Area under the ROC curve of probabilities (N, classes), as MedMNIST's evaluator counts it:
    that of the second class, or with more classes the mean over those that occur.
    """
    from sklearn.metrics import roc_auc_score

    present = np.unique(labels)
    if len(present) < 2:
        return float("nan")
    if probabilities.shape[1] == 2:
        return float(roc_auc_score(labels, probabilities[:, 1]))
    each = [roc_auc_score(labels == label, probabilities[:, label]) for label in present]
    return float(np.mean(each))


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


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, classes)."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)
