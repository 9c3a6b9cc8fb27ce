"""One person at most once in a picture: which faces are which people, over all faces together.

Each face may be left unknown, which costs τ; a face that is named costs its distance. The cheapest
choice in which no person is named twice is an assignment, solved exactly. As τ grows, faces are
named one by one, so there are few choices in all, each from some τ on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

ROUNDING = 1e-9
T = TypeVar("T", int, str)

Naming = tuple[int | None, ...]
"""For each face the column of its person; None: unknown."""


@dataclass(frozen=True)
class Step:
    """Which faces are which people from a threshold on, until the next step's."""

    threshold: float
    people: Naming


@dataclass(frozen=True)
class Rival(Generic[T]):
    """Why a face is not the person that it is nearest to.

    Attributes:
        person: Whom it is nearest to: here a column, on the page a name.
        face: Index of the face that is this person instead.
        nearer: Whether that face is nearer to them; else all faces together fit best so.
    """

    person: T
    face: int
    nearer: bool


@dataclass(frozen=True)
class _Matching:
    people: Naming
    named: int
    total: float

    def cost(self, tau: float) -> float:
        """But for what all faces unknown would cost."""
        return self.total - self.named * tau


def assign(distances: np.ndarray, tau: float) -> Naming:
    """The naming at one threshold.

    Args:
        distances: (faces, people), at least 0; inf where the two are not to be compared.
        tau: A face that is farther from everybody left is unknown.
    """
    return _solved(distances, tau).people


def steps(distances: np.ndarray) -> list[Step]:
    """The namings at all thresholds, in their order. The first, at 0, names only faces that equal
    an enrolled one.
    """
    known = distances[np.isfinite(distances)]
    first, last = _solved(distances, 0.0), _solved(distances, known.sum() + 1.0)
    matchings = [first, *_between(distances, first, last)]
    found = [Step(0.0, first.people)]
    for before, after in zip(matchings, matchings[1:], strict=False):
        found.append(Step(_threshold(distances, before, after), after.people))
    return found


def losses(distances: np.ndarray, people: Naming, tau: float) -> dict[int, Rival[int]]:
    """The faces whose nearest person, near enough, is another face, and why.

    Args:
        people: The naming at `tau`.
    """
    found = {}
    for i, person in enumerate(people if distances.size else ()):
        best = int(distances[i].argmin())
        settled = person is not None and distances[i, person] <= distances[i, best]
        near = np.isfinite(distances[i, best]) and distances[i, best] <= tau
        if not settled and near and best in people:
            j = people.index(best)
            found[i] = Rival(best, j, bool(distances[j, best] <= distances[i, best]))
    return found


def _between(distances: np.ndarray, low: _Matching, high: _Matching) -> list[_Matching]:
    """The matchings that are cheapest at some threshold between those of two others; and `high`."""
    if high.named <= low.named:
        return []
    tau = (high.total - low.total) / (high.named - low.named)
    middle = _solved(distances, tau)
    if middle.cost(tau) > low.cost(tau) - ROUNDING or middle.named in (low.named, high.named):
        return [high]
    return [*_between(distances, low, middle), *_between(distances, middle, high)]


def _threshold(distances: np.ndarray, before: _Matching, after: _Matching) -> float:
    """Where `after` becomes as cheap as `before`; never below a distance in it, for rounding."""
    tau = (after.total - before.total) / (after.named - before.named)
    used = max(float(distances[i, p]) for i, p in enumerate(after.people) if p is not None)
    return used if tau < used + ROUNDING else tau


def _solved(distances: np.ndarray, tau: float) -> _Matching:
    from scipy.optimize import linear_sum_assignment

    faces, people = distances.shape
    unknown = np.full((faces, faces), np.inf)
    np.fill_diagonal(unknown, tau + ROUNDING)  # A face just at τ is named.
    near = np.where(distances <= tau, distances, np.inf)
    _, columns = linear_sum_assignment(np.hstack([near, unknown]))
    chosen = tuple(int(p) if p < people else None for p in columns)
    total = sum(float(distances[i, p]) for i, p in enumerate(chosen) if p is not None)
    return _Matching(chosen, sum(p is not None for p in chosen), total)
