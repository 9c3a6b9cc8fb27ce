"""Whether a signal is like those that were trained on.

A softmax knows no "none of these": asked of leaves, a network for heartbeats calls most of them
normal. So the training signals are described by a few dozen plain numbers each (how the power is
spread over the frequencies, how the amplitude is distributed, the coarse shape, how rough it is),
and a new signal's Mahalanobis distance from them is held against the distances that training
signals have from the others when they are left out. No signal is kept, only means and covariances.

`QUANTILE` and `MARGIN` were chosen on pairs of thirteen sets of the UCR archive (`bench_unlike`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

BANDS, PARTS = 16, 16
"""Bands of frequency, and parts along a signal."""
LEVELS = (0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1)
STEEP = (0.1, 0.5, 0.9, 1)
APART = 4
"""Channels up to which each is described by itself."""
FOLDS, FEWEST, MOST = 10, 8, 2000
"""Parts that are left out in turn; training signals that are needed, and used at most."""
QUANTILE, MARGIN = 0.95, 1.3
"""A signal is unlike where it lies more than `MARGIN` times as far as this share of the training
signals does.
"""


@dataclass(frozen=True, eq=False)
class Familiar:
    """What the training signals are like.

    Attributes:
        middle, spread: (F,) mean and standard deviation of each number.
        precision: (F, F) inverse covariance of the standardised numbers.
        far: Within this distance lie `QUANTILE` of the training signals, left out in turn.
    """

    middle: np.ndarray = field(repr=False)
    spread: np.ndarray = field(repr=False)
    precision: np.ndarray = field(repr=False)
    far: float

    def distances(self, inputs: np.ndarray) -> np.ndarray:
        """(N,) Mahalanobis distances, in units of `far`.

        Args:
            inputs: (N, channels, length) in the networks' form.
        """
        return _distances(described(inputs), self.middle, self.spread, self.precision) / max(
            self.far, 1e-9
        )

    def plain(self) -> dict[str, np.ndarray]:
        """As arrays; `Familiar.made` reads them."""
        return {"middle": self.middle, "spread": self.spread, "precision": self.precision,
                "far": np.array([self.far])}  # fmt: skip

    @classmethod
    def made(cls, arrays: dict[str, np.ndarray], channels: int, length: int) -> Familiar:
        """What `plain` gave.

        Raises:
            ValueError, KeyError: The arrays do not fit signals of this form.
        """
        wanted = described(np.zeros((1, channels, length))).shape[1]
        shapes = {"middle": (wanted,), "spread": (wanted,), "precision": (wanted,) * 2, "far": (1,)}
        if any(arrays[name].shape != shape for name, shape in shapes.items()):
            raise ValueError("what it knows of the training signals is of another form")
        whole = {name: arrays[name].astype(np.float64) for name in shapes}
        return cls(**whole | {"far": float(whole["far"][0])})

    def unlike(self, inputs: np.ndarray) -> np.ndarray:
        """(N,) bool: which are unlike anything that was trained on."""
        return self.distances(inputs) > MARGIN


def familiar(inputs: np.ndarray, seed: int = 0) -> Familiar | None:
    """Learn what training signals (N, channels, length) are like; None: they are too few."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(inputs))[:MOST]
    if len(order) < FEWEST:
        return None
    numbers = described(inputs[order])
    folds = np.arange(len(order)) % min(FOLDS, len(order))
    left_out = [_distances(numbers[folds == k], *_fitted(numbers[folds != k]))
                for k in np.unique(folds)]  # fmt: skip
    return Familiar(*_fitted(numbers), float(np.quantile(np.concatenate(left_out), QUANTILE)))


def described(inputs: np.ndarray) -> np.ndarray:
    """(N, F) plain numbers of signals (N, channels, length)."""
    each = np.stack([_channel(inputs[:, c]) for c in range(inputs.shape[1])], 1)
    if each.shape[1] <= APART:
        return each.reshape(len(each), -1)
    return np.concatenate([each.mean(1), each.std(1)], 1)


def _channel(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float64)
    deviation = rows.std(1, keepdims=True)
    rows = (rows - rows.mean(1, keepdims=True)) / (deviation + 1e-9)
    power = np.abs(np.fft.rfft(rows)) ** 2
    power /= power.sum(1, keepdims=True) + 1e-12
    edges = np.unique(np.geomspace(1, power.shape[1], BANDS + 1).astype(int))
    bands = [np.log(power[:, a:b].sum(1) + 1e-5) for a, b in zip(edges, edges[1:], strict=False)]
    parts = [part.mean(1) for part in np.array_split(rows, min(PARTS, rows.shape[1]), 1)]
    steps = np.log(np.quantile(np.abs(np.diff(rows)), STEEP, axis=1) + 1e-3)
    strength = np.log(deviation[:, 0] + 1e-3)
    return np.stack([*bands, *np.quantile(rows, LEVELS, axis=1), *parts, *steps, strength], 1)


def _fitted(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from sklearn.covariance import ledoit_wolf

    middle, spread = numbers.mean(0), numbers.std(0)
    spread = np.where(spread > 1e-3, spread, 1.0)
    covariance, _ = ledoit_wolf((numbers - middle) / spread, assume_centered=True)
    floor = 1e-6 * max(np.trace(covariance) / len(covariance), 1e-6)
    return middle, spread, np.linalg.inv(covariance + floor * np.eye(len(covariance)))


def _distances(
    numbers: np.ndarray, middle: np.ndarray, spread: np.ndarray, precision: np.ndarray
) -> np.ndarray:
    off = (numbers - middle) / spread
    return np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", off, precision, off), 0))
