"""The first part of the identification page: probe, answer, people, enrolling and deleting."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace
from types import SimpleNamespace

import pytest
from serving import ROOT, run_code

from plugins.face_identification import services
from plugins.face_identification.error_rates import basis, threshold_for
from plugins.face_identification.session import VISIT
from plugins.face_identification.settings import KEPT
from plugins.shared.faces.detect import Faces
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.gallery import enrolment as enrolling
from plugins.shared.faces.gallery.names import face_id, person_name
from plugins.shared.faces.subject import detect_faces
from tests.shared.faces import made, real
from tests.shared.faces.markup import EVIL, Page, safe
from weights.errors import ParagoneError

GRACE, EILEEN = "Grace Hopper", "Eileen Collins"
MISSING = "convnext_atto.cosface_ms1mv3"


def boxes(view: str) -> list[str]:
    """The words in the boxes of the probe."""
    page = Page(view)
    labels = [button["aria-label"] for button in page.all("button") if "data-face" in button]
    return [label.partition(": ")[2] for label in labels]


def cards(people: str) -> list[str]:
    return [tag["data-person"] for tag in Page(people).all("div") if "data-person" in tag]


# --- opening ---------------------------------------------------------------------------------


def test_the_page_opens_with_a_name_and_a_stranger(visitor):
    assert boxes(visitor.shown["view"]) == [GRACE, "unknown"]
    assert visitor.words == [GRACE, "unknown"]
    assert cards(visitor.shown["people"]) == [GRACE]
    answer = visitor.shown["answer"]
    assert answer["face"] == "Face 2 of 2", "the stranger is chosen"
    (candidate,) = answer["candidates"]
    distance = visitor.shown["json"]["faces"][1]["candidates"][0]["distance"]
    assert candidate["person"] == GRACE and candidate["distance"] == distance > answer["tau"]
    assert candidate["chip"].startswith("data:image/jpeg;base64,")
    assert answer["k"] == 1 and len(answer["fpir"]) == len(answer["fnir"]) > 100
    assert "known from before" in visitor.shown["about"]
    assert visitor.shown["map"].count("is-probe") == visitor.shown["map"].count("is-other") == 1
    (row,) = visitor.gallery.rows()
    assert row.picture and row.id == face_id(load_example("grace_hopper").digest, 0)


def test_the_page_opens_without_a_network():
    code = """
