"""Distances between encodings: d(img1, img2) of the course's face verification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weights.errors import ParagoneError
from weights.messages import say


@dataclass(frozen=True)
class Metric:
    """A distance between encodings.

    Attributes:
        scipy: Its name in `scipy.spatial.distance`.
        top: The largest value that an operating curve covers; larger distances count as `top`.
        step: Of a threshold slider; a whole number of a curve's bins.
        formula: As written on the page.
    """

    name: str
    title: str
    scipy: str
    top: float
    step: float
    formula: str

    def snap(self, threshold: float, down: bool = False) -> float:
        """The slider's nearest threshold; with `down`, the nearest that is not above."""
        steps = np.floor(threshold / self.step + 1e-6) if down else np.rint(threshold / self.step)
        return round(float(steps) * self.step, 6)


METRICS = {
    metric.name: metric
    for metric in (
        Metric("euclidean", "Euclidean", "euclidean", 2.0, 0.01, "d = ‖f(A) − f(B)‖"),
        Metric("squared", "Squared Euclidean", "sqeuclidean", 4.0, 0.02, "d = ‖f(A) − f(B)‖²"),
        Metric("cosine", "Cosine", "cosine", 2.0, 0.002, "d = 1 − f(A)·f(B) / ‖f(A)‖‖f(B)‖"),
    )
}


def metric_named(name: str) -> Metric:
    """Look a metric up.

    Raises:
        ParagoneError: There is none of that name.
    """
    if name not in METRICS:
        raise ParagoneError(
            say("There is no distance called '{name}'", name=name),
            todo=say("Choose one of: {known}.", known=", ".join(METRICS)),
        )
    return METRICS[name]


def distances(left: np.ndarray, right: np.ndarray, metric: str) -> np.ndarray:
    """All distances between the rows of two arrays of encodings, (N, D) and (M, D), as (N, M)
    float64.
    """
    from scipy.spatial.distance import cdist

    found = cdist(np.atleast_2d(left), np.atleast_2d(right), metric_named(metric).scipy)
    return np.maximum(found, 0)  # rounding can leave a cosine of one vector with itself below 0
