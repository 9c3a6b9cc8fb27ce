"""Group photos: a pair of the table, and faces that are placed by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from plugins.face_verification.events import MEASURED_NOTHING
from plugins.face_verification.group_events import GroupEvents
from plugins.face_verification.model import Session
from plugins.shared.faces.detect import FaceError, Faces
from plugins.shared.faces.subject import Subject, detect_faces
from tests.shared.faces import real
from tests.shared.faces.markup import Page
from weights.errors import ParagoneError

SETTINGS = (real.DLIB, "euclidean", 0.6, MEASURED_NOTHING)


@pytest.fixture
def groups(events) -> GroupEvents:
    return GroupEvents(events)


@pytest.fixture(scope="module")
def pair() -> Subject:
    both = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    return detect_faces(real.picture(both), real.find())


@pytest.fixture
def session(pair) -> Session:
    made = Session()
    made.subjects = {"a": pair, "b": pair}
    return made


def event(**payload):
    return SimpleNamespace(**payload)


def eyes(subject: Subject, index: int = 0):
    height, width = subject.picture.pixels.shape[:2]
    return [[x / width, y / height] for x, y in subject.faces[index].landmarks[:2]]


def test_a_cell_of_the_table_compares_its_two_faces(groups, session):
    first, last = groups.pair(event(a=1, b=1), session, *SETTINGS)
    assert set(first) == {"view_a", "view_b"}
    assert [session.subjects[side].chosen for side in "ab"] == [1, 1]
    assert last["answer"]["distance"] == 0 and last["answer"]["same_person"]
    cells = [cell for cell in Page(last["matrix"]).all("button") if "data-a" in cell]
    assert len(cells) == 4
    (chosen,) = [cell for cell in cells if cell["aria-pressed"] == "true"]
    assert (chosen["data-a"], chosen["data-b"]) == ("1", "1")


def test_a_pair_that_is_not_there_changes_nothing(groups, session):
    with pytest.raises(FaceError, match="There is no face 8"):
        list(groups.pair(event(a=0, b=7), session, *SETTINGS))
    assert session.subjects["b"].chosen == 0
    with pytest.raises(ParagoneError, match="no longer kept"):
        list(groups.pair(event(a=0, b=0), Session(), *SETTINGS))


def test_a_face_is_placed_and_compared(groups, session, pair):
    session.subjects["a"] = Subject(pair.picture, Faces([pair.faces[0]]))
    *_, last = groups.place("a")(event(eyes=eyes(pair, 1)), session, *SETTINGS)
    placed = session.subjects["a"]
    assert [face.by_hand for face in placed.faces] == [False, True] and placed.chosen == 1
    assert last["answer"]["face_a"] == placed.face.number
    assert last["answer"]["faces_a"][1]["by_hand"]


def test_clicks_beside_a_face_say_why(groups, session):
    before = dict(session.subjects)
    (answer,) = groups.place("a")(event(eyes=[[0.1, 0.1], [0.1, 0.1]]), session, *SETTINGS)
    assert "The two eyes are one place" in Page(answer["view_a"]).text
    assert session.subjects == before


def test_a_picture_without_a_face_can_get_one(events, groups, session, pair):
    missed = Subject(pair.picture, Faces((), 8, 2, 1))
    (answer,) = events.bring(session, "b", missed, *SETTINGS)
    page = Page(answer["view_b"])
    assert "No face was found" in page.text and "place it by hand" in page.text
    assert session.subjects["b"] is pair, "the former comparison stays"
    shown = Page(groups.missed("b")(session, *SETTINGS)["view_b"])
    assert not [button for button in shown.all("button") if "data-face" in button]
    *_, last = groups.place("b")(event(eyes=eyes(pair)), session, *SETTINGS)
    assert session.subjects["b"].face.by_hand and not session.missed
    assert last["answer"]["same_person"]


def test_nothing_is_offered_for_a_small_face(events, session, pair):
    small = replace(pair, faces=Faces([replace(pair.faces[0], size=20)]))
    (answer,) = events.bring(session, "b", small, *SETTINGS)
    assert "place it by hand" not in Page(answer["view_b"]).text and not session.missed
