"""Networks that a visitor trained, on the face pages: who may choose them, and what is shown."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pytest

from plugins.shared.faces import view
from plugins.shared.faces.detect import MIN_FACE, usable, whole_picture
from plugins.shared.faces.encode import EncodingCache, encode_faces
from plugins.shared.faces.engine import MOST_OWN, Engine, Own
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.measured.operating_curves import OperatingCurve
from plugins.shared.faces.measured.trained import _kept, curves_of, examples_of, offered, remember
from plugins.shared.faces.quality import judge
from plugins.shared.faces.subject import Subject, plain_face
from registry import Limits, Task, TaskContext
from tests.shared.faces import own, real
from tests.shared.faces.markup import Page
from weights import Weights
from weights.errors import Gone, ParagoneError


@pytest.fixture
def weights() -> Weights:
    return Weights(device="cpu", offline=True)


@pytest.fixture
def engine(weights) -> Engine:
    task = Task("faces", "Faces", "x:y", backbones=(real.DLIB, "*ms1mv3", "finetuned.*"))
    return Engine(TaskContext(task, Limits(), weights))


def test_whoever_knows_the_name_may_use_it(engine, weights):
    card = own.adopt(weights)
    assert engine.card(card.name) is card
    network = engine.network(card.name)
    assert network.origin.via == "session" and network.load().card is card
    subject = engine.detect(own.picture("red"), card.name)
    (encoded,) = encode_faces(network, [(subject.picture, subject.face)], EncodingCache())
    assert encoded.chip.shape == (32, 32, 3) and encoded.encoding.shape == (16,)
    assert np.linalg.norm(encoded.encoding) == pytest.approx(1, abs=1e-6)


def test_nobody_else_sees_it(engine, weights):
    mine, theirs = own.adopt(weights, "Mine"), own.adopt(weights, "Theirs")
    assert mine.name not in engine.cards
    named, _ = engine.choices(engine.own({"names": [mine.name]}))
    assert named[0] == ("Mine", mine.name)
    assert theirs.name not in {name for _, name in named}
    assert {name for _, name in engine.titles()} == set(engine.cards)
    for offered_ in (engine.choices()[0], engine.choices(engine.own(None))[0]):
        assert {name for _, name in offered_} <= set(engine.cards)
    with pytest.raises(ParagoneError) as caught:
        engine.network("finetuned.mine")
    assert mine.name not in caught.value.for_people


def test_the_newest_is_on_top_and_the_chosen_one_must_be_there(engine, weights):
    names = [own.adopt(weights, f"Run {i}").name for i in range(3)]
    found = engine.own({"names": names[::-1], "chosen": names[1]})
    assert [card.title for card in found.cards] == ["Run 2", "Run 1", "Run 0"]
    assert (found.gone, found.chosen) == ((), names[1])
    assert found.plain == {"names": names[::-1], "gone": []}
    assert [title for title, _ in engine.titles(found)[:4]] == [
        "Run 2", "Run 1", "Run 0", engine.cards[engine.default].title
    ]  # fmt: skip
    assert engine.own({"names": names[:1], "chosen": names[1]}).chosen == ""


def test_what_is_gone_is_dropped_and_said(engine, weights):
    kept, lost, other = (own.adopt(weights, title).name for title in "abc")
    weights.release(lost)
    found = engine.own({"names": [kept, lost], "chosen": lost})
    assert ([card.name for card in found.cards], found.gone) == ([kept], (lost,))
    assert found.chosen == "" and found.plain["gone"] == [lost]
    word = engine.lost(found)
    assert (
        "One network that you fine-tuned is no longer kept. Such a network is kept in memory"
        in word
    )
    assert lost not in word
    weights.release(kept)
    both = engine.own({"names": [kept, lost]})
    assert "2 networks that you fine-tuned are no longer kept" in engine.lost(both)
    with pytest.raises(Gone, match="no longer kept"):
        engine.network(lost)
    assert weights.card(other)


@pytest.mark.parametrize(
    "told",
    [None, 3, "x", [], {}, {"names": None}, {"names": "finetuned"}, {"names": {"a": 1}}]
    + [{"names": [None, 3, ["x"], {}, "", real.DLIB, "vgg19.tv_in1k", "../../x"]}]
    + [{"names": [], "chosen": ["x"]}, {"chosen": real.DLIB}, {"chosen": {}}],
)
def test_whatever_else_a_browser_sends_counts_as_nothing(engine, told):
    assert engine.own(told) == Own()


def test_a_browser_cannot_ask_for_endlessly_many(engine, monkeypatch):
    asked = []
    monkeypatch.setattr(type(engine.ctx), "card", lambda self, name: asked.append(name))
    engine.own({"names": [f"finetuned.{i:032x}" for i in range(10_000)]})
    assert len(asked) == MOST_OWN


# --- whole pictures ------------------------------------------------------------------------------


def test_a_whole_picture_is_compared_at_any_size():
    small = own.picture("green", size=(20, 30))
    (face,) = whole_picture(small)
    assert face.box == (0, 0, 20, 30) and face.size < MIN_FACE and face.whole and face.large
    assert usable(small, (face,)) is face
    assert judge(small, face) == ()
    assert plain_face(small, face) == {
        "box": [0, 0, 20, 30],
        "width": 20,
        "score": None,
        "number": 1,
    }


def test_no_face_is_searched_for_it(engine, weights, monkeypatch):
    card = own.adopt(weights)
    monkeypatch.setattr(engine, "find_faces", None)
    for picture in (own.picture("red"), load_example("grace_hopper")):
        subject = engine.detect(picture, card.name)
        assert subject.whole and subject.faces == whole_picture(picture)
    assert engine.finder(card.name) is whole_picture


def test_a_network_for_faces_still_looks_for_them(engine, weights):
    card = own.adopt(weights, alignment="arcface-112")
    picture = load_example("grace_hopper")
    for name in (card.name, real.DLIB):
        subject = engine.detect(picture, name)
        assert not subject.whole and len(subject.face.landmarks) == 5
    nobody = engine.detect(real.picture(real.landscape()), card.name)
    assert nobody.faces == () and not nobody.whole


def test_pictures_are_looked_at_again_only_when_they_are_seen_otherwise(engine, weights):
    whole = own.adopt(weights).name
    faces = engine.detect(load_example("together"), real.DLIB)
    faces = replace(faces, chosen=1)
    assert engine.detect_again(faces, real.DLIB) is faces
    as_whole = engine.detect_again(faces, whole)
    assert as_whole.whole and as_whole.chosen == 0 and as_whole.picture is faces.picture
    assert engine.detect_again(as_whole, whole) is as_whole
    again = engine.detect_again(as_whole, real.DLIB)
    assert len(again.faces) == 2 and not again.whole


def test_the_page_says_that_no_face_was_searched():
    picture = own.picture("blue")
    words = Page(view.whole_note(Subject(picture, whole_picture(picture)))).text
    assert "The whole picture is compared: this network was trained on whole pictures." in words
    faces = Subject(load_example("grace_hopper"), real.faces("grace_hopper"))
    assert view.whole_note(faces) == view.whole_note(None) == ""


# --- what is remembered of it --------------------------------------------------------------------


def test_its_curve_and_examples_are_found_by_its_card(engine, weights):
    card = own.trained(weights)
    (curve,) = curves_of(card)
    assert curve.sentence.startswith(
        "Measured on the held-out identities of this run: 3 identities, 15 whole pictures, "
    )
    assert "face" not in curve.sentence
    assert len(examples_of(card)) == 12
    page = Page(engine.shelf(card.name))
    keys = [tag["data-example"] for tag in page.all("button")]
    assert keys == list(examples_of(card)) and "grace_hopper" not in keys
    assert engine.offered_picture(keys[3], card.name) is examples_of(card)[keys[3]]
    assert engine.offered_picture("grace_hopper", card.name) is load_example("grace_hopper")
    opening = engine.opening(card.name, ("grace_hopper", "eileen_collins"))
    assert [one.name for one in opening] == ["red 0.png", "green 0.png"]


def test_one_without_examples_offers_the_bundled_pictures(engine, weights):
    card = own.adopt(weights)
    assert curves_of(card) == () and examples_of(card) == {}
    assert offered(card) == view.bundled() == engine.shelf(real.DLIB) == engine.shelf("gone.x")
    assert engine.opening(card.name, ("together",)) == [load_example("together")]
    with pytest.raises(ParagoneError, match="No bundled picture"):
        engine.offered_picture("own-0", card.name)


def test_another_network_has_none_of_it(weights):
    own.trained(weights)
    other = own.adopt(weights)
    assert curves_of(other) == () and examples_of(other) == {}
    assert len(curves_of(weights.card(real.DLIB))) >= 1


def test_it_goes_with_the_weights(weights):
    before = len(_kept)
    name = own.trained(weights).name
    gc.collect()
    assert len(_kept) == before + 1 and len(examples_of(weights.card(name))) == 12
    weights.release(name)
    gc.collect()
    assert len(_kept) == before


def test_a_curve_that_lacks_a_distance_is_refused(weights):
    card = own.adopt(weights)
    full = own.curve(weights, card)
    part = {"euclidean": full.by_metric["euclidean"]}
    assert isinstance(part["euclidean"], OperatingCurve)
    with pytest.raises(ParagoneError, match="squared, cosine"):
        remember(card, replace(full, by_metric=part), ())
    assert curves_of(card) == ()
