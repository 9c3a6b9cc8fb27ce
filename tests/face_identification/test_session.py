"""What one visitor of the identification page has brought, and that all of it goes."""

from __future__ import annotations

import copy
import gc
import weakref
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from plugins.face_identification.session import VISIT, Session
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.gallery.corrections import delete
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores.contract import StoreError
from plugins.shared.faces.subject import detect_faces
from plugins.shared.page.finished import Finished
from tests.shared.faces import real
from tests.shared.faces.gallery import enrolments


def gallery(session: Session) -> Gallery:
    return Gallery(session.store, enrolments.space(namespace=VISIT))


@pytest.fixture
def full(tmp_path) -> Session:
    """A session in which everything holds something."""
    session = Session()
    session.probe = detect_faces(load_example("grace_hopper"), real.find())
    session.cache.put(("key",), np.zeros(4, np.float32))
    session.lab = object()
    session.opened = "Ada"
    path = tmp_path / "private" / "gallery.zip"
    path.parent.mkdir()
    path.write_bytes(b"faces")
    session.files.append(path)
    gallery(session).enrol(enrolments.people({"Ada": 2, "Bob": 1, "Cy": 1}))
    cy = [face.id for face in gallery(session).faces("Cy")]
    session.history.add(gallery(session), delete(gallery(session), cy)[1])
    return session


def test_a_copy_is_a_fresh_session(full):
    """gradio copies the page's state for every visitor."""
    fresh = copy.deepcopy(full)
    assert fresh.probe is fresh.lab is None
    assert (len(fresh.cache), fresh.files, fresh.opened) == (0, [], "")
    assert fresh.history.last(gallery(fresh)) is None
    assert (fresh.stopped, fresh.forgotten) == (False, False)
    assert gallery(fresh).people() == {}
    assert gallery(full).people() == {"Ada": 2, "Bob": 1}


def test_two_sessions_share_nothing(full):
    mine, other = copy.deepcopy(full), Session()
    gallery(mine).enrol(enrolments.people({"Cid": 1}))
    gallery(other).enrol(enrolments.people({"Dora": 1}, start=5))
    assert [*gallery(mine).people()] == ["Cid"]
    assert [*gallery(other).people()] == ["Dora"]
    ours, theirs = (vars(session) for session in (mine, other))
    shared = [
        name for name, value in ours.items()
        if value is theirs[name] and not isinstance(value, (bool, int, str, tuple, type(None)))
    ]  # fmt: skip
    assert shared == []


def test_forget_empties_everything(full, tmp_path):
    store = full.store
    full.forget()
    assert full.probe is full.lab is None
    assert (len(full.cache), full.files, full.opened) == (0, [], "")
    assert full.history.last(gallery(full)) is None
    assert list(tmp_path.rglob("*")) == []
    assert full.stopped, "work that still runs ends"
    with pytest.raises(StoreError):
        store.people(VISIT)
    assert full.forgotten
    assert gallery(full).people() == {}


def test_what_was_in_memory_is_no_longer_reachable(full):
    picture, encoding = full.probe.picture, np.arange(4, dtype=np.float32)
    probe = weakref.ref(full.probe)
    full.cache.put(("another",), encoding)
    full.lab = lab = Session()
    change = full.history.last(gallery(full))
    gone = [weakref.ref(thing) for thing in (encoding, full.store, full.lab, change)]
    del encoding, lab, change
    full.forget()
    gc.collect()
    assert probe() is None and [ref() for ref in gone] == [None] * 4
    assert picture is not None  # a bundled one, which stays


def test_it_works_again_afterwards_and_says_so_once_it_is_told(full):
    full.forget()
    gallery(full).enrol(enrolments.people({"Eve": 1}))
    assert gallery(full).people() == {"Eve": 1} and full.forgotten
    full.open()
    assert (full.stopped, full.forgotten) == (False, False)
    assert gallery(full).people() == {}


def test_forgetting_nothing_is_nothing_to_tell():
    session = Session()
    session.forget()
    session.forget()
    assert not session.forgotten


def test_cleaning_up_keeps_the_gallery_and_the_probe(full, tmp_path):
    full.clean_up()
    assert (len(full.cache), full.files) == (0, [])
    assert list(tmp_path.rglob("*")) == []
    assert full.probe and gallery(full).people() == {"Ada": 2, "Bob": 1}
    full.clean_up(probe=True)
    assert full.probe is None


def test_a_disk_that_fails_keeps_nothing_in_memory(full, monkeypatch):
    monkeypatch.setattr("plugins.shared.page.session.delete_files", lambda files: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        full.forget()
    assert full.probe is full.lab is full._store is None and len(full.cache) == 0


def test_a_changed_gallery_outlives_its_session_and_is_dropped_when_nobody_comes(full):
    with gr.Blocks(analytics_enabled=False):
        finished = Finished("faces", SimpleNamespace(limits=SimpleNamespace(session_minutes=60)))
    full.lab = None
    assert finished.keep(full) == "", "nobody changed it"
    full.changed(gallery(full))
    name = finished.keep(full)
    assert name and full.weight == 3
    again, store = Session(), weakref.ref(full.store)
    full.forget()
    assert gallery(full).people() == {} and full.finished_as == ""
    finished.back(again, name)
    again.open()
    assert gallery(again).people() == {"Ada": 2, "Bob": 1}
    assert again.history.last(gallery(again)) is None, "what was deleted went with the visit"
    again.changed(gallery(again))
    assert finished.keep(again) != name and len(finished._kept) == 1
    finished._kept.release(again.finished_as)
    again.forget()
    gc.collect()
    assert store() is None


def test_a_gallery_that_was_emptied_is_not_kept(full):
    with gr.Blocks(analytics_enabled=False):
        finished = Finished("faces", SimpleNamespace(limits=SimpleNamespace(session_minutes=60)))
    full.lab = None
    full.changed(gallery(full))
    assert finished.keep(full)
    gallery(full).delete_everything()
    full.changed(gallery(full))
    assert finished.keep(full) == "" and len(finished._kept) == 0


def test_a_survey_is_kept_whoever_is_enrolled(full):
    with gr.Blocks(analytics_enabled=False):
        finished = Finished("faces", SimpleNamespace(limits=SimpleNamespace(session_minutes=60)))
    survey, name = full.lab, finished.keep(full)
    full.forget()
    again = Session()
    finished.back(again, name)
    again.open()
    assert again.lab is survey
