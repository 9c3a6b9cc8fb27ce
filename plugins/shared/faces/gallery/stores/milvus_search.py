"""Exact search in Milvus: the nearest people, measured again, and the means they may stand for.

Milvus compares everything (its FLAT index) but in float32, and it answers rows, not people. So
more rows are asked for until the answer is certain, and their distances are measured in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from plugins.shared.faces.distances import distances
from plugins.shared.faces.gallery.stores.contract import Candidate, Space
from plugins.shared.faces.gallery.stores.milvus_link import ANSWER_BYTES, MOST_ROWS, STRONG, Link
from plugins.shared.faces.gallery.stores.milvus_rows import (
    FACE,
    STALE,
    Row,
    batches,
    collection_of,
    given,
    mean_key,
    mean_row,
    of,
)

ROUNDING = 1e-5  # What float32 may add to a product, as a share of the lengths.
MEANS_AT_ONCE = 512


class Nearest:
    """The nearest people to one probe, as far as they are known.

    Args:
        probe: (D,) float32.
    """

    def __init__(self, probe: np.ndarray, space: Space, top: int):
        self.probe, self._space, self._top = probe, space, top
        self.best: dict[str, tuple[float, int, Row]] = {}  # By hashed name.

    def take(self, hits: Sequence[dict[str, Any]], asked: int) -> bool:
        """Note what the server found, the nearest first; whether nobody else can come nearer."""
        if hits:
            rows = [hit["entity"] for hit in hits]
            vectors = np.array([row["encoding"] for row in rows], np.float32)
            found = distances(self.probe, vectors, self._space.distance)[0]
            for row, distance in zip(rows, found.tolist(), strict=True):
                new = (distance, row["placed"], row)
                self.best[row["who"]] = min(self.best.get(row["who"], new), new, key=_rank)
        if len(hits) < asked:
            return True
        ranked = sorted(self.best.values(), key=_rank)
        return len(ranked) >= self._top and ranked[self._top - 1][0] <= self._edge(
            hits[-1], vectors
        )

    def _edge(self, last: dict[str, Any], vectors: np.ndarray) -> float:
        """No row that the server left out is nearer than this."""
        if self._space.distance == "cosine":
            return 1 - last["distance"] - ROUNDING
        squares = np.square(vectors, dtype=np.float64).sum(1).max()
        squares += np.square(self.probe, dtype=np.float64).sum()
        return float(np.sqrt(max(last["distance"] - ROUNDING * squares, 0)))

    def candidates(self) -> list[Candidate]:
        ranked = sorted(self.best.values(), key=_rank)[: self._top]
        return [Candidate(row["person"], far, row["face"]) for far, _, row in ranked]


def _rank(entry: tuple[float, int, Row]) -> tuple[float, int]:
    """Of two at one distance, who was enrolled first comes first."""
    return entry[:2]


def nearest(
    link: Link, space: Space, probes: np.ndarray, top: int, kind: int
) -> list[list[Candidate]]:
    """For each of (Q, D) probes the `top` nearest people, by rows of one kind."""
    most = min(MOST_ROWS, max(ANSWER_BYTES // (4 * space.size), 1))
    first = min(most, max(128, 16 * top))
    group = max(ANSWER_BYTES // (4 * space.size * first), 1)
    found = [Nearest(probe, space, top) for probe in probes]
    for start in range(0, len(found), group):
        some = found[start : start + group]
        for each, hits in zip(some, _hits(link, space, some, first, kind, ()), strict=True):
            asked = first
            while not each.take(hits, asked):
                # Anyone who was met has shown their nearest row: now all others are asked for.
                asked = min(most, 4 * asked)
                (hits,) = _hits(link, space, [each], asked, kind, list(each.best))
    return [each.candidates() for each in found]


def _hits(
    link: Link, space: Space, some: Sequence[Nearest], asked: int, kind: int, met: Sequence[str]
) -> list[list[dict[str, Any]]]:
    where = of(space.namespace, kind) + (f" and not ({given('who', met)})" if met else "")
    return link.call(
        "search",
        collection_of(space),
        data=[each.probe for each in some],
        filter=where,
        limit=asked,
        output_fields=["who", "person", "face", "placed", "encoding"],
        **STRONG,
    )


# --- means ----------------------------------------------------------------------------------------


def refresh_means(link: Link, space: Space) -> None:
    """Make the means anew that a change has left stale, in this process or in another."""
    stale = link.scan(collection_of(space), of(space.namespace, STALE), ["who"], 128)
    for start in range(0, len(stale), MEANS_AT_ONCE):
        renew_means(link, space, {row["who"] for row in stale[start : start + MEANS_AT_ONCE]})


def renew_means(link: Link, space: Space, people: set[str]) -> None:
    """Make means of hashed names anew; who has no face left loses theirs."""
    while people:  # Until their faces did not change between the reading and the writing.
        seen = _faces_of(link, space, people)
        _write_means(link, space, people, seen)
        again = _faces_of(link, space, people)
        people = {who for who in people if not _same(seen.get(who), again.get(who))}


def _faces_of(link: Link, space: Space, people: set[str]) -> dict[str, list[Row]]:
    where = f"{of(space.namespace, FACE)} and {given('who', sorted(people))}"
    fields = ["who", "person", "face", "placed", "encoding"]
    by_person: dict[str, list[Row]] = {}
    for row in link.scan(collection_of(space), where, fields, 1024 + 4 * space.size):
        by_person.setdefault(row["who"], []).append(row)
    return by_person


def _same(one: list[Row] | None, other: list[Row] | None) -> bool:
    def content(rows: list[Row] | None) -> dict[str, bytes]:
        return {r["face"]: np.asarray(r["encoding"], np.float32).tobytes() for r in rows or ()}

    return content(one) == content(other)


def _write_means(link: Link, space: Space, people: set[str], faces: dict[str, list[Row]]) -> None:
    name = collection_of(space)
    if faces:
        means = [mean_row(space.namespace, space.size, rows) for rows in faces.values()]
        for batch in batches(means):
            link.call("upsert", name, batch, seconds=30)
    if gone := [mean_key(space.namespace, who) for who in people - faces.keys()]:
        link.call("delete", name, filter=given("pk", gone))
