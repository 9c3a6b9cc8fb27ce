"""The gallery's part of the page: exchange, many at once, and forgetting."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from plugins.face_identification.session import VISIT
from plugins.shared.faces import read_faces as survey
from plugins.shared.faces.encode import Network
from plugins.shared.faces.gallery.corrections import rename
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import StoreError
from plugins.shared.page.runs import Left
from tests.shared.faces import made, real
from tests.shared.faces.markup import Page
from weights.errors import ParagoneError

GRACE, EILEEN = "Grace Hopper", "Eileen Collins"
FOUR = real.face_files(dict.fromkeys(real.WHO, ("plain", "pale")))


@pytest.fixture
def renamed(monkeypatch):
    """Turn a visitor's network into another revision of itself: encodings of a space of its own."""

    def act(visitor) -> None:
        def network(name: str) -> Network:
            known = real.network()
            return replace(known, origin=replace(known.origin, sha256="f" * 64))

        monkeypatch.setattr(visitor.events, "network", network)

    return act


@pytest.fixture
def many_zip(tmp_path):
    """A zip in a folder of its own, as gradio keeps an upload."""

    def act(files):
        folder = tmp_path / "upload"
        folder.mkdir()
        return made.zipped(folder / "people.zip", files)

    return act


def ended(answer: dict) -> bool:
    """The page no longer offers to stop, and shows no progress."""
    return (answer["stop"].interactive, answer["state"]) == (False, "")


def unharmed(visitor) -> bool:
    return visitor.gallery.people() == {EILEEN: 2, GRACE: 1}


# --- forgetting ------------------------------------------------------------------------------


def test_everybody_is_deleted_only_on_purpose(two):
    said = two.everybody(sure=False)
    assert "Nothing was deleted" in said and unharmed(two)
    receipt = two.everybody()
    assert "Deleted: everybody" in receipt and two.shown["sure"] is False
    assert "<td>people</td><td>2</td><td>0</td>" in receipt
    assert two.gallery.count().encodings == 0 and two.session.probe is None
    assert len(two.session.cache) == 0
    assert two.shown["json"] is None and "No picture yet" in two.shown["view"]
    assert "K = 0 enrolled" in two.shown["people"]
    two.example("together")
    assert two.words == ["unknown", "unknown"]
    assert two.shown["answer"]["message"] == "Nobody is enrolled, so nobody is known."


# --- exchange --------------------------------------------------------------------------------


def test_exported_and_brought_back_in_another_visit(two, visitors, tmp_path):
    path = two.export(tmp_path / "private")
    assert path.parent == tmp_path / "private" and two.session.files == [path]
    copy = shutil.copy(path, tmp_path / "copy.zip")
    other = visitors()
    other.example("together")
    assert other.words == ["unknown", "unknown"]
    assert "3 faces imported, 0 known before" in other.bring_back(copy)
    assert not copy.exists(), "the upload is deleted"
    assert other.words == [GRACE, EILEEN] and unharmed(other)
    assert "0 faces imported, 3 known before" in other.bring_back(shutil.copy(path, copy))
    for mine, theirs in zip(two.gallery.rows(), other.gallery.rows(), strict=True):
        assert mine == theirs and np.array_equal(mine.encoding, theirs.encoding)
    two.session.forget()
    assert not path.parent.exists(), "a download goes with the visit"


def test_an_empty_gallery_is_not_exported(visitor, tmp_path):
    visitor.everybody()
    with pytest.raises(ParagoneError, match="nothing to export"):
        visitor.export(tmp_path / "private")
    visitor.session.forget()
    assert not (tmp_path / "private").exists()


