"""The people page: everybody, one person's photos, corrections in place, each of them undone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.shared.faces.markup import decoded

GRACE, EILEEN = "Grace Hopper", "Eileen Collins"


def ids(visitor, person: str) -> list[str]:
    return [face.id for face in visitor.gallery.faces(person)]


def page(visitor) -> dict:
    return visitor.people.listed(*visitor.values)["page"]


def test_everybody_is_listed_and_thumbnails_come_when_asked(two):
    shown = page(two)
    assert shown == {"people": [(EILEEN, 2), (GRACE, 1)], "more": 0, "undo": "", "open": None}
    asked = SimpleNamespace(people=[GRACE, "Nobody"])
    ((name, uri),) = two.people.covers(asked, *two.values)["covers"].items()
    assert name == GRACE and max(decoded(uri).size) <= 96 and len(uri) < 9000
    assert two.people.listed(two.session, "theirs", *two.values[2:])["page"] == {}


def test_a_person_opens_by_any_spelling_with_all_photos(two):
    assert two.look_at("EILEEN COLLINS") == ""
    opened = two.shown["page"]["open"]
    assert opened["person"] == EILEEN and opened["more"] == 0
    assert [photo[0] for photo in opened["photos"]] == ids(two, EILEEN)
    assert all(decoded(uri).size == (96, 96) for _, _, uri in opened["photos"])
    assert "Nobody of this name" in two.look_at("Ada")
    two.people.close(two.session)
    assert page(two)["open"] is None


def test_rename_in_place_and_back(two):
    two.look_at(EILEEN)
    assert f"{EILEEN} is now called Col. Collins" in two.act("rename", EILEEN, "  Col. Collins ")
    assert two.words == [GRACE, "Col. Collins"]
    assert two.shown["page"]["open"]["person"] == "Col. Collins"
    assert two.shown["page"]["undo"] == f"{EILEEN} is now called Col. Collins"
    said = two.act("undo")
    assert f"Undone: {EILEEN} is now called Col. Collins" in said
    assert two.shown["page"]["open"]["person"] == EILEEN and two.shown["page"]["undo"] == ""
    assert two.words == [GRACE, EILEEN]


@pytest.mark.parametrize("stays", [GRACE, EILEEN])
def test_merge_with_a_choice_of_the_name_that_stays(two, stays):
    two.change(once=False)
    two.look_at(EILEEN)
    gone = GRACE if stays == EILEEN else EILEEN
    assert f"{gone} and {stays} are one person now: {stays}" in two.act("merge", gone, stays)
    assert two.gallery.people() == {stays: 3} and two.words == [stays, stays]
    assert two.shown["page"]["open"]["person"] == stays
    two.act("undo")
    assert two.gallery.people() == {EILEEN: 2, GRACE: 1}


def test_move_and_split(two):
    first, second = ids(two, EILEEN)
    two.look_at(EILEEN)
    assert f"1 photo moved to {GRACE}" in two.act("move", EILEEN, "grace hopper", [first])
    assert two.gallery.people() == {EILEEN: 1, GRACE: 2}
    assert two.shown["page"]["open"]["person"] == EILEEN, "who is open stays open"
    assert "1 photo is Ada now, a new person" in two.act("move", EILEEN, "Ada", [second])
    assert two.shown["page"]["open"]["person"] == "Ada", "unless nothing is left of them"
    two.act("undo")
    two.act("undo")
    assert "nothing to undo" in two.act("undo")
    assert two.gallery.people() == {EILEEN: 2, GRACE: 1}


def test_photos_and_people_are_deleted_and_come_back(two):
    first, second = ids(two, EILEEN)
    before = {row.id: (row, row.chip, row.encoding.tobytes()) for row in two.gallery.rows()}
    two.look_at(EILEEN)
    receipt = two.act("delete", EILEEN, ids=[first])
    assert "<td>faces</td><td>3</td><td>2</td>" in receipt and "brings them back" in receipt
    receipt = two.act("delete", EILEEN)
    assert two.gallery.people() == {GRACE: 1} and two.words == [GRACE, "unknown"]
    assert f"Deleted: {EILEEN}" in receipt and two.shown["page"]["open"] is None
    two.remove(GRACE)
    assert two.gallery.people() == {} and page(two)["undo"] == f"{GRACE} deleted"
    for _ in range(3):
        two.act("undo")
    after = {row.id: (row, row.chip, row.encoding.tobytes()) for row in two.gallery.rows()}
    assert after == before and two.words == [GRACE, EILEEN]


def test_what_cannot_be_done_is_said_and_changes_nothing(two):
    for verb, person, name, some, says in (
        ("rename", EILEEN, GRACE.lower(), (), f"{GRACE} is enrolled already"),
        ("rename", EILEEN, " ", (), "The name is empty"),
        ("rename", "Nobody", "Ada", (), "Nobody of this name"),
        ("merge", GRACE, GRACE, (), "cannot be merged with themselves"),
        ("move", EILEEN, "Ada", (), "not enrolled"),
        ("move", EILEEN, "Ada", ("f" * 32,), "not enrolled"),
        ("delete", "Nobody", "", (), "Nobody of this name"),
        ("undo", "", "", (), "nothing to undo"),
    ):
        assert says in two.act(verb, person, name, some), verb
    assert two.gallery.people() == {EILEEN: 2, GRACE: 1} and page(two)["undo"] == ""


def test_nothing_of_the_deleted_outlives_the_visit_or_everybodys_deletion(two):
    two.act("delete", EILEEN)
    assert two.session.history.last(two.gallery)
    two.everybody()
    assert "nothing to undo" in two.act("undo") and two.gallery.people() == {}
    two.example("eileen_collins_mirrored")
    two.enrol(EILEEN)
    two.act("delete", EILEEN)
    two.session.forget()
    assert two.session.history.last(two.gallery) is None
    assert "nothing to undo" in two.act("undo")


def test_a_gallery_that_was_found_again_is_shown_as_it_was_left(two, visitors):
    two.act("delete", GRACE)
    other = visitors()
    other.session._store, other.session.finished_as = two.session.store, "kept"
    other.open()
    assert other.gallery.people() == {EILEEN: 2} and other.words == ["unknown", EILEEN]
