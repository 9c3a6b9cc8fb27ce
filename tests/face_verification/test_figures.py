"""The page's HTML: pictures that decode, boxes in place, and no name that becomes markup."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from plugins.face_verification import figures
from plugins.face_verification.laboratory import Progress, worst
from plugins.face_verification.model import OPENING, Subject, compare, look
from plugins.faces.encode import EncodingCache
from plugins.faces.examples import load_example
from plugins.faces.labelled import Skipped
from tests.faces import real
from weights.errors import ParagoneError

EVIL = """<img src=x onerror="alert('1')">&amp;'"""
VOID = {"img", "br", "path", "rect", "line", "circle", "input"}


class Page(HTMLParser):
    """Every tag with its attributes, and the text; fails on tags that do not close."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict]] = []
        self.text, self._open = "", []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict]:
        return [attrs for name, attrs in self.tags if name == tag]


def safe(html: str, *, told: bool = True) -> Page:
    """The page shows the evil name as text or in an attribute, and runs nothing of it."""
    page = Page(html)
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert all(attrs["src"].startswith("data:image/jpeg;base64,") for attrs in page.all("img"))
    everything = page.text + "".join(v or "" for _, a in page.tags for v in a.values())
    assert (EVIL in everything) == told
    return page


def decoded(uri: str) -> Image.Image:
    kind, _, data = uri.partition(";base64,")
    assert kind == "data:image/jpeg"
    image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    image.load()
    assert image.format == "JPEG"
    return image


@pytest.fixture(scope="module")
def both() -> Subject:
    together = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    return look(real.picture(together), real.find())


@pytest.fixture(scope="module")
def comparison():
    subjects = [look(load_example(key), real.find()) for key in OPENING]
    return compare(*subjects, real.network(), "euclidean", EncodingCache())


def named(subject: Subject, name: str) -> Subject:
    return replace(subject, picture=replace(subject.picture, name=name))


def test_data_uris_are_the_picture():
    pixels = load_example("grace_hopper").pixels
    whole = decoded(figures.data_uri(pixels))
    assert whole.size == (512, 600)
    assert np.abs(np.asarray(whole, float) - pixels).mean() < 4
    assert decoded(figures.data_uri(pixels, 100)).size == (85, 100)
    small = np.zeros((10, 20, 3), np.uint8)
    assert decoded(figures.data_uri(small, 100)).size == (20, 10), "nothing is enlarged"


def test_each_face_is_a_button_in_its_place(both):
    page = Page(figures.slot(replace(both, chosen=1), ""))
    height, width = both.picture.pixels.shape[:2]
    buttons = page.all("button")
    assert [button["data-face"] for button in buttons] == ["0", "1"]
    assert [button["aria-pressed"] for button in buttons] == ["false", "true"]
    for button, face in zip(buttons, both.faces, strict=True):
        place = [float(v) for v in re.findall(r":(-?[\d.]+)%", button["style"])]
        left, top, right, bottom = face.box
        wanted = [left / width, top / height, (right - left) / width, (bottom - top) / height]
        assert place == pytest.approx([100 * share for share in wanted], abs=0.01)
        assert f"{face.size} pixels wide" in button["aria-label"]
    assert "2 faces found" in page.text and "Face 2 is compared" in page.text
    assert max(decoded(page.all("img")[0]["src"]).size) <= figures.SHOWN_SIDE


def test_one_face_needs_no_note():
    page = Page(figures.slot(look(load_example("grace_hopper"), real.find()), ""))
    assert len(page.all("button")) == 1 and "faces found" not in page.text


def test_an_empty_slot_says_what_to_do():
    assert "No picture yet" in Page(figures.slot(None, "")).text


def test_names_of_pictures_are_text(both, comparison):
    safe(figures.slot(named(both, EVIL), ""))
    safe(figures.slot(None, "", credit=EVIL))
    safe(figures.encodings(comparison, (EVIL, EVIL)))
    safe(figures.shelf([(EVIL, EVIL, figures.data_uri(both.picture.pixels, 96))]))


@pytest.mark.parametrize("field", ["what", "where", "todo"])
def test_errors_are_text(field):
    words = {"what": "It broke", "where": "a.jpg", "todo": "Mend it."} | {field: EVIL}
    error = ParagoneError(words["what"], where=words["where"], todo=words["todo"])
    page = safe(figures.error_card(error))
    assert page.tags[0][1]["role"] == "alert"
    assert all(word in page.text for word in words.values())
    safe(figures.slot(None, "", error=error))


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
    page = safe(figures.model_card(card, real.backbone().origin, "cpu", 1234.5))
    assert page.text.count(EVIL) == 4
    assert "computed on cpu in 1,234 ms" in page.text
    origin = replace(real.backbone().origin, why=EVIL)
    assert "pv-stand-in" in safe(figures.model_card(card, origin, "cpu")).tags[0][1]["class"]


def test_a_network_without_a_published_figure():
    card = replace(real.backbone().card, figure="", figure_source="")
    assert "nothing" in Page(figures.model_card(card, real.backbone().origin, "cpu")).text


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
    cards = [a for a in page.all("div") if "data-distance" in a]
    pairs = nearest + farthest
    assert [card["data-distance"] for card in cards] == [f"{p.distance:.6f}" for p in pairs]
    assert [card["data-genuine"] for card in cards] == ["0"] * 6 + ["1"] * 4
    assert page.tags[0][1]["data-tau"] == "0.6"
    assert all(decoded(image["src"]).size == (96, 96) for image in page.all("img"))
    assert len(page.all("img")) == 2 * len(pairs)
    assert "eileen_collins / grace_hopper" in page.text


def test_progress_of_nothing_and_of_some():
    page = Page(figures.progress(Progress(0, 0, 0)))
    assert "0 of 0" in page.text
    chip = np.zeros((150, 150, 3), np.uint8)
    page = Page(figures.progress(Progress(3, 12, 2, (chip, chip))))
    assert "3 of 12 pictures read, 2 faces found" in page.text
    assert any("25%" in a.get("style", "") for a in page.all("div"))
    assert [decoded(image["src"]).size for image in page.all("img")] == [(64, 64)] * 2


def test_a_long_list_of_skipped_pictures_is_cut(lab):
    many = replace(lab, skipped=tuple(Skipped(f"{i}.jpg", "is odd") for i in range(33)))
    page = Page(figures.summary(many))
    assert len(page.all("li")) == 21 and "and 13 more" in page.text
    assert "eft out" not in Page(figures.summary(replace(lab, skipped=()))).text


@pytest.mark.parametrize("name", sorted(p.name for p in figures.PAGE.iterdir()))
def test_assets_are_read(name):
    assert figures.asset(name) == (figures.PAGE / name).read_bytes().decode("utf-8")
