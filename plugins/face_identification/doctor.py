"""Does a gallery work? Each enrolled photo is held against all the others, as a probe would be.

Leave-one-out: a photo is right where the nearest of its person's other photos is within tau and
nobody else is nearer. What is wrong is told by medians, so that one bad photo accuses no good one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import comb
from typing import Literal

import numpy as np

from plugins.shared.faces.distances import distances
from plugins.shared.faces.gallery.stores.contract import Enrolment
from plugins.shared.faces.quality import Fault

MOST = 5000
"""Photos: their distances take 200 MB."""
FEW = 3
"""Other photos that a photo has at least to tell what one more would change."""

Kind = Literal["duplicate", "misplaced", "outlier", "poor", "twins"]
KINDS: tuple[Kind, ...] = ("duplicate", "misplaced", "outlier", "poor", "twins")
"""The most telling first."""


@dataclass(frozen=True)
class Finding:
    """Something to mend.

    Attributes:
        kind: `duplicate`: one person under two names. `misplaced`: a photo of somebody else who is
            enrolled. `outlier`: a photo that is like no other of its person. `poor`: the quality
            gate refuses it. `twins`: two people of whom one may be taken for the other.
        faces: Ids of the photos that show it; those of `person` first.
        other: The other person; "": there is none.
        distance: To the other person, or to the nearest photo of one's own.
        fault: Why the photo is poor.
        alone: Whether the person has no other photo.
    """

    kind: Kind
    person: str
    faces: tuple[str, ...]
    other: str = ""
    distance: float = float("nan")
    fault: Fault | None = None
    alone: bool = False


@dataclass(frozen=True)
class Checkup:
    """What was found.

    Attributes:
        photos, people: Enrolled. `single`: people with one photo.
        tried: Photos whose person has others; of these `right`, `wrong` (somebody else), and the
            rest nobody.
        strangers: For each person the nearest photo of somebody else: distance, person, the two
            photos' ids, the other person; the nearest first.
        growth: Share of photos that 1, 2, … random other photos of their person recognise at tau.
        judged: Photos whose quality could be told.
    """

    photos: int
    people: int
    single: int
    tried: int
    right: int
    wrong: int
    findings: tuple[Finding, ...]
    strangers: tuple[tuple[float, str, str, str, str], ...] = field(repr=False, default=())
    growth: tuple[float, ...] = ()
    judged: int = 0


def check(
    rows: Sequence[Enrolment],
    metric: str,
    tau: float,
    loose: float,
    faults: Mapping[str, Sequence[Fault]],
) -> Checkup:
    """Look for everything that makes a gallery fail.

    Args:
        rows: All faces, at most `MOST`.
        tau: The threshold of identification.
        loose: A farther photo of the same person is like a stranger's; at least `tau`.
        faults: What is wrong with each photo whose quality could be told, by its id.
    """
    names = sorted({row.person for row in rows})
    code = {name: i for i, name in enumerate(names)}
    owner = np.array([code[row.person] for row in rows], int)
    if not rows:
        return Checkup(0, 0, 0, 0, 0, 0, ())
    found = _Distances(rows, names, owner, metric)
    size = np.bincount(owner)
    many = size[owner] > 1
    right = many & (found.own <= tau) & (found.own <= found.other)
    wrong = many & (found.other <= tau) & (found.other < found.own)
    findings = [*found.duplicates(loose), *found.misplaced(loose), *found.outliers(loose)]
    findings += [
        Finding("poor", row.person, (row.id,), fault=some[0], alone=size[code[row.person]] == 1)
        for row in rows
        if (some := faults.get(row.id))
    ]
    findings += found.twins(tau, findings)
    findings.sort(key=lambda one: (KINDS.index(one.kind), one.person))
    return Checkup(
        len(rows),
        len(names),
        int((size == 1).sum()),
        int(many.sum()),
        int(right.sum()),
        int(wrong.sum()),
        tuple(findings),
        tuple(found.strangers()),
        found.growth(tau),
        len(faults),
    )


class _Distances:
    """All distances between photos, and what they say of each photo.

    Attributes:
        own, other: (N,) to the nearest other photo of one's own, and of somebody else.
        near: (N, P) medians to the photos of each person, one's own photo left out.
    """

    def __init__(self, rows: Sequence[Enrolment], names: list[str], owner: np.ndarray, metric: str):
        self.rows, self.names, self.owner = rows, names, owner
        table = np.stack([row.encoding for row in rows])
        self.all = distances(table, table, metric).astype(np.float32)
        np.fill_diagonal(self.all, np.nan)
        self.members = [np.flatnonzero(owner == p) for p in range(len(names))]
        same = owner[:, None] == owner[None, :]
        self.apart = np.where(same, np.inf, self.all)
        self.together = np.where(same, np.nan_to_num(self.all, nan=np.inf), np.inf)
        self.own, self.other = self.together.min(axis=1), self.apart.min(axis=1)
        self.near = np.full((len(rows), len(names)), np.inf, np.float32)
        for person, its in enumerate(self.members):
            told = its if len(its) > 1 else np.setdiff1d(np.arange(len(rows)), its)
            whose = np.arange(len(rows)) if len(its) > 1 else told
            self.near[whose, person] = np.nanmedian(self.all[np.ix_(whose, its)], axis=1)
        self.mine = self.near[np.arange(len(rows)), owner]

    def duplicates(self, loose: float) -> list[Finding]:
        """Pairs of people whose photos are as like as those of one."""
        self.twice: set[tuple[int, int]] = set()
        found = []
        for p, its in enumerate(self.members):
            typical = np.median(self.near[its], axis=0)
            for q in np.flatnonzero(typical <= loose):
                pair = (min(p, int(q)), max(p, int(q)))
                back = np.median(self.near[self.members[q], p])
                if q != p and pair not in self.twice and back <= loose:
                    self.twice.add(pair)
                    found.append(self._pair("duplicate", *pair))
        return found

    def misplaced(self, loose: float) -> list[Finding]:
        """Photos that are more like another person's than like their own person's."""
        found = []
        self.strange = np.zeros(len(self.rows), bool)
        for i, row in enumerate(self.rows):
            theirs = self.near[i].copy()
            theirs[self.owner[i]] = np.inf
            q, p = int(theirs.argmin()), int(self.owner[i])
            nearest = self.apart[i, self.members[q]].min()
            if (min(p, q), max(p, q)) in self.twice or not np.isfinite(self.mine[i]):
                continue
            if theirs[q] < self.mine[i] and nearest <= loose:
                self.strange[i] = True
                found.append(
                    Finding("misplaced", row.person, (row.id,), self.names[q], float(nearest))
                )
        return found

    def outliers(self, loose: float) -> list[Finding]:
        """Photos that no other photo of their person is like; of two that differ both."""
        found = []
        for its in self.members:
            left = its[~self.strange[its]]
            far = left[self.own[left] > loose]
            if len(left) < 2 or not len(far):
                continue
            self.strange[far] = len(far) < len(left)
            found += [
                Finding("outlier", self.rows[i].person, (self.rows[i].id,), "", float(self.own[i]))
                for i in far
            ]
        return found

    def twins(self, tau: float, known: Sequence[Finding]) -> list[Finding]:
        """Pairs of people of whom one has a photo that passes for the other, but for photos that
        are poor or somebody else's.
        """
        blamed = {i for one in known if one.kind == "poor" for i in one.faces}
        strange = self.strange | np.array([row.id in blamed for row in self.rows])
        at = np.argwhere(self.apart <= tau)
        at = at[~strange[at].any(axis=1)]
        pairs = {tuple(sorted(map(int, self.owner[pair]))) for pair in at} - self.twice
        clear = np.where(strange[:, None] | strange[None, :], np.inf, self.apart)
        return [self._pair("twins", *pair, among=clear) for pair in sorted(pairs)]

    def strangers(self) -> list[tuple[float, str, str, str, str]]:
        """For each person the nearest photo of somebody else."""
        found = []
        for its in self.members if len(self.members) > 1 else []:
            i = its[self.other[its].argmin()]
            j = int(self.apart[i].argmin())
            mine, theirs = self.rows[i], self.rows[j]
            found.append((float(self.other[i]), mine.person, mine.id, theirs.id, theirs.person))
        return sorted(found)

    def growth(self, tau: float) -> tuple[float, ...]:
        """Exactly, over all choices of the other photos."""
        others = np.array([len(self.members[p]) - 1 for p in self.owner])
        near = (self.together <= tau).sum(axis=1)
        shares = [
            [1 - comb(int(m - n), k) / comb(int(m), k) for k in range(1, FEW + 1)]
            for m, n in zip(others, near, strict=True)
            if m >= FEW
        ]
        return tuple(float(share) for share in np.mean(shares, axis=0)) if shares else ()

    def _pair(self, kind: Kind, p: int, q: int, among: np.ndarray | None = None) -> Finding:
        part = (self.apart if among is None else among)[np.ix_(self.members[p], self.members[q])]
        i, j = np.unravel_index(part.argmin(), part.shape)
        faces = self.rows[self.members[p][i]].id, self.rows[self.members[q][j]].id
        return Finding(kind, self.names[p], faces, self.names[q], float(part[i, j]))
