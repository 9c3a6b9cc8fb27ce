"""Who the faces of a picture are at any threshold."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.face_identification.assignment import Rival
from plugins.face_identification.naming import Name, Naming
from plugins.shared.faces.gallery.stores.contract import Candidate


def row(**distances: float) -> list[Candidate]:
    """What a search gives: the nearest first."""
    ordered = sorted(distances.items(), key=lambda one: one[1])
    return [Candidate(person, distance, "") for person, distance in ordered]


TWICE = [row(ann=0.40, bob=0.70), row(ann=0.30, bob=0.80)]
"""Two faces of one person; the second is nearer."""


def test_the_second_face_of_a_person_is_unknown_and_told_why():
    first, second = Naming(TWICE).at(0.6)
    assert second == Name("ann") and first == Name(None, Rival("ann", 1, nearer=True))


def test_in_a_mirror_both_are_that_person():
    assert Naming(TWICE, once=False).at(0.6) == [Name("ann"), Name("ann")]
    assert Naming(TWICE, once=False).at(0.35) == [Name(None), Name("ann")]


def test_the_best_for_all_may_not_be_the_nearest_for_one():
    candidates = [row(ann=0.30, bob=0.35), row(ann=0.32, bob=0.90)]
    first, second = Naming(candidates).at(0.6)
    assert second == Name("ann") and first == Name("bob", Rival("ann", 1, nearer=False))
    first, second = Naming(candidates).at(0.31)
    assert (first, second) == (Name("ann"), Name(None)), "τ decides what there is to choose from"


def test_nobody_beyond_tau_and_no_rival_beyond_tau():
    assert Naming(TWICE).at(0.2) == [Name(None), Name(None)]
    assert Naming(TWICE).at(0.35) == [Name(None), Name("ann")], "ann is too far for the first"
    assert Naming(TWICE).at(0.7)[0] == Name("bob", Rival("ann", 1, nearer=True))


def test_faces_that_are_not_searched_and_nobody_enrolled():
    assert Naming([[], row(ann=0.3)]).at(0.6) == [Name(None), Name("ann")]
    assert Naming([[], []]).at(0.6) == [Name(None), Name(None)]
    assert Naming([]).at(0.6) == [] and Naming([]).changes() == []
    assert Naming([[]], once=False).changes() == [[(0.0, Name(None))]]


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize("seed", range(10))
def test_the_page_can_follow_tau_by_the_changes(once, seed):
    draw = np.random.default_rng(seed)
    people = ["ann", "bob", "cleo", "dan"]
    faces = [
        row(**dict(zip(people, draw.uniform(0.2, 1.0, 4), strict=True)))
        for _ in range(draw.integers(1, 6))
    ]
    naming = Naming(faces, once)
    changes = naming.changes()
    for tau in np.linspace(0, 2, 41):
        for face, history, said in zip(faces, changes, naming.at(tau), strict=True):
            (*_, shown) = [name for start, name in history if start <= tau]
            assert shown.person == said.person
            # A script shows a rival where the nearest person is near enough.
            rival = shown.rival if face[0].distance <= tau else None
            assert rival == said.rival
