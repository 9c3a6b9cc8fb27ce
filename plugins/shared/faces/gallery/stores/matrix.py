"""The index of one space: every encoding in memory, whose it is, and every person's mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from plugins.shared.faces.gallery.stores.contract import Template
from plugins.shared.faces.gallery.stores.table import NOBODY, SLAB, Table

GROWTH = 1.125  # Room is made in place, so that growing often costs little.
DEAD_SHARE = 0.25


class Hit(NamedTuple):
    """A person as the answer to a probe; `key` is that of their nearest row."""

    person: str
    distance: float
    key: int


class Matrix:
    """The encodings of one space by key, searched exactly. Keys rise in the order of enrolment.

    Not safe for two threads at once: the store's lock is around every call.
    """

    def __init__(self, size: int, distance: str):
        self._table, self._means = Table(size, distance), Table(size, distance)
        self._used = self._dead = 0
        self._names: list[str] = []  # By code; "" where the code is free.
        self._rows: list[int] = []  # How many rows each code has.
        self._codes: dict[str, int] = {}
        self._free: list[int] = []
        self._stale: set[int] = set()  # Codes whose mean must be made anew.

    def __len__(self) -> int:
        return self._used - self._dead

    def reserve(self, rows: int) -> None:
        """Make room for this many rows in all."""
        if rows > len(self._table):
            self._table.resize(rows)

    def put(self, keys: Sequence[int], people: Sequence[str], encodings: np.ndarray) -> None:
        """Add rows, or replace those whose key is there.

        Args:
            keys: All different; new ones ascend and are above all that are there.
            encodings: (M, D) float32.
        """
        wanted = np.asarray(keys, np.int64)
        last = self._table.keys[self._used - 1] if self._used else -1
        fresh = wanted > last
        count = int(fresh.sum())
        if self._used + count > len(self._table):
            self.reserve(max(self._used + count, int(len(self._table) * GROWTH), 16))
        at = np.empty(len(wanted), np.intp)
        at[fresh] = np.arange(self._used, self._used + count)
        at[~fresh] = self._places(wanted[~fresh])
        codes = self._coded(people)
        self._leave(at[~fresh])
        self._table.put(at, encodings, codes, wanted)
        self._used += count

    def relabel(self, keys: Sequence[int], person: str) -> None:
        """Give rows another owner."""
        at = self._places(np.asarray(keys, np.int64))
        codes = self._coded([person] * len(at))
        self._leave(at)
        self._table.owners[at] = codes

    def remove(self, keys: Sequence[int]) -> None:
        """Remove rows, their numbers overwritten."""
        at = self._places(np.asarray(keys, np.int64))
        self._leave(at)
        self._table.clear(at)
        self._dead += len(at)
        if self._dead > DEAD_SHARE * self._used:
            self._used, self._dead = self._table.close_ranks(self._used), 0

    def search(self, probes: np.ndarray, top: int, template: Template) -> list[list[Hit]]:
        """For each of (Q, D) float32 probes the `top` nearest people, the nearest first.

        With the template `mean` the keys are those of people's first rows.
        """
        table, used = self._table, self._used
        if template == "mean":
            self._refresh_means()
            table, used = self._means, len(self._names)
        return [
            [
                Hit(self._names[table.owners[row]], float(distance), int(table.keys[row]))
                for row, distance in zip(rows, found, strict=True)
            ]
            for rows, found in table.search(probes, used, top)
        ]

    # --- rows and their owners ------------------------------------------------------------------

    def _places(self, keys: np.ndarray) -> np.ndarray:
        at = np.searchsorted(self._table.keys[: self._used], keys)
        if len(keys) and (at.max() >= self._used or (self._table.keys[at] != keys).any()):
            raise KeyError("no such row")
        return at

    def _coded(self, people: Sequence[str]) -> np.ndarray:
        """The code of each name, one row more for each."""
        codes = np.empty(len(people), np.int32)
        for place, name in enumerate(people):
            if (code := self._codes.get(name)) is None:
                code = self._free.pop() if self._free else len(self._names)
                if code == len(self._names):
                    self._names.append(name)
                    self._rows.append(0)
                self._names[code], self._codes[name] = name, code
            self._rows[code] += 1
            codes[place] = code
        self._stale.update(np.unique(codes).tolist())
        return codes

    def _leave(self, at: np.ndarray) -> None:
        """Rows stop being their owners'; who has none left is forgotten, name and all."""
        codes, counts = np.unique(self._table.owners[at], return_counts=True)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            if code == NOBODY:
                raise KeyError("no such row")
            self._rows[code] -= count
            if not self._rows[code]:
                del self._codes[self._names[code]]
                self._names[code] = ""
                self._free.append(code)
        self._stale.update(codes.tolist())

    # --- means ----------------------------------------------------------------------------------

    def _refresh_means(self) -> None:
        """Make the means anew of the people whose rows changed; a mean's row is its code."""
        if not self._stale:
            return
        codes = np.array(sorted(self._stale), np.intp)
        self._means.resize(len(self._names))
        self._means.clear(codes)
        ranks = np.full(len(self._names) + 1, NOBODY)  # One more, so that NOBODY finds itself.
        ranks[codes] = np.arange(len(codes))
        rank = ranks[self._table.owners[: self._used]]
        rows = np.flatnonzero(rank != NOBODY)
        rows = rows[np.argsort(rank[rows], kind="stable")]
        sums, counts = (
            np.zeros((len(codes), self._table.vectors.shape[1])),
            np.bincount(rank[rows], minlength=len(codes)),
        )
        for start in range(0, len(rows), SLAB):
            slab = rows[start : start + SLAB]
            starts = np.flatnonzero(np.diff(rank[slab], prepend=NOBODY))
            vectors = self._table.vectors[slab].astype(np.float64)
            sums[rank[slab[starts]]] += np.add.reduceat(vectors, starts)
        there = np.flatnonzero(counts)
        first = self._table.keys[rows[np.cumsum(counts)[there] - counts[there]]]
        means = (sums[there] / counts[there, None]).astype(np.float32)
        self._means.put(codes[there], means, codes[there], first)
        self._stale.clear()
