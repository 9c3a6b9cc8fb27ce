"""The map of the encodings as the page draws it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from plugins.face_identification import map_view
from plugins.face_identification.map_view import encoding_map
from plugins.face_identification.model import Found, Identification
from plugins.shared.faces.encode import EncodedFace
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from tests.shared.faces import real
from tests.shared.faces.gallery import enrolments
from tests.shared.faces.markup import EVIL, Page, decoded, safe


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    store = open_store("memory:")
    yield Gallery(store, enrolments.space())
    store.close()


def probes(*encodings: np.ndarray | None) -> Identification:
    face, chip = real.faces("grace_hopper")[0], np.full((150, 150, 3), 90, np.uint8)
    found = (
        Found(face, None if one is None else EncodedFace(chip, one, True), ()) for one in encodings
    )
    return Identification(tuple(found), 3, 3, 1.0, 1.0)


def places(tags: list[dict]) -> list[tuple[float, float]]:
    return [
        tuple(float(number) for number in re.findall(r"(?:left|top):(-?[\d.]+)%", tag["style"]))
        for tag in tags
    ]


def test_an_empty_gallery_has_no_map(gallery):
    assert encoding_map(gallery, None, 0) == ""
    assert encoding_map(gallery, probes(enrolments.encoding(1)), 0) == ""


def test_everybody_lies_in_the_map_named_once(gallery):
    gallery.enrol(enrolments.people({"Ada": 3, "Bob": 2}))
    page = Page(encoding_map(gallery, None, 0))
    images = page.all("img")
    assert [image["alt"] for image in images] == ["Ada"] * 3 + ["Bob"] * 2
    assert all(decoded(image["src"]).size == (24, 24) for image in images)
    assert all(0 <= edge <= 100 for place in places(images) for edge in place)
    assert len(set(places(images))) == 5
    assert page.text.startswith("AdaBob") and len(page.all("span")) == 2
    (drawn,) = [tag for tag in page.all("div") if tag.get("role") == "img"]
    assert drawn["aria-label"] == "Map of 5 enrolled faces of 2 people"
    colours = [re.search(r"hsl\([^)]+\)", image["style"]).group() for image in images]
    assert len(set(colours[:3])) == len(set(colours[3:])) == 1 and colours[0] != colours[3]


def test_a_probe_lies_where_its_encoding_does(gallery):
    rows = enrolments.people({"Ada": 3, "Bob": 2})
    gallery.enrol(rows)
    page = Page(encoding_map(gallery, probes(None, rows[4].encoding, rows[0].encoding), 2))
    images = page.all("img")
    assert [image.get("class") for image in images[5:]] == ["is-other", "is-probe"]
    other, probe = places(images[5:])
    assert other == places(images)[4] and probe == places(images)[0]
    assert all(image["alt"] == "The probe" for image in images[5:])
    assert all(decoded(image["src"]).size == (64, 64) for image in images[5:])


def test_a_probe_beyond_the_map_is_said(gallery):
    rows = enrolments.people({"Ada": 3})
    gallery.enrol(rows)
    middle = np.mean([row.encoding for row in rows], axis=0)
    far = middle + 50 * (rows[0].encoding - middle)
    page = Page(encoding_map(gallery, probes(far), 0))
    assert page.all("img")[-1]["alt"] == "The probe, farther out than the map reaches"
    assert all(0 <= edge <= 100 for edge in places(page.all("img"))[-1])


def test_many_are_dots_and_very_many_are_cut(gallery, monkeypatch):
    monkeypatch.setattr(map_view, "PICTURED", 4)
    monkeypatch.setattr(map_view, "MOST", 6)
    gallery.enrol(enrolments.people({"Ada": 3, "Bob": 2}))
    page = Page(encoding_map(gallery, None, 0))
    assert not page.all("img") and [dot["title"] for dot in page.all("i")] == (
        ["Ada"] * 3 + ["Bob"] * 2
    )
    assert "are drawn" not in page.text
    gallery.enrol(enrolments.people({"Cid": 2}, start=5))
    page = Page(encoding_map(gallery, None, 0))
    assert len(page.all("i")) == 6 and "Only the first 6 faces are drawn." in page.text


@pytest.mark.parametrize("pictured", [0, 80])
def test_names_are_text(gallery, monkeypatch, pictured):
    monkeypatch.setattr(map_view, "PICTURED", pictured)
    rows = [enrolments.enrolment(EVIL, seed) for seed in range(2)]
    gallery.store.write(gallery.space, rows)  # Past the facade, which takes the brackets away.
    safe(encoding_map(gallery, None, 0))


def test_umap_says_what_it_needs(gallery):
    gallery.enrol(enrolments.people({"Ada": 3}))
    assert "UMAP needs" in encoding_map(gallery, None, 0, "umap")
