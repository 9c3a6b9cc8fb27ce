"""How good answers to volumes are: by class, as a whole, by their order, and whether their
certainty can be believed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from plugins.shared.classification.metrics import Calibration, Tally, calibration, tally


@dataclass(frozen=True, eq=False)
class Report(Tally):
    """How good answers are, and their order and certainty.

    Attributes:
        auc: Area under the ROC curve, 0..1; with more classes than two, the mean over one class
            against the others. NaN where fewer than two classes occur.
    """

    auc: float
    calibration: Calibration = field(repr=False)

    def figures(self) -> dict[str, float]:
        """The measures that are one number, by name."""
        names = ("accuracy", "balanced", "majority", "auc")
        return {name: round(getattr(self, name), 4) for name in names}


def report(logits: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> Report:
    """Judge logits (N, classes) against the truth (N,)."""
    from scipy.special import softmax

    probabilities = softmax(logits, axis=1)
    return Report(
        **vars(tally(logits.argmax(1), labels, classes)),
        auc=auc(probabilities, labels),
        calibration=calibration(probabilities, labels),
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
