"""How good answers are: by class, as a whole, and whether their certainty can be believed."""

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
class Tally:
    """How good answers are.

    Attributes:
        accuracy: Share that is right, 0..1.
        balanced: Mean recall over the classes that occur, 0..1.
        majority: Accuracy of always naming the most frequent class.
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

    @property
    def total(self) -> int:
        """How many examples were judged."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """How many of them were named rightly."""
        return int(np.trace(self.confusion))


def tally(chosen: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> Tally:
    """Judge answers (N,) against the truth (N,)."""
    from sklearn.metrics import confusion_matrix

    confusion = confusion_matrix(labels, chosen, labels=np.arange(len(classes)))
    hits = np.diag(confusion).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, precision = hits / confusion.sum(1), hits / confusion.sum(0)
    return Tally(
        accuracy=float((chosen == labels).mean()),
        balanced=float(np.nanmean(recall)),
        majority=float(confusion.sum(1).max() / len(labels)),
        classes=classes,
        recall=recall,
        precision=precision,
        confusion=confusion,
    )


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Between which shares the true one lies, in 95 of 100 cases, where `right` of `total` were
    counted (Wilson's score interval).
    """
    if not total:
        return 0.0, 1.0
    share, room = right / total, z * z / total
    middle, reach = share + room / 2, z * np.sqrt(share * (1 - share) / total + room / total / 4)
    return max(0.0, float((middle - reach) / (1 + room))), min(
        1.0, float((middle + reach) / (1 + room))
    )


def balanced_accuracy(labels: np.ndarray, chosen: np.ndarray) -> float:
    """Mean recall over the classes that occur, 0..1."""
    from sklearn.metrics import recall_score

    occurring = np.unique(labels)  # sklearn's own balanced accuracy warns of any other answer.
    return float(recall_score(labels, chosen, labels=occurring, average="macro"))


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
