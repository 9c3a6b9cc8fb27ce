"""Who the faces of a picture are at any threshold: each by itself, or each person at most once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from plugins.face_identification.assignment import Rival, Step, losses, steps
from plugins.shared.faces.gallery.stores.contract import Candidate


@dataclass(frozen=True)
class Name:
    """Who a face is; None: nobody we know."""

    person: str | None
    rival: Rival[str] | None = None


class Naming:
    """The names of all faces of one picture.

    Args:
        candidates: For each face the people that it may be, the nearest first; as many as there are
            faces, or all. None of them: the face is not searched for.
        once: Whether each person is at most one of the faces. In mirrors and on posters they may be
            several.
    """

    def __init__(self, candidates: Sequence[Sequence[Candidate]], once: bool = True):
        self.once = once
        self._candidates = candidates
        self._people = sorted({one.person for row in candidates for one in row})
        column = {person: i for i, person in enumerate(self._people)}
        self._distances = np.full((len(candidates), len(column)), np.inf)
        for i, row in enumerate(candidates):
            for one in row:
                self._distances[i, column[one.person]] = one.distance
        self._steps = steps(self._distances) if once else []

    def at(self, threshold: float) -> list[Name]:
        """Who each face is at a threshold."""
        if not self.once:
            nearest = [row[0] if row else None for row in self._candidates]
            return [
                Name(one.person if one and one.distance <= threshold else None) for one in nearest
            ]
        place = bisect_right([step.threshold for step in self._steps], threshold) - 1
        return self._named(self._steps[max(place, 0)], threshold)

    def changes(self) -> list[list[tuple[float, Name]]]:
        """For each face from which threshold on it is who, in their order. A rival is told from the
        first threshold on at which there is one, though the nearest person may still be too far.
        """
        if not self.once:
            return [
                [(0.0, Name(None)), *((one.distance, Name(one.person)) for one in row[:1])]
                for row in self._candidates
            ]
        found: list[list[tuple[float, Name]]] = [[] for _ in self._candidates]
        for step in self._steps:
            for face, name in zip(found, self._named(step, np.inf), strict=True):
                if not face or face[-1][1] != name:
                    face.append((step.threshold, name))
        return found

    def _named(self, step: Step, threshold: float) -> list[Name]:
        lost = losses(self._distances, step.people, threshold)
        return [
            Name(
                None if person is None else self._people[person],
                replace(lost[i], person=self._people[lost[i].person]) if i in lost else None,
            )
            for i, person in enumerate(step.people)
        ]
