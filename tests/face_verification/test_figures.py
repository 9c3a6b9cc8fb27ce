"""The page's HTML: pictures that decode, boxes in place, and no name that becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from plugins.face_verification import figures
from plugins.face_verification.laboratory import worst
from plugins.face_verification.model import OPENING, Matrix, compare
from plugins.shared.faces import view
from plugins.shared.faces.detect import Faces
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.read_faces import Step
from plugins.shared.faces.subject import Subject, detect_faces
from plugins.shared.files.image_folder import Skipped
from plugins.shared.page import html_parts as markup
from tests.shared.faces import real
from tests.shared.faces.markup import EVIL, Page, decoded, safe
from weights.errors import ParagoneError


@pytest.fixture(scope="module")
def both() -> Subject:
    together = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    return detect_faces(real.picture(together), real.find())


@pytest.fixture(scope="module")
def comparison():
    subjects = [detect_faces(load_example(key), real.find()) for key in OPENING]
    return compare(*subjects, real.network(), "euclidean", EncodingCache())


def named(subject: Subject, name: str) -> Subject:
    return replace(subject, picture=replace(subject.picture, name=name))


def test_data_uris_are_the_picture():
    pixels = load_example("grace_hopper").pixels
    whole = decoded(markup.data_uri(pixels))
    assert whole.size == (512, 600)
    assert np.abs(np.asarray(whole, float) - pixels).mean() < 4
    assert decoded(markup.data_uri(pixels, 100)).size == (85, 100)
    small = np.zeros((10, 20, 3), np.uint8)
    assert decoded(markup.data_uri(small, 100)).size == (20, 10), "nothing is enlarged"


def test_each_face_is_a_button_in_its_place(both):
    page = Page(figures.slot(replace(both, chosen=1)))
    height, width = both.picture.pixels.shape[:2]
    buttons = [button for button in page.all("button") if "data-face" in button]
    assert [button["data-face"] for button in buttons] == ["0", "1"]
    assert [button["aria-pressed"] for button in buttons] == ["false", "true"]
    for button, face in zip(buttons, both.faces, strict=True):
        place = [float(v) for v in re.findall(r":(-?[\d.]+)%", button["style"])]
        left, top, right, bottom = face.box
        wanted = [left / width, top / height, (right - left) / width, (bottom - top) / height]
        assert place == pytest.approx([100 * share for share in wanted], abs=0.01)
        assert f"{face.size} pixels wide" in button["aria-label"]
    assert "2 faces found" in page.text and "Face 2 is compared" in page.text
    assert max(decoded(page.all("img")[0]["src"]).size) <= view.SHOWN_SIDE


def test_numbers_are_in_reading_order(both):
    turned = replace(both, faces=tuple(both.faces[::-1]))
    page = Page(figures.slot(turned))
    shown = [button for button in page.all("button") if "data-face" in button]
    for button, face in zip(shown, turned.faces, strict=True):
        assert button["aria-label"].startswith(f"Face {face.number}, ")
    assert f"Face {turned.faces[0].number} is compared" in page.text


def test_what_is_left_out_is_counted_with_the_reason(both):
    small = replace(both.faces[1], size=12)
    page = Page(figures.slot(replace(both, faces=Faces((both.faces[0], small), 1, 2, 3))))
    assert "Not compared: 1 smaller than 40 pixels and 3 doubtful." in page.text
    assert "Not compared" not in Page(figures.slot(both)).text


def test_a_face_placed_by_hand_is_marked(both):
    placed = replace(both.faces[1], by_hand=True)
    page = Page(figures.slot(replace(both, faces=Faces((both.faces[0], placed)))))
    last = [button for button in page.all("button") if "data-face" in button][-1]
    assert "placed by hand" in last["aria-label"] and "is-by-hand" in last["class"]
    assert "Add a face that was missed" in page.text


def test_where_no_face_was_found_one_can_be_placed(both):
    error = ParagoneError("No face was found", where="x.jpg")
    page = Page(figures.slot(both, error, missed=True))
    assert any("data-missed" in button for button in page.all("button"))
    assert not any("data-place" in button for button in page.all("button"))


def test_the_table_of_all_distances(both):
    found = Matrix((1, 0), (0,), np.array([[0.25], [0.75]]), 2)
    page = Page(figures.matrix(found, (both, both), "euclidean", 0.6))
    cells = [button for button in page.all("button") if "data-a" in button]
    assert [(cell["data-a"], cell["data-b"]) for cell in cells] == [("1", "0"), ("0", "0")]
    assert [cell["data-distance"] for cell in cells] == ["0.250000", "0.750000"]
    assert [cell["aria-pressed"] for cell in cells] == ["false", "true"]
    first, only = (both.faces[i].number for i in (1, 0))
    assert cells[0]["aria-label"] == f"Face {first} of A and face {only} of B: 0.250"
    assert "0.25" in page.text and "2 more faces are not in the table." in page.text
    assert figures.matrix(None, (both, both), "euclidean", 0.6) == ""


def test_one_face_needs_no_note():
    page = Page(figures.slot(detect_faces(load_example("grace_hopper"), real.find())))
    faces = [button for button in page.all("button") if "data-face" in button]
    assert len(faces) == 1 and "faces found" not in page.text


def test_an_empty_slot_says_what_to_do():
    assert "No picture yet" in Page(figures.slot(None)).text


def test_names_of_pictures_are_text(both, comparison):
    safe(figures.slot(named(both, EVIL)))
    safe(view.slot("", credit=EVIL))
    safe(figures.encodings(comparison, (EVIL, EVIL)))
    safe(markup.shelf([(EVIL, EVIL, markup.data_uri(both.picture.pixels, 96))]))


@pytest.mark.parametrize("field", ["what", "where", "todo"])
def test_errors_are_text(field):
    words = {"what": "It broke", "where": "a.jpg", "todo": "Mend it."} | {field: EVIL}
    error = ParagoneError(words["what"], where=words["where"], todo=words["todo"])
    page = safe(markup.error_card(error))
    assert page.tags[0][1]["role"] == "alert"
    assert all(word in page.text for word in words.values())
    safe(figures.slot(None, error=error))


def test_people_and_files_are_text(lab):
    evil = replace(
        lab,
        people=[EVIL.replace("/", "")] * 3 + ["Anna & Bob"] * 2,
        names=[f"{EVIL}/{EVIL}{i}.jpg" for i in range(5)],
        skipped=(Skipped(EVIL, "is odd"), Skipped("a.jpg", EVIL)),
        curve=replace(lab.curve, title=EVIL),
    )
    nearest, farthest = worst(evil, "euclidean")
    page = safe(figures.pair_cards(evil, nearest + farthest, 0.6))
    assert "Anna & Bob" in page.text
    page = safe(figures.summary(evil))
    assert page.text.count(EVIL) == 3 and "Left out: 2" in page.text


def test_a_cards_words_are_text():
    card = replace(real.backbone().card, licence=EVIL, training_data=EVIL, figure=EVIL, note=EVIL)
    page = safe(view.model_card(card, real.backbone().origin, "cpu", 1234.5))
    assert page.text.count(EVIL) == 5
    assert "Computed on cpu in 1,234 ms" in page.text
    origin = replace(real.backbone().origin, why=EVIL)
    assert "pv-stand-in" in safe(view.model_card(card, origin, "cpu")).tags[0][1]["class"]


def test_a_network_without_a_published_figure():
    card = replace(real.backbone().card, figure="", figure_source="")
    page = Page(view.model_card(card, real.backbone().origin, "cpu"))
    assert "No accuracy is published" in page.text


def test_the_strips_have_a_bar_for_every_number(comparison):
    page = Page(figures.encodings(comparison, ("A", "B")))
    strips = [path["d"] for path in page.all("path")]
    assert [strip.count("M") for strip in strips] == [128] * 3
    chips = [decoded(image["src"]) for image in page.all("img")]
    assert [chip.size for chip in chips] == [(150, 150)] * 2
    assert f"{comparison.distance:.4f}" in page.text and "128 numbers" in page.text
    top = max(np.abs(f.encoding).max() for f in (comparison.left, comparison.right))
    ends = [[float(v) for v in re.findall(r"V(-?[\d.]+)", strip)] for strip in strips]
    for found, face in zip(ends, (comparison.left, comparison.right), strict=False):
        wanted = 50 * (1 - face.encoding / top)
        assert found == pytest.approx(wanted.tolist(), abs=0.06)
    assert ends[2] == pytest.approx((100 * (1 - comparison.difference / top)).tolist(), abs=0.06)


def test_pair_cards_carry_what_the_script_needs(lab):
    nearest, farthest = worst(lab, "euclidean")
    page = Page(figures.pair_cards(lab, nearest + farthest, 0.6))
    cards = [a for a in page.all("button") if "data-distance" in a]
    pairs = nearest + farthest
    assert [card["data-distance"] for card in cards] == [f"{p.distance:.6f}" for p in pairs]
    assert [card["data-genuine"] for card in cards] == ["0"] * 6 + ["1"] * 4
    assert page.tags[0][1]["data-tau"] == "0.6"
    assert all(decoded(image["src"]).size == (96, 96) for image in page.all("img"))
    assert len(page.all("img")) == 2 * len(pairs)
    assert "eileen_collins / grace_hopper" in page.text


def test_progress_of_nothing_and_of_some():
    page = Page(view.survey_progress(Step(0, 0, 0)))
    assert "0 of 0" in page.text
    chip = np.zeros((150, 150, 3), np.uint8)
    face = SimpleNamespace(encoded=SimpleNamespace(chip=chip))
    page = Page(view.survey_progress(Step(3, 12, 2, (face, face))))
    assert "3 of 12 pictures read, 2 faces found" in page.text
    assert any("25%" in a.get("style", "") for a in page.all("div"))
    assert [decoded(image["src"]).size for image in page.all("img")] == [(64, 64)] * 2


def test_a_long_list_of_skipped_pictures_is_cut(lab):
    many = replace(lab, skipped=tuple(Skipped(f"{i}.jpg", "is odd") for i in range(33)))
    page = Page(figures.summary(many))
    assert len(page.all("li")) == 21 and "and 13 more" in page.text
    assert "eft out" not in Page(figures.summary(replace(lab, skipped=()))).text


@pytest.mark.parametrize("folder", [markup.HOUSE, figures.PAGE])
def test_assets_are_read(folder):
    names = [path.name for path in folder.iterdir()]
    assert names
    for name in names:
        assert markup.asset(name, folder) == (folder / name).read_bytes().decode("utf-8")
    assert figures.asset("verdict.js") == markup.asset("verdict.js", figures.PAGE)
