"""Vectors searched exactly, at the speed of one matrix product.

A float32 product gives all distances of a probe, nearly right. Rows that rounding could still let
win are then measured again in float64, so that the answer is that of a brute-force search.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from plugins.shared.faces.distances import distances

UNIT = 2.0**-24  # What rounding to float32 adds at most, as a share.
SCORES = 2**24  # Scores held at once, 64 MiB: as many probes are taken together as fit.
CELLS = 4096  # Cells of rows; their minima are ranked in place of all rows.
SLAB = 2**16  # Rows that are copied or measured in float64 at once.
HUGE = 1e30  # Squares of numbers that are not far from here do not fit a float32.
NOBODY = -1


@dataclass
class Table:
    """Rows of vectors, each with an owner and a key.

    Attributes:
        vectors: (N, D) float32.
        bias, scale: (N,) float32; a row's score is its product with the probe, scaled and biased.
        owners: (N,) int32; `NOBODY` where the row is none.
        keys: (N,) int64; of two rows at one distance, that of the lower key comes first.
        reach: The largest length of a vector that was ever in it.
    """

    size: int
    distance: str
    vectors: np.ndarray = field(init=False, repr=False)
    reach: float = 0.0

    def __post_init__(self) -> None:
        self.vectors = np.zeros((0, self.size), np.float32)
        self.bias, self.scale = np.zeros(0, np.float32), np.zeros(0, np.float32)
        self.owners, self.keys = np.zeros(0, np.int32), np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self.keys)

    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.vectors, self.bias, self.scale, self.owners, self.keys

    def resize(self, rows: int) -> None:
        """Make room or give it back, in place: the system moves no bytes where it can."""
        for array in self._arrays():
            array.resize((rows, *array.shape[1:]), refcheck=False)

    def put(
        self, at: np.ndarray, vectors: np.ndarray, owners: np.ndarray, keys: np.ndarray
    ) -> None:
        """Write M rows at (M,) places: (M, D) vectors, (M,) owners and keys."""
        lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
        self.vectors[at], self.owners[at], self.keys[at] = vectors, owners, keys
        with np.errstate(divide="ignore", over="ignore"):
            if self.distance == "cosine":
                self.bias[at], self.scale[at] = 0, np.where(lengths > 0, 1 / lengths, 0)
            else:
                self.bias[at], self.scale[at] = lengths**2, 1
        self.reach = max(self.reach, float(lengths.max(initial=0)))

    def clear(self, at: np.ndarray) -> None:
        """Turn rows into none, their numbers overwritten."""
        self.vectors[at], self.bias[at], self.scale[at], self.owners[at] = 0, np.inf, 0, NOBODY

    def close_ranks(self, used: int) -> int:
        """Move the rows that are some together, in their order; how many they are."""
        alive = np.flatnonzero(self.owners[:used] != NOBODY)
        for start in range(0, len(alive), SLAB):
            rows = alive[start : start + SLAB]
            for array in self._arrays():
                array[start : start + len(rows)] = array[rows]
        self.resize(len(alive))
        return len(alive)

    # --- search ---------------------------------------------------------------------------------

    def search(
        self, probes: np.ndarray, used: int, top: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each of (Q, D) float32 probes the nearest row of each of the `top` nearest owners,
        among the first `used` rows, and their float64 distances; the nearest first.
        """
        group = max(1, SCORES // max(used, 1))
        for start in range(0, len(probes), group):
            chosen = probes[start : start + group]
            scores, errors = self._scores(chosen, used)
            for probe, row, error in zip(chosen, scores, errors, strict=True):
                yield self._ranked(probe, self._shortlist(row, error, top), top)

    def _scores(self, probes: np.ndarray, used: int) -> tuple[np.ndarray, np.ndarray]:
        """(Q, N) float32 that rise with the distance, and (Q,) by how much rounding moves them.

        Euclidean: |x|² - 2qx, the squared distance but for |q|². Cosine: -qx / |q||x|.
        """
        lengths = np.linalg.norm(probes.astype(np.float64), axis=1)
        if self.distance == "cosine":
            weights = -probes / np.where(lengths > 0, lengths, 1)[:, None]
            span = np.ones_like(lengths)
        else:
            weights, span = -2.0 * probes, (2 * lengths + self.reach) * self.reach
        with np.errstate(over="ignore", invalid="ignore"):
            scores = weights.astype(np.float32) @ self.vectors[:used].T
            scores *= self.scale[:used]
            scores += self.bias[:used]
        # The classic bound on a dot product of D numbers, and the few roundings around it.
        return scores, UNIT * (self.size + 8) * span

    def _shortlist(self, scores: np.ndarray, error: float, top: int) -> np.ndarray:
        """Rows that surely hold the nearest row of each of the `top` nearest owners."""
        cell = max(1, len(scores) // CELLS)
        minima = scores[: len(scores) // cell * cell].reshape(-1, cell).min(axis=1)
        wanted = 4 * top
        while wanted < len(minima) and error < HUGE:
            limit = np.partition(minima, wanted - 1)[wanted - 1]  # `wanted` rows or more are below.
            near = np.flatnonzero(scores <= limit + 2 * error)
            near = near[self.owners[near] != NOBODY]
            sure = near[scores[near] <= limit]
            if len(np.unique(self.owners[sure])) >= top:
                return near
            wanted *= 4
        return np.flatnonzero(self.owners[: len(scores)] != NOBODY)

    def _ranked(
        self, probe: np.ndarray, rows: np.ndarray, top: int
    ) -> tuple[np.ndarray, np.ndarray]:
        found = np.zeros(len(rows))
        for start in range(0, len(rows), SLAB):
            slab = self.vectors[rows[start : start + SLAB]]
            found[start : start + SLAB] = distances(probe, slab, self.distance)[0]
        found[np.isnan(found)] = 1.0  # Cosine of zeros, which point nowhere: as at right angles.
        order = np.lexsort((self.keys[rows], found))
        first = np.unique(self.owners[rows[order]], return_index=True)[1]
        best = order[np.sort(first)[:top]]
        return rows[best], found[best]