def test_a_damaged_import_changes_nothing(two, tmp_path):
    whole = two.export(tmp_path / "private").read_bytes()
    rename(two.gallery, GRACE, "Ada")
    damaged = bytearray(whole)
    damaged[len(whole) // 3] ^= 255
    for data in (b"", b"This is no zip.", whole[: len(whole) // 2], bytes(damaged)):
        path = tmp_path / "import.zip"
        path.write_bytes(data)
        said = two.bring_back(path)
        assert "pv-error" in said and "import.zip" in said
        assert not path.exists()
        assert two.gallery.people() == {"Ada": 1, EILEEN: 2}
    path.write_bytes(whole)
    assert "This face is enrolled already, as Ada" in two.bring_back(path)
    assert two.gallery.people() == {"Ada": 1, EILEEN: 2}


def test_no_import_changes_nothing(visitor):
    answer = visitor.gallery_events.bring_back(None, *visitor.values)
    assert answer == {}


def test_another_networks_import_without_pictures_is_refused(two, visitors, renamed, tmp_path):
    copy = shutil.copy(two.export(tmp_path / "private"), tmp_path / "copy.zip")
    other = visitors("another house")
    renamed(other)
    said = other.bring_back(copy)
    assert "another revision of dlib_resnet.faces_v1" in said and "pictures were kept" in said
    assert other.gallery.people() == {} and not copy.exists()


def test_another_networks_import_is_encoded_again(visitor, visitors, renamed, tmp_path):
    copy = shutil.copy(visitor.export(tmp_path / "private"), tmp_path / "copy.zip")
    other = visitors("another house")
    renamed(other)
    other.example("together")
    said = other.bring_back(copy)
    assert "1 faces imported, encoded by dlib_resnet.faces_v1" in said
    assert other.words == ["unknown", "unknown"] and "another network" in other.shown["about"]
    assert other.gallery.people() == {GRACE: 1} and other.gallery.count().index_rows == 0
    *_, last = other.encode_again()
    assert "1 faces enrolled" in last["said"] and ended(last)
    assert other.words == [GRACE, "unknown"]
    *_, last = other.encode_again()
    assert "0 faces enrolled, 1 known before" in last["said"]


# --- many at once ----------------------------------------------------------------------------


def test_a_zip_is_enrolled_and_reported(visitor, many_zip):
    visitor.everybody()
    files = FOUR | {
        "eileen_collins/notes.jpg": b"These are my notes.",
        "nobody/view.png": made.encoded(real.landscape()),
    }
    path = many_zip(files)
    first, *steps, last = visitor.many(path)
    assert first["stop"].interactive is True and "Starting" in first["state"]
    assert not path.exists()
    assert steps and all("enrolled" in step["state"] for step in steps)
    assert "6 of 6 pictures: 4 enrolled" in steps[-1]["state"]
    assert steps[-1]["state"].count("data:image/jpeg") == 4
    said = last["said"]
    assert ended(last)
    assert "4 faces enrolled, 0 known before, 2 refused" in said and "2 people." in said
    assert "0 gradient steps" in said
    page = Page(said)
    assert "notes.jpg" in page.text and "No face was found" in page.text
    assert visitor.gallery.people() == {"eileen_collins": 2, "grace_hopper": 2}
    visitor.example("together")
    assert visitor.words == ["grace_hopper", "eileen_collins"]


def test_the_same_zip_again_doubles_nobody(visitor, many_zip):
    visitor.everybody()
    list(visitor.many(many_zip(FOUR)))
    before = visitor.gallery.count()
    *_, last = visitor.many(many_zip(FOUR))
    assert "0 faces enrolled, 4 known before, 0 refused" in last["said"]
    assert visitor.gallery.count() == before


def test_stopped_in_the_middle_and_resumed(visitor, many_zip, monkeypatch):
    visitor.everybody()
    monkeypatch.setattr(survey, "BATCH", 1)
    path = many_zip(FOUR)
    run = visitor.many(path)
    for step in run:
        if "1 of 4" in step["state"] or "2 of 4" in step["state"]:
            answer = visitor.gallery_events.stop(visitor.session)
            assert answer["stop"].interactive is False and "Stopping" in answer["state"]
            break
    enrolled = visitor.gallery.count().faces
    *_, last = run
    assert "Stopped." in last["said"] and ended(last)
    assert 1 <= visitor.gallery.count().faces == enrolled < 4
    assert not path.exists()
    *_, last = visitor.many(many_zip(FOUR))
    assert f"{4 - enrolled} faces enrolled, {enrolled} known before" in last["said"]


def test_a_visit_that_ends_in_the_middle_keeps_nothing(visitor, many_zip, monkeypatch):
    visitor.everybody()
    monkeypatch.setattr(survey, "BATCH", 1)
    path = many_zip(FOUR)
    run = visitor.many(path)
    for _ in range(3):
        next(run)
    store = visitor.session.store
    visitor.session.forget()
    with pytest.raises(Left):
        list(run)
    with pytest.raises(StoreError):
        store.people(VISIT)
    assert visitor.gallery.people() == {} and not path.exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "people.zip"),
        (b"This is no zip at all.", "people.zip"),
        ({"view.png": made.encoded(real.landscape())}, "one folder a person"),
    ],
)
def test_a_set_that_cannot_be_used(visitor, tmp_path, data, says):
    path = tmp_path / "people.zip"
    path.write_bytes(data) if isinstance(data, bytes) else made.zipped(path, data)
    *_, last = visitor.many(path)
    assert "pv-error" in last["said"] and says in last["said"]
    assert ended(last)
    assert visitor.gallery.people() == {GRACE: 1} and not path.exists()


def test_no_set_changes_nothing(visitor):
    run = visitor.gallery_events.many(None, False, True, *visitor.values)
    assert list(run) == [{}]


def test_the_gate_of_many_can_be_left_open(visitor, many_zip):
    visitor.everybody()
    dark = made.encoded(real.portrait("grace_hopper").point(lambda value: value // 16))
    *_, last = visitor.many(many_zip({"Dark/a.png": dark}))
    assert "1 refused" in last["said"] and "too dark" in last["said"]
    assert visitor.gallery.people() == {}
    *_, last = visitor.many(many_zip({"Dark/a.png": dark}), keep=True, gate=False)
    assert "1 faces enrolled" in last["said"]
    (face,) = visitor.gallery.faces("Dark")
    assert face.picture and face.landmarks


def test_a_set_goes_into_the_kept_gallery_when_that_is_chosen(kept_house, many_zip, tmp_path):
    visitor = kept_house()
    list(visitor.many(many_zip(FOUR)))
    with closing(open_store(str(tmp_path / "kept.db"))) as store:
        assert Gallery(store, visitor.gallery.space).people() == dict.fromkeys(
            ("eileen_collins", "grace_hopper"), 2
        )
    visitor.change(place=VISIT)
    assert visitor.gallery.people() == {GRACE: 1}
