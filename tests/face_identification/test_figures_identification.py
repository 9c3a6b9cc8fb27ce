"""The identification page's HTML and data: names are text, pictures decode, numbers are right."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from plugins.face_identification import figures, probe_view
from plugins.face_identification.error_rates import Outlook
from plugins.face_identification.model import Enrolled, Found, Identification
from plugins.shared.faces.encode import EncodedFace
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.gallery.enrol_set import Report
from plugins.shared.faces.gallery.gallery import Receipt
from plugins.shared.faces.gallery.stores.contract import Candidate, Counts, Erased
from plugins.shared.faces.quality import Fault
from plugins.shared.faces.subject import Subject, detect_faces
from plugins.shared.files.image_folder import Skipped
from tests.shared.faces import real
from tests.shared.faces.gallery import enrolments
from tests.shared.faces.markup import EVIL, Page, decoded, safe
from weights.errors import ParagoneError

GRID = np.arange(0, 111) * 0.01
OUTLOOK = Outlook(GRID, GRID / 2, 1 - GRID / 2, "Why it is so.", measured=True)


@pytest.fixture
def together() -> Subject:
    return detect_faces(load_example("together"), real.find())


def found(subject: Subject, *nearest: list[tuple[str, float]] | None) -> Identification:
    """One answer a face: names with distances; None for a face too small to be searched for."""
    encoded = EncodedFace(np.zeros((150, 150, 3), np.uint8), enrolments.encoding(0), True)
    faces = tuple(
        Found(face, None, ())
        if one is None
        else Found(face, encoded, tuple(Candidate(name, d, name) for name, d in one))
        for face, one in zip(subject.faces, nearest, strict=True)
    )
    return Identification(faces, 7, 9, 1.0, 1.0)


def faces_of(html: str) -> list[dict]:
    return [button for button in Page(html).all("button") if "data-face" in button]


# --- the probe -------------------------------------------------------------------------------


def test_boxes_carry_what_the_script_renames_them_by(together):
    answers = found(together, [("Ada", 0.4), ("Bob", 0.7)], [("Bob", 0.6)])
    first, second = faces_of(probe_view.slot(replace(together, chosen=1), answers, 0.5))
    assert (first["data-person"], first["data-distance"]) == ("Ada", "0.400000")
    assert (second["data-person"], second["data-distance"]) == ("Bob", "0.600000")
    assert first["aria-label"] == "Face 1: Ada" and second["aria-label"] == "Face 2: unknown"
    assert (first["aria-pressed"], second["aria-pressed"]) == ("false", "true")
    page = Page(probe_view.slot(together, answers, 0.6))
    assert faces_of(probe_view.slot(together, answers, 0.6))[1]["aria-label"] == "Face 2: Bob"
    assert page.tags[0][1]["data-start-tau"] == "0.6" and "2 faces. Click one" in page.text
    assert max(decoded(page.all("img")[0]["src"]).size) <= 720


def test_boxes_carry_who_they_are_at_every_tau_and_who_is_it_instead(together):
    answers = found(together, [("Ada", 0.4), ("Bob", 0.7)], [("Ada", 0.3), ("Bob", 0.9)])
    first, second = faces_of(probe_view.slot(together, answers, 0.5))
    numbers = [face.number for face in together.faces]
    assert json.loads(second["data-names"]) == [[0, "", 0, False], [0.3, "Ada", 0, False]]
    assert json.loads(first["data-names"]) == [
        [0, "", 0, False],
        [0.3, "", numbers[1], True],
        [0.7, "Bob", numbers[1], True],
    ]
    assert first["aria-label"].endswith("unknown") and second["aria-label"].endswith("Ada")
    first, _ = faces_of(probe_view.slot(together, answers, 0.5, once=False))
    assert first["aria-label"].endswith("Ada")
    value = probe_view.answer(answers, 0, 0.5, OUTLOOK, "euclidean", 2, {})
    assert value["names"][1] == [0.3, "", numbers[1], True]
    assert value["face"] == f"Face {numbers[0]} of 2"


def test_a_face_placed_by_hand_says_so(together):
    placed = replace(together.faces[0], by_hand=True)
    subject = replace(together, faces=(placed, together.faces[1]))
    first, _ = faces_of(probe_view.slot(subject, None, 0.5))
    assert first["aria-label"] == f"Face {placed.number}, placed by hand: unknown"
    assert "is-by-hand" in first["class"]


def test_a_small_face_says_so(together):
    small = replace(together, faces=tuple(replace(face, size=39) for face in together.faces))
    for answers in (None, found(small, None, None)):
        boxes = faces_of(probe_view.slot(small, answers, 0.5))
        assert [box["aria-label"] for box in boxes] == ["Face 1: too small", "Face 2: too small"]
        assert [box["data-small"] for box in boxes] == ["1", "1"]


def test_no_probe_no_face_and_an_error(together):
    assert "No picture yet" in Page(probe_view.slot(None, None, 0)).text
    empty = probe_view.slot(replace(together, faces=()), None, 0)
    assert "No face was found" in Page(empty).text and not faces_of(empty)
    error = ParagoneError(EVIL, where=EVIL, todo=EVIL)
    for subject in (None, together):
        page = safe(probe_view.slot(subject, None, 0, error))
        assert page.text.count(EVIL) == 3
        assert any(tag.get("role") == "alert" for tag in page.all("div"))


def test_names_of_people_and_pictures_are_text(together):
    named = replace(together, picture=replace(together.picture, name=EVIL))
    answers = found(named, [(EVIL, 0.1)], [(EVIL, 0.9)])
    safe(probe_view.slot(named, answers, 0.5))
    first, second = faces_of(probe_view.slot(named, answers, 0.5))
    assert first["data-person"] == second["data-person"] == EVIL


# --- the answer ------------------------------------------------------------------------------


def test_the_answer_is_data(together):
    answers = found(together, [(EVIL, 0.25), ("Bob", 0.75)], [("Bob", 0.5)])
    chips = {EVIL: enrolments.jpeg(1)}
    value = probe_view.answer(answers, 0, 0.5, OUTLOOK, "euclidean", 7, chips)
    assert [(c["person"], c["distance"]) for c in value["candidates"]] == [
        (EVIL, 0.25),
        ("Bob", 0.75),
    ]
    assert decoded(value["candidates"][0]["chip"]).size == (24, 24)
    assert value["candidates"][1]["chip"] == "", "deleted a moment ago"
    assert (value["face"], value["message"], value["k"]) == ("Face 1 of 2", "", 7)
    assert (value["tau"], value["step"], value["reach"]) == (0.5, 0.01, pytest.approx(1.1))
    for name, rates in (("fpir", OUTLOOK.fpir), ("fnir", OUTLOOK.fnir)):
        assert value[name] == pytest.approx(rates, abs=1e-6)
        assert value[name][round(0.5 / value["step"])] == pytest.approx(rates[50])
    assert (value["lower"], value["why"]) == (False, "Why it is so.")


def test_answers_without_a_name_say_why(together):
    unmeasured = Outlook(GRID, None, None, "Not known.")
    for answers, message in (
        (None, "Bring one."),
        (found(together, [], []), "Nobody is enrolled, so nobody is known."),
        (found(together, None, None), "narrower than 40 pixels"),
    ):
        value = probe_view.answer(answers, 0, 0.5, unmeasured, "cosine", 2, {}, "Bring one.")
        assert message in value["message"] and value["candidates"] == []
        assert value["fpir"] is value["fnir"] is None and value["lower"]
        assert value["step"] == 0.002


# --- the people ------------------------------------------------------------------------------


def test_people_are_cards_with_a_cross():
    counts = {"Ada": 1, EVIL: 12}
    chips = {EVIL: enrolments.jpeg(1)}
    page = safe(figures.people(counts, chips, f"in {EVIL}"))
    assert page.text.startswith("K = 2 enrolled") and f"kept in {EVIL}" in page.text
    assert "1 photo" in page.text and "12 photos" in page.text and "1 photos" not in page.text
    crosses = page.all("button")
    assert [cross["data-remove"] for cross in crosses] == ["Ada", EVIL]
    assert crosses[0]["aria-label"] == "Delete Ada" and crosses[1]["title"] == f"Delete {EVIL}"
    (image,) = page.all("img")
    assert decoded(image["src"]).size == (24, 24)


def test_a_crowd_is_cut_and_counted():
    page = Page(figures.people({f"P{i:04}": 1 for i in range(1100)}, {}, "in memory"))
    assert "K = 1,100 enrolled" in page.text and "and 1,040 more" in page.text
    assert len(page.all("button")) == figures.SHOWN_PEOPLE
    assert "more" not in Page(figures.people({"A": 1}, {}, "here")).text
    assert "Nobody is enrolled" in Page(figures.people({}, {}, "here")).text


# --- messages --------------------------------------------------------------------------------


def test_what_an_enrolment_says():
    page = safe(figures.enrolled(Enrolled(EVIL, True, (), None, 1234.4)))
    assert f"{EVIL} is enrolled. 0 gradient steps, 1,234 ms." in page.text
    assert page.tags[0][1]["class"] == "fi-said"
    page = safe(figures.enrolled(Enrolled(EVIL, False, (), None, 1)))
    assert f"This face of {EVIL} was enrolled already." in page.text
    fault = Fault("sharpness", 0.1, 0.3, f"Blurred {EVIL}", "Hold still.")
    near = Candidate(f"{EVIL} 2", 0.12345, "x")
    page = safe(figures.enrolled(Enrolled("Ada", True, (fault,), near, 1)))
    assert (
        f"Blurred {EVIL}. Hold still." in page.text and f"{EVIL} 2 is only 0.123 away" in page.text
    )
    assert page.tags[0][1]["class"] == "fi-said is-warning"


@pytest.mark.parametrize("proven", [True, False])
def test_the_receipt_has_the_receipts_numbers(proven):
    before = Counts(people=1, faces=20, chips=300, pictures=4000, encodings=50000, index_rows=6)
    after = Counts(people=0, faces=19, chips=299, pictures=3999, encodings=49999, index_rows=5)
    erased = Erased(proven, f"Nothing was found of {EVIL}.")
    page = safe(figures.receipt(Receipt(EVIL, before, after, erased), [(EVIL, 12, 3)]))
    html = figures.receipt(Receipt("everybody", before, after, erased), [("files", 1, 0)])
    for line in (
        "<td>people</td><td>1</td><td>0</td>",
        "<td>faces</td><td>20</td><td>19</td>",
        "<td>chips</td><td>300</td><td>299</td>",
        "<td>kept pictures</td><td>4,000</td><td>3,999</td>",
        "<td>encodings</td><td>50,000</td><td>49,999</td>",
        "<td>rows of the index</td><td>6</td><td>5</td>",
        "<td>files</td><td>1</td><td>0</td>",
    ):
        assert line in html
    assert "Deleted: everybody" in html and f"Deleted: {EVIL}" in page.text
    assert ("is-warning" in html) == (not proven)


def test_the_report_of_many():
    refused = tuple(Skipped(f"{EVIL}{i}.jpg", EVIL) for i in range(25))
    page = safe(figures.report(Report(1500, 20, refused, 7, 3.0, stopped=True)))
    assert "Stopped. 1500 faces enrolled, 20 known before, 25 refused" in page.text
    assert "7 people. 0 gradient steps, 2 ms a face." in page.text
    assert "Refused: 25" in page.text and "and 5 more" in page.text
    nothing = figures.report(Report(0, 0, refused[:1], 0, 3.0))
    assert "is-warning" in nothing and "gradient" not in nothing
    assert "is-warning" not in figures.report(Report(0, 5, (), 2, 3.0))


def test_counts_for_callers():
    counts = Counts(people=1, faces=2, chips=3, pictures=4, encodings=5, index_rows=6)
    assert figures.plain_counts(counts) == vars(counts)