import sys
from tests.face_identification.conftest import Visitor, context
from plugins.face_identification.events import Events
visitor = Visitor(Events(context()), "me")
visitor.open()
assert visitor.words == ["Grace Hopper", "unknown"], visitor.words
visitor.change(follow=True, template="mean")
visitor.choose(0)
assert visitor.words == ["Grace Hopper", "unknown"], visitor.words
print(sorted({"torch", "timm", "matplotlib"} & set(sys.modules)))
"""
    assert run_code(code, {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}).strip() == "[]"


def test_opening_again_begins_anew(visitor):
    visitor.choose(1)
    visitor.enrol(EILEEN)
    assert cards(visitor.shown["people"]) == [EILEEN, GRACE]
    visitor.open()
    assert cards(visitor.shown["people"]) == [GRACE]
    assert visitor.words == [GRACE, "unknown"] and not visitor.session.forgotten


def test_networks_that_cannot_be_had_are_listed_apart(visitor, monkeypatch):
    warmed = []
    monkeypatch.setattr(visitor.events, "warm_up", lambda: warmed.append(True))
    answer = visitor.events.opened(None)
    choices, laboratory = answer["model"], answer["laboratory_model"]
    assert answer["own"] == {"names": [], "gone": []} and laboratory.choices == choices.choices
    assert [name for _, name in choices.choices] == [real.DLIB]
    apart = answer["model_apart"]
    assert "more cannot be had now" in apart and "Offline mode" in apart
    assert answer["laboratory_model_apart"] == apart and warmed == [True]


# --- the probe -------------------------------------------------------------------------------

BAD = {
    "notes.jpg": (b"These are my notes.\n" * 20, "not a picture"),
    "empty.png": (b"", "The file is empty"),
    "cut.jpg": (made.encoded(real.portrait("grace_hopper"), "JPEG")[:6000], "cannot be decoded"),
    "bomb.png": (made.bomb_png(), "pixels"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_upload_leaves_the_probe_before_it(visitor, tmp_path, name):
    data, says = BAD[name]
    before, probe = dict(visitor.shown), visitor.session.probe
    path = tmp_path / "upload"
    path.write_bytes(data)
    (answer,) = visitor.upload(path, name)
    assert answer.keys() == {"picture", "view"} and answer["picture"] is None
    assert not path.exists()
    page = Page(visitor.shown["view"])
    assert says in page.text and name in page.text
    assert boxes(visitor.shown["view"]) == [GRACE, "unknown"]
    assert visitor.session.probe is probe
    assert visitor.shown == {**before, **answer}


def test_a_picture_without_a_face(visitor, tmp_path):
    path = tmp_path / "view.png"
    path.write_bytes(made.encoded(real.landscape()))
    visitor.upload(path)
    assert "No face was found" in Page(visitor.shown["view"]).text
    assert visitor.shown["answer"]["candidates"] == [] and visitor.shown["json"] is None
    assert "Bring a picture of a face." in visitor.shown["answer"]["message"]
    assert "No face was found" in visitor.enrol("Nobody")
    assert visitor.gallery.people() == {GRACE: 1} and not path.exists()


def test_an_upload_is_shown_at_once_and_then_answered(visitor, tmp_path):
    path = tmp_path / "upload.png"
    path.write_bytes(made.encoded(real.portrait("grace_hopper", "mirrored")))
    first, second = visitor.upload(path, f"{EVIL}.png")
    assert first["picture"] is second["picture"] is None and not path.exists()
    assert boxes(first["view"]) == ["unknown"] and first["answer"] == {"message": "Searching…"}
    assert boxes(second["view"]) == [GRACE] and visitor.words == [GRACE]
    assert "Computed on cpu in" in visitor.shown["about"]
    safe(visitor.shown["view"], shown=False)  # A file's name is shortened when it is read.


def test_no_upload_changes_nothing(visitor):
    (answer,) = visitor.upload(None)
    assert answer == {}


def test_nobody_is_in_a_picture_twice_but_in_mirrors(visitor, tmp_path):
    twice = real.side_by_side(*(real.portrait("grace_hopper", c) for c in ("plain", "mirrored")))
    path = tmp_path / "mirror.png"
    path.write_bytes(made.encoded(twice))
    visitor.upload(path)
    assert sorted(visitor.words) == [GRACE, "unknown"]
    faces = visitor.shown["json"]["faces"]
    lost, won = sorted(faces, key=lambda face: face["person"] is not None)
    assert lost["rival"] == {"person": GRACE, "number": won["number"], "nearer": True}
    assert won["rival"] is None and visitor.shown["json"]["once"]
    assert lost["candidates"][0]["distance"] > won["candidates"][0]["distance"]
    visitor.choose(faces.index(lost))
    *_, (start, name, number, nearer) = visitor.shown["answer"]["names"]
    assert (name, number, nearer) == ("", won["number"], True) and start <= 0.5
    visitor.change(once=False)
    assert visitor.words == [GRACE, GRACE] and not visitor.shown["json"]["once"]
    assert all(face["rival"] is None for face in visitor.shown["json"]["faces"])


def test_a_face_that_was_missed_is_placed_named_and_enrolled(visitor, tmp_path):
    path = tmp_path / "both.png"
    both = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    path.write_bytes(made.encoded(both))
    visitor.upload(path)
    probe = visitor.session.probe
    known = probe.faces[visitor.words.index("unknown")]
    other = probe.faces[visitor.words.index(GRACE)]
    visitor.session.probe = replace(probe, faces=Faces([other]), chosen=0)
    height, width = probe.picture.pixels.shape[:2]
    eyes = [[x / width, y / height] for x, y in known.landmarks[:2]]
    visitor.show(visitor.events.place(SimpleNamespace(eyes=eyes), *visitor.values))
    assert visitor.words == [GRACE, "unknown"] and visitor.shown["answer"]["face"].endswith("of 2")
    assert visitor.shown["json"]["faces"][1]["by_hand"]
    visitor.enrol("Ada", insist=True)
    assert visitor.words == [GRACE, "Ada"]
    (row,) = visitor.gallery.faces("Ada")
    assert row.id != face_id(probe.picture.digest, 1), "that may be another face some day"
    visitor.show(visitor.events.place(SimpleNamespace(eyes=[]), *visitor.values))
    assert "not in the picture" in Page(visitor.shown["view"]).text
    assert len(visitor.session.probe.faces) == 2


def test_examples_and_faces_are_chosen(visitor):
    visitor.example("eileen_collins")
    assert visitor.words == ["unknown"] and visitor.shown["answer"]["face"] == ""
    visitor.example("together")
    assert visitor.shown["answer"]["face"] == "Face 1 of 2"
    visitor.choose(1)
    assert visitor.shown["answer"]["face"] == "Face 2 of 2"
    for face in (2, -1):
        with pytest.raises(ParagoneError, match="no longer kept"):
            visitor.choose(face)
    visitor.session.forget()
    with pytest.raises(ParagoneError, match="no longer kept"):
        visitor.choose(0)


# --- settings --------------------------------------------------------------------------------


def test_tau_by_hand_and_tau_that_follows_k(visitor):
    visitor.change(tau=0.9, follow=False, once=False)
    assert visitor.words == [GRACE, GRACE], "a lenient tau names the stranger"
    visitor.change(once=True)
    assert visitor.words == [GRACE, "unknown"], "unless Grace is somebody else already"
    assert (visitor.shown["tau"].value, visitor.shown["tau"].info) == (0.9, "set by hand")
    visitor.change(tau=0.01)
    assert visitor.words == ["unknown", "unknown"]
    visitor.change(follow=True)
    tau, why = threshold_for(basis(real.backbone().card), 1)
    assert (visitor.shown["tau"].value, visitor.shown["tau"].info) == (tau, why)
    visitor.example("grace_hopper_mirrored")
    visitor.enrol(GRACE)
    assert (visitor.gallery.count().people, visitor.gallery.count().index_rows) == (1, 2)
    visitor.change(template="all")
    assert visitor.shown["tau"].value == threshold_for(basis(real.backbone().card), 2)[0] < tau
    visitor.change(template="mean")
    assert visitor.shown["tau"].value == tau, "one mean is one comparison"


def test_a_network_that_cannot_be_had_is_a_card_and_loses_nothing(visitor):
    before = {**visitor.shown}
    visitor.change(model=MISSING)
    page = Page(visitor.shown["about"])
    assert any(tag.get("role") == "alert" for tag in page.all("div"))
    assert "Offline mode is on" in page.text and "Unset HF_HUB_OFFLINE" in page.text
    assert visitor.shown == {**before, "about": visitor.shown["about"], "model": real.DLIB}
    assert "Offline mode" in visitor.enrol("Ada")
    assert "Offline mode" in visitor.remove(GRACE)
    assert "Offline mode" in visitor.everybody()
    visitor.change(model=real.DLIB)
    assert visitor.words == [GRACE, "unknown"] and visitor.gallery.people() == {GRACE: 1}


def test_settings_that_do_not_exist(visitor):
    visitor.change(model="resnet18.a1_in1k")
    assert "No network for faces is called" in visitor.shown["about"]
    visitor.change(model=real.DLIB, place="theirs")
    assert "There is no gallery &#39;theirs&#39;" in visitor.shown["about"]
    visitor.change(place=KEPT)
    assert "This house keeps no gallery" in visitor.shown["about"]
    visitor.change(place=VISIT, template="median")
    assert "There is no template" in visitor.shown["about"]
    visitor.change(template="all")
    assert visitor.words == [GRACE, "unknown"]


# --- enrolling and deleting ------------------------------------------------------------------


def test_unknown_becomes_a_name_and_unknown_again(visitor):
    said = visitor.enrol(f"  {EILEEN} ")
    assert f"{EILEEN} is enrolled. 0 gradient steps" in said and visitor.shown["name"] == ""
    assert visitor.words == boxes(visitor.shown["view"]) == [GRACE, EILEEN]
    assert visitor.shown["answer"]["k"] == 2 and len(visitor.shown["answer"]["candidates"]) == 2
    receipt = visitor.remove(EILEEN)
    assert f"Deleted: {EILEEN}" in receipt
    assert visitor.words == boxes(visitor.shown["view"]) == [GRACE, "unknown"]
    assert cards(visitor.shown["people"]) == [GRACE]
    assert "Nobody of this name" in visitor.remove(EILEEN)


def test_enrolling_again_and_under_another_name(visitor):
    visitor.choose(1)
    visitor.enrol(EILEEN)
    assert "was enrolled already" in visitor.enrol(EILEEN)
    said = visitor.enrol("Somebody else")
    assert f"This face is enrolled already, as {EILEEN}" in said
    assert visitor.shown["name"] == "Somebody else", "what was typed stays"
    assert visitor.gallery.people() == {EILEEN: 1, GRACE: 1}


def test_somebody_near_under_another_name_is_said(visitor):
    visitor.choose(0)
    said = visitor.enrol("A double")
    distance = visitor.shown["json"]["faces"][0]["candidates"]
    assert {one["person"] for one in distance} == {"A double", GRACE}
    assert f"{GRACE} is only 0." in said and "which is within τ" in said


@pytest.mark.parametrize(
    ("name", "says"), [("", "The name is empty"), (" \t", "empty"), ("x" * 81, "81 characters")]
)
def test_names_that_cannot_be_kept(visitor, name, says):
    assert says in visitor.enrol(name) and visitor.shown["name"] == name
    assert visitor.gallery.people() == {GRACE: 1}


def test_enrolling_without_a_picture(visitor):
    visitor.session.probe = None
    assert "There is no picture" in visitor.enrol("Ada")


def test_the_quality_gate_and_insisting(visitor):
    visitor.example("eileen_collins_blurred")
    assert "blurred" in visitor.enrol(EILEEN) and visitor.gallery.people() == {GRACE: 1}
    said = visitor.enrol(EILEEN, insist=True)
    assert "is enrolled" in said and "blurred" in said
    assert visitor.gallery.people() == {EILEEN: 1, GRACE: 1}


def test_a_full_visit_says_so(visitor, monkeypatch):
    monkeypatch.setattr(enrolling, "MOST_IN_MEMORY", 1)
    assert "the most that memory holds" in visitor.enrol(EILEEN)


def test_what_is_typed_never_becomes_markup(visitor):
    """A name loses its brackets when it is kept; what is left of it is shown as text."""
    harmless = person_name(EVIL)
    assert "&amp;'" in harmless
    visitor.enrol(EVIL)
    assert visitor.words == [GRACE, harmless]
    assert visitor.shown["answer"]["candidates"][0]["person"] == harmless
    messages = [visitor.said, *(visitor.shown[part] for part in ("view", "people", "map"))]
    visitor.choose(0)
    messages += [visitor.enrol(f"2 {EVIL}"), visitor.enrol(f"Not {EVIL}")]
    messages += [visitor.remove(harmless), visitor.remove(harmless), visitor.remove(EVIL)]
    for html in messages[:-1]:
        page = safe(html, shown=False)
        shown = page.text + "".join(value or "" for _, tags in page.tags for value in tags.values())
        assert harmless in shown
    safe(messages[-1])  # Nobody has this name, which is said with what was asked for.


def test_the_receipt_counts_what_the_visit_held(visitor, tmp_path):
    visitor.enrol(EILEEN, keep=True)
    visitor.example("grace_hopper_mirrored")
    cached = len(visitor.session.cache)
    (tmp_path / "down").mkdir()
    exported = visitor.export(tmp_path / "down" / "private")
    waiting = tmp_path / "abc" / "face.jpg"
    waiting.parent.mkdir()
    waiting.write_bytes(b"a face")
    receipt = visitor.remove(EILEEN)
    rows = receipt.split("<tr>")[2:]
    cells = [[cell.split("</td>")[0] for cell in row.split("<td>")[1:]] for row in rows]
    assert cached >= 3 and cells == [
        ["people", "2", "1"],
        ["faces", "2", "1"],
        ["kept pictures", "2", "1"],
        ["chips", "2", "1"],
        ["encodings", "2", "1"],
        ["rows of the index", "2", "1"],
        ["encodings in this visit&#39;s cache", str(cached), "0"],
        ["files written for downloads", "1", "0"],
        ["uploads waiting on the server", "1", "1"],
    ]
    assert not exported.exists() and waiting.exists(), "another visitor's upload stays"


# --- visits ----------------------------------------------------------------------------------


def test_two_visitors_never_see_each_other(visitor, visitors):
    other = visitors()
    other.open()
    visitor.enrol(EILEEN)
    other.change()
    assert other.words == [GRACE, "unknown"] and cards(other.shown["people"]) == [GRACE]
    other.remove(GRACE)
    visitor.change()
    assert visitor.words == [GRACE, EILEEN]
    visitor.session.forget()
    other.example("together")
    assert other.gallery.people() == {} and other.session.probe


def test_leaving_forgets_and_coming_back_is_said_once(visitor):
    probe = weakref.ref(visitor.session.probe)
    visitor.session.forget()
    gc.collect()
    assert probe() is None and visitor.session._store is None
    visitor.change()
    assert "Your visit was forgotten" in visitor.shown["people"]
    assert visitor.words == [] and cards(visitor.shown["people"]) == []
    visitor.example("together")
    assert "Your visit was forgotten" not in visitor.shown["people"]
    visitor.enrol("Ada")
    assert visitor.gallery.people() == {"Ada": 1}


# --- a gallery that is kept ------------------------------------------------------------------


def test_a_kept_gallery_is_shared_and_said_so(kept_house, tmp_path):
    one, other = kept_house(), kept_house()
    assert one.words == ["unknown", "unknown"], "the visit's own people stay in the visit"
    one.choose(0)
    one.enrol(GRACE)
    other.change()
    assert other.words == [GRACE, "unknown"] and cards(other.shown["people"]) == [GRACE]
    assert "kept in the file" in Page(other.shown["people"]).text
    assert "kept.db" in other.shown["people"]
    one.session.forget()
    other.change()
    assert other.words == [GRACE, "unknown"], "it outlives a visit"
    one.change()
    assert "Your visit was forgotten" not in one.shown["people"]
    other.remove(GRACE)
    one.example("together")
    assert one.words == ["unknown", "unknown"]
    one.change(place=VISIT)
    assert "Your visit was forgotten" in one.shown["people"], "its own gallery was"


def test_the_kept_gallery_is_opened_once(kept_house, monkeypatch):
    opened, real_open = [], services.open_store
    monkeypatch.setattr(
        services, "open_store", lambda *args: opened.append(args) or real_open(*args)
    )
    visitor = kept_house()
    threads = [threading.Thread(target=visitor.events.kept) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


def test_a_kept_gallery_that_cannot_be_opened(kept_house, tmp_path):
    (tmp_path / "kept.db").write_bytes(b"This is no gallery at all." * 99)
    visitor = kept_house()
    page = Page(visitor.shown["people"])
    assert any(tag.get("role") == "alert" for tag in page.all("div"))
    assert "kept.db" in page.text and "Traceback" not in page.text
    assert visitor.enrol("Ada").count("pv-error") == 1
    visitor.change(place=VISIT)
    assert visitor.words == [GRACE, "unknown"]
    visitor.choose(1)
    visitor.enrol(EILEEN)
    assert visitor.words == [GRACE, EILEEN]
    (tmp_path / "kept.db").unlink()
    visitor.change(place=KEPT)
    assert "kept.db" in visitor.shown["people"] and "pv-error" not in visitor.shown["people"]


def test_the_words_where_another_network_has_encoded(visitor):
    gallery = visitor.gallery
    other = replace(gallery.space, network="other.test", revision="f" * 64)
    rows = list(gallery.rows())
    gallery.store.write(other, rows)
    visitor.change()
    assert "1 encodings of this gallery were made by another network" in visitor.shown["about"]


def test_faces_are_detected_in_a_probe_once(visitor, monkeypatch):
    """The detector is the slow part: settings and corrections must not ask it again."""
    subject = detect_faces(load_example("together"), None)
    assert subject.faces
    monkeypatch.setattr(visitor.events, "find_faces", None)
    visitor.change(template="mean")
    visitor.choose(0)
    visitor.enrol("Somebody")
    visitor.remove("Somebody")
    assert visitor.words == [GRACE, "unknown"]


# --- names -----------------------------------------------------------------------------------


def test_a_name_is_given_to_the_face_that_it_was_typed_for(visitor):
    probe = visitor.session.probe.picture.digest[:16]
    assert f'data-probe="{probe}"' in visitor.shown["view"]
    visitor.choose(0)
    visitor.enrol(EILEEN, typed={"probe": probe, "face": 1})
    assert visitor.words == [GRACE, EILEEN]
    visitor.example("eileen_collins_mirrored")
    said = visitor.enrol("Somebody", typed={"probe": probe, "face": 1})
    assert "typed for another picture" in said and visitor.shown["name"] == "Somebody"
    assert visitor.gallery.people() == {EILEEN: 1, GRACE: 1}


def test_another_spelling_is_the_same_person(visitor):
    visitor.choose(1)
    visitor.enrol(EILEEN)
    visitor.example("eileen_collins_mirrored")
    assert f"{EILEEN} is enrolled. 0 gradient" in visitor.enrol("eileen  COLLÍNS")
    assert visitor.gallery.people() == {EILEEN: 2, GRACE: 1}
    (names,) = Page(visitor.shown["people"]).all("datalist")
    assert [o["value"] for o in Page(visitor.shown["people"]).all("option")] == [EILEEN, GRACE]
