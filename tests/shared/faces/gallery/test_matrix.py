"""The index against a brute-force search in float64, also where float32 would go wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from plugins.shared.faces.distances import distances
from plugins.shared.faces.gallery.stores import table as tables
from plugins.shared.faces.gallery.stores.matrix import Matrix

DISTANCES = ("euclidean", "cosine")


class Plain:
    """The same promises, kept the slow and obvious way."""

    def __init__(self, distance: str):
        self.distance, self.rows = distance, {}

    def put(self, keys, people, encodings):
        self.rows |= dict(zip(keys, zip(people, encodings, strict=True), strict=True))

    def relabel(self, keys, person):
        self.rows |= {key: (person, self.rows[key][1]) for key in keys}

    def remove(self, keys):
        self.rows = {key: row for key, row in self.rows.items() if key not in keys}

    def search(self, probes, top, template):
        return [self._one(probe, top, template) for probe in probes]

    def _one(self, probe, top, template):
        rows = [(key, *self.rows[key]) for key in sorted(self.rows)]
        if template == "mean":
            own: dict[str, list] = {}
            for key, person, vector in rows:
                own.setdefault(person, []).append((key, vector.astype(np.float64)))
            rows = [
                (few[0][0], person, np.mean([v for _, v in few], axis=0).astype(np.float32))
                for person, few in own.items()
            ]
        if not rows:
            return []
        found = np.nan_to_num(
            distances(probe, np.stack([r[2] for r in rows]), self.distance)[0], nan=1
        )
        best: dict[str, tuple] = {}
        for i in sorted(range(len(rows)), key=lambda i: (found[i], rows[i][0])):
            best.setdefault(rows[i][1], (rows[i][1], found[i], rows[i][0]))
        return list(best.values())[:top]


def both(size: int, distance: str) -> tuple[Matrix, Plain]:
    return Matrix(size, distance), Plain(distance)


def check(pair: Sequence, probes: np.ndarray, tops: Sequence[int] = (1, 5, 1000)) -> None:
    """The same people, the very same distances and the same rows."""
    matrix, plain = pair
    assert len(matrix) == len(plain.rows)
    for template in ("all", "mean"):
        for top in tops:
            wanted = plain.search(probes, top, template)
            assert [
                [tuple(hit) for hit in hits] for hits in matrix.search(probes, top, template)
            ] == wanted


def crowd(random: np.random.Generator, people: int, each: int, size: int, spread: float = 0.3):
    """(N, D) float32, and each row's person; a person's rows lie apart from each other."""
    centres = random.normal(size=(people, size))
    vectors = np.tile(centres, (each, 1)) + spread * random.normal(size=(each * people, size))
    return vectors.astype(np.float32), [f"p{i % people}" for i in range(each * people)]


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("count", [1, 2, 300, 20_000])
def test_search_is_brute_force(distance, count):
    random = np.random.default_rng(count)
    pair = both(16, distance)
    vectors, names = crowd(random, max(1, count // 4), min(count, 4), 16)
    for each in pair:
        each.put(list(range(len(names))), names, vectors)
    probes = vectors[random.integers(0, len(vectors), 4)] + 0.1 * random.normal(size=(4, 16))
    check(pair, np.concatenate([probes, vectors[:2]]).astype(np.float32))


@pytest.mark.parametrize("distance", DISTANCES)
def test_any_sequence_of_changes(distance):
    random = np.random.default_rng(8)
    pair = both(6, distance)
    key = 0
    for turn in range(120):
        there = sorted(pair[1].rows)
        some = [int(k) for k in random.permutation(there)[: random.integers(0, 12)]]
        kind = random.integers(0, 5)
        if kind <= 1:
            news = list(range(key, key + int(random.integers(1, 30))))
            key = news[-1] + 1 + int(random.integers(0, 3))
            names = [f"p{n}" for n in random.integers(0, 25, len(news))]
            keys, names = [*some, *news], [*[f"p{n}" for n in range(len(some))], *names]
            vectors = random.normal(size=(len(keys), 6)).astype(np.float32)
            for each in pair:
                each.put(keys, names, vectors)
        elif kind == 2:
            for each in pair:
                each.relabel(some, f"p{turn % 25}")
        else:
            for each in pair:
                each.remove(some)
        check(pair, random.normal(size=(2, 6)).astype(np.float32), tops=(1, 4))
    assert len(pair[0]) > 0


@pytest.mark.parametrize("distance", DISTANCES)
def test_ties_go_to_who_was_enrolled_first(distance):
    random = np.random.default_rng(1)
    pair = both(8, distance)
    same = random.normal(size=8).astype(np.float32)
    names = [f"p{i}" for i in random.permutation(9000)]
    for each in pair:
        each.put(list(range(9000)), names, np.tile(same, (9000, 1)))
    check(pair, np.stack([same, same + np.float32(0.5)]), tops=(1, 5))
    assert [hit.person for hit in pair[0].search(same[None], 5, "all")[0]] == names[:5]
    for each in pair:  # The first one's name is free, and a new person gets its place inside.
        each.remove([0])
        each.put([9000], ["new"], same[None])
    check(pair, same[None], tops=(3,))
    assert [hit.person for hit in pair[0].search(same[None], 2, "mean")[0]] == names[1:3]


def test_near_zero_distances_are_right_where_float32_has_none_left():
    """|x|² - 2qx + |q|² in float32 is off by 1e-1 at this length."""
    random = np.random.default_rng(2)
    centre = 1000 * random.normal(size=64)
    steps = np.zeros((20_000, 64))
    steps[:, 0] = np.arange(1, 20_001) * 1e-3
    vectors = (centre + random.permutation(steps)).astype(np.float32)
    pair = both(64, "euclidean")
    for each in pair:
        each.put(list(range(20_000)), [f"p{i}" for i in range(20_000)], vectors)
    check(pair, vectors[:2], tops=(1, 10))


def test_one_person_with_nearly_all_rows_does_not_hide_the_others():
    random = np.random.default_rng(3)
    vectors = (0.01 * random.normal(size=(30_000, 8))).astype(np.float32)
    vectors[::10_000] += 1
    names = ["few" if i % 10_000 == 0 else "many" for i in range(30_000)]
    names[20_000] = "one"
    pair = both(8, "euclidean")
    for each in pair:
        each.put(list(range(30_000)), names, vectors)
    check(pair, np.zeros((1, 8), np.float32), tops=(3,))
    assert {hit.person for hit in pair[0].search(np.zeros((1, 8), np.float32), 3, "all")[0]} == {
        "few",
        "many",
        "one",
    }


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("factor", [1e-30, 1e-12, 1e15, 1e25, 1e37])
def test_numbers_that_float32_cannot_square(distance, factor):
    random = np.random.default_rng(4)
    pair = both(5, distance)
    vectors = random.normal(size=(6000, 5)).astype(np.float32) * np.float32(factor)
    for each in pair:
        each.put(list(range(6000)), [f"p{i // 2}" for i in range(6000)], vectors)
    with np.errstate(all="ignore"):
        check(pair, vectors[:3], tops=(4,))


def test_zeros_have_no_direction():
    pair = both(3, "cosine")
    for each in pair:
        each.put(
            [1, 2, 3], ["zero", "with", "against"], np.float32([[0, 0, 0], [1, 0, 0], [-1, 0, 0]])
        )
    check(pair, np.float32([[2, 0, 0], [0, 0, 0]]))
    assert [h.person for h in pair[0].search(np.float32([[2, 0, 0]]), 3, "all")[0]] == [
        "with",
        "zero",
        "against",
    ]


def test_probes_are_taken_in_groups(monkeypatch):
    random = np.random.default_rng(5)
    pair = both(4, "euclidean")
    vectors = random.normal(size=(500, 4)).astype(np.float32)
    for each in pair:
        each.put(list(range(500)), [f"p{i // 2}" for i in range(500)], vectors)
    monkeypatch.setattr(tables, "SCORES", 1500)
    monkeypatch.setattr(tables, "SLAB", 70)
    check(pair, random.normal(size=(10, 4)).astype(np.float32))


def test_removed_rows_leave_the_memory():
    matrix = Matrix(4, "euclidean")
    vectors = np.random.default_rng(6).normal(size=(100, 4)).astype(np.float32)
    matrix.put(list(range(100)), [f"p{i}" for i in range(100)], vectors)
    matrix.remove(range(10))
    kept = vectors[10:].copy()
    assert vectors[3].tobytes() not in matrix._table.vectors.tobytes()
    assert "p3" not in matrix._names and "p3" not in matrix._codes
    matrix.remove(range(10, 99))
    assert len(matrix) == 1 and len(matrix._table) == 1  # The room is given back.
    assert matrix._table.vectors.tobytes() == kept[-1].tobytes()


def test_a_row_that_is_not_there_is_an_error():
    matrix = Matrix(2, "euclidean")
    matrix.put([1, 5], ["a", "b"], np.ones((2, 2), np.float32))
    matrix.remove([1])
    for key in (0, 1, 3, 6):
        with pytest.raises(KeyError):
            matrix.remove([key])
        with pytest.raises(KeyError):
            matrix.relabel([key], "c")
    assert len(matrix) == 1 and [
        h.person for h in matrix.search(np.ones((1, 2)), 3, "mean")[0]
    ] == ["b"]
