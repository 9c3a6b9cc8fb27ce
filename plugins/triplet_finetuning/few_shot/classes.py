"""Classes from a few examples each, without training: the nearest prototype, or *unknown*.

Encodings are compared by the cosine; a prototype is the mean of a class's examples (Snell et al.
2017, arXiv:1703.05175), and the nearest example is the other way (course week 4, one-shot
learning). Which of the two decides, and how near a picture must be, is found by leaving out: each
example once, and each class once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

PROTOTYPES, NEAREST = "prototypes", "nearest"
METHODS = (PROTOTYPES, NEAREST)


@dataclass(frozen=True)
class Classes:
    """Examples of known classes.

    Attributes:
        names: Of the classes.
        encodings: (N, D), each of length 1. `labels`: (N,) indices into `names`.
        method: A key of `METHODS`.
        threshold: The least cosine at which a picture is of a known class.
    """

    names: tuple[str, ...]
    encodings: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    method: str = PROTOTYPES
    threshold: float = -1.0

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        encodings: np.ndarray,
        labels: np.ndarray,
        rate: float,
        others: np.ndarray | None = None,
    ) -> Classes:
        """Choose the method, and the threshold for the wanted rate of false alarms: the stricter of
        those that the examples and the other pictures ask for.

        Args:
            encodings: (N, D), of any length. labels: (N,); each class has one at least.
            rate: Of pictures of classes that are not among these, the share that may be taken for
                one of them, 0..1.
            others: (K, D) encodings of pictures of other classes, where there are some. A few
                examples alone say little about what else there is.
        """
        encodings, labels = unit(encodings), np.asarray(labels)
        method = better(*(left_out(encodings, labels, one) for one in METHODS))
        found = strangers(encodings, labels, method)
        least = threshold(found, rate * (1 - 1 / len(names)))  # Against one class fewer.
        if others is not None and len(others):
            near = scores(unit(others), encodings, labels, len(names), method).max(axis=1)
            least = max(least, threshold(near, rate))
        return cls(names, encodings, labels, method, least)

    def similarities(self, encodings: np.ndarray) -> np.ndarray:
        """(M, C) cosines of M pictures with each class."""
        return scores(unit(encodings), self.encodings, self.labels, len(self.names), self.method)

    def decide(self, encodings: np.ndarray) -> np.ndarray:
        """(M,) the class of each picture; -1: unknown."""
        found = self.similarities(encodings)
        return np.where(found.max(axis=1) >= self.threshold, found.argmax(axis=1), -1)

    @property
    def checked(self) -> tuple[float, float]:
        """Shares of the examples that are told right, each left out once: if one of the classes
        must be said, and if *unknown* may be. NaN where no class has two examples.
        """
        right = left_out(self.encodings, self.labels, self.method)
        if not np.isfinite(right).any():
            return float("nan"), float("nan")
        near = left_out(self.encodings, self.labels, self.method, self.threshold)
        return float(np.nanmean(right)), float(np.nanmean(near))


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1."""
    rows = np.atleast_2d(np.asarray(rows, np.float64))
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def scores(
    probes: np.ndarray, encodings: np.ndarray, labels: np.ndarray, many: int, method: str
) -> np.ndarray:
    """(M, many) cosines of (M, D) probes with each class; -inf for one without examples."""
    if method == NEAREST:
        table = probes @ encodings.T
        columns = [table[:, labels == k].max(axis=1, initial=-np.inf) for k in range(many)]
        return np.stack(columns, axis=1)
    found = np.full((len(probes), many), -np.inf)
    for k in np.unique(labels):
        found[:, k] = probes @ unit(encodings[labels == k].mean(axis=0))[0]
    return found


def left_out(
    encodings: np.ndarray, labels: np.ndarray, method: str, least: float = -np.inf
) -> np.ndarray:
    """(N,) 1 where an example is told right from all the others, 0 where not; NaN where it is the
    only one of its class.

    Args:
        least: A cosine below it is *unknown*.
    """
    right = np.full(len(labels), np.nan)
    many = int(labels.max()) + 1
    for i, label in enumerate(labels):
        rest = np.arange(len(labels)) != i
        if (labels[rest] == label).any():
            row = scores(encodings[i : i + 1], encodings[rest], labels[rest], many, method)[0]
            right[i] = row.argmax() == label and row.max() >= least
    return right


def better(prototypes: np.ndarray, nearest: np.ndarray) -> str:
    """The method that decides: prototypes, unless the nearest example tells clearly more of the
    same examples (one-sided sign test, 5 %).

    Args:
        prototypes, nearest: (N,) of `left_out`.
    """
    apart = np.nan_to_num(nearest - prototypes)
    return NEAREST if apart.sum() > 1.645 * np.sqrt(np.abs(apart).sum()) else PROTOTYPES


def strangers(encodings: np.ndarray, labels: np.ndarray, method: str) -> np.ndarray:
    """(N,) cosine of each example with the nearest of the other classes: what a picture gets whose
    class is not known. -inf where there is one class only.
    """
    many = int(labels.max()) + 1
    table = scores(encodings, encodings, labels, many, method)
    table[np.arange(len(labels)), labels] = -np.inf
    return table.max(axis=1)


def threshold(found: np.ndarray, rate: float) -> float:
    """The least cosine at which at most `rate` of pictures of unknown classes pass; one more than
    were seen is counted, as one that is new may be nearer than all (Vovk's conformal rank).

    Args:
        found: (N,) cosines of such pictures with the nearest class.
    """
    ranked = np.sort(found[np.isfinite(found)])[::-1]
    allowed = int(rate * (len(ranked) + 1))
    return float(np.nextafter(ranked[allowed], 2)) if allowed < len(ranked) else -1.0


def area(known: np.ndarray, unknown: np.ndarray) -> float:
    """AUROC: how often the score of a known picture is above that of an unknown one."""
    from sklearn.metrics import roc_auc_score

    truth = np.r_[np.ones(len(known)), np.zeros(len(unknown))]
    return float(roc_auc_score(truth, np.r_[known, unknown]))
