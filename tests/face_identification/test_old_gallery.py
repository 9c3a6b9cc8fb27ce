"""A gallery of the edition that found faces with dlib's detector: it opens, says what it is, and
its kept pictures are encoded again.

`made_at_ed94ac1` was made by that edition from the two bundled portraits: `app.py enrol` with
`--keep-pictures` of each and its mirror image, without of one darker copy; and its export.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.face_identification.reencode import encode_again
from plugins.shared.faces.gallery.enrolment import KEPT, space_of
from plugins.shared.faces.gallery.export import (
    OtherNetwork,
    export_gallery,
    import_into,
    read_export,
)
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.files.limits import Limits
from tests.shared.faces import real

OLD = Path(__file__).parents[1] / "shared/faces/gallery/made_at_ed94ac1"
NETWORK = "dlib_resnet.faces_v1"
FOUND = "5 encodings of this gallery were made with another detector or alignment of faces"


@pytest.fixture
def old_file(tmp_path) -> Path:
    return Path(shutil.copy(OLD / "gallery.db", tmp_path / "kept.db"))


def test_its_page_says_what_it_is_and_encodes_again(old_file, kept_house):
    visitor = kept_house()
    visitor.example("together")
    assert FOUND in visitor.shown["about"]
    assert visitor.gallery.people() == {"eileen_collins": 2, "grace_hopper": 3}
    assert visitor.words == ["unknown", "unknown"]  # Old encodings never meet new ones.
    *_, last = visitor.encode_again()
    assert "4 faces enrolled" in last["said"] and "was not kept" in last["said"]
    assert visitor.words == ["grace_hopper", "eileen_collins"]
    *_, last = visitor.encode_again()
    assert "0 faces enrolled, 4 known before" in last["said"]


def test_a_face_without_its_picture_stays_what_it_was(old_file):
    store = open_store(str(old_file))
    gallery = Gallery(store, space_of(real.network(), KEPT))
    *_, report = encode_again(gallery, real.network(), find=real.find())
    assert report.new == 4
    (refused,) = report.refused
    assert "darker" in refused.name and "was not kept" in refused.why
    (old,) = gallery.elsewhere()
    assert old.revision == real.backbone().origin.sha256 and old.realigned(gallery.space)
    store.close()


def test_the_new_encodings_are_those_of_the_new_alignment(old_file):
    store = open_store(str(old_file))
    gallery = Gallery(store, space_of(real.network(), KEPT))
    list(encode_again(gallery, real.network(), find=real.find()))
    for person, who in (("grace_hopper",) * 2, ("eileen_collins",) * 2):
        near = gallery.identify(real.encoding(f"{who}_cropped"))[0][0]
        assert near.person == person and near.distance < 0.2
    # The new landmarks are kept, so that the next network needs no detector.
    other = Gallery(store, replace(gallery.space, network="another.net"))
    assert list(encode_again(other, real.network()))[-1].new == 4
    store.close()


def test_without_a_detector_its_faces_are_refused_in_words(old_file):
    store = open_store(str(old_file))
    gallery = Gallery(store, space_of(real.network(), KEPT))
    report = list(encode_again(gallery, real.network()))[-1]
    assert report.new == 0 and len(report.refused) == 5
    assert sum("earlier detector" in one.why for one in report.refused) == 4
    store.close()


def test_its_export_is_refused_in_words():
    store = open_store("memory:")
    gallery = Gallery(store, space_of(real.network(), KEPT))
    with pytest.raises(OtherNetwork) as caught:
        import_into(gallery, read_export(OLD / "export.zip", Limits()))
    assert f"another detector or alignment of faces, before {NETWORK}" in caught.value.what
    assert "enrol its people anew" in caught.value.todo
    assert gallery.people() == {}
    store.close()


def test_an_export_of_today_is_refused_by_a_gallery_of_that_edition(old_file, tmp_path):
    store = open_store(str(old_file))
    today = Gallery(store, space_of(real.network(), KEPT))
    list(encode_again(today, real.network(), find=real.find()))
    export_gallery(today, tmp_path / "today.zip")
    (old,) = today.elsewhere()
    with pytest.raises(OtherNetwork) as caught:
        import_into(Gallery(store, old), read_export(tmp_path / "today.zip", Limits()))
    assert "another detector or alignment" in caught.value.what
    assert "can be encoded again" in caught.value.todo
    store.close()
