"""The identification page's handlers with a network that the visitor has just trained."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from plugins.face_identification.error_rates import basis
from plugins.face_identification.k_laboratory.tab import KTab
from plugins.face_identification.session import VISIT
from plugins.face_identification.settings import KEPT
from tests.shared.faces import made, own, real
from tests.shared.faces.markup import Page

WHOLE = "The whole picture is compared: this network was trained on whole pictures."


@pytest.fixture
def card():
    card = own.trained(real.weights())
    yield card
    real.weights().release(card.name)


@pytest.fixture
def owner(visitors, card, monkeypatch, tmp_path):
    """One who comes from training a network."""
    for name in ("PARAGONE_GALLERY", "PARAGONE_GALLERY_KEY", "PARAGONE_VISIT_MINUTES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    visitor = visitors()
    come(visitor, card)
    return visitor


def come(visitor, card) -> None:
    visitor.open({"names": [card.name], "chosen": card.name})
    visitor.settings["model"] = visitor.shown["model"].value


def upload(visitor, tmp_path, who: str, copy: int) -> None:
    path = tmp_path / "handed in" / "upload"  # Which goes with its folder.
    path.parent.mkdir()
    path.write_bytes(own.file(own.Image.fromarray(own.picture(who, copy).pixels)))
    visitor.upload(path, f"{who} {copy}.png")
    assert not path.exists()


def test_it_opens_with_an_example_and_nobody_enrolled(owner, card):
    model = owner.shown["model"]
    assert model.value == card.name and model.choices[0] == (own.TITLE, card.name)
    page = Page(owner.shown["view"])
    assert WHOLE in page.text and "face" not in page.text.replace(WHOLE, "")
    assert [tag["data-example"] for tag in page.all("button") if "data-example" in tag][:2] == [
        "own-0",
        "own-1",
    ]
    assert owner.words == ["unknown"] and owner.gallery.people() == {}
    assert owner.shown["json"]["faces"][0]["box"] == [0, 0, 24, 24]
    assert (
        "fine-tuned in this visit" in owner.shown["about"] and card.name not in owner.shown["about"]
    )


def test_enrol_and_identify_with_whole_pictures(owner, card, tmp_path):
    """Pictures of 24 pixels, which no quality gate would let pass as faces."""
    for who in own.HUES:
        upload(owner, tmp_path, who, 90)
        said = owner.enrol(who.title(), keep=True)
        assert f"{who.title()} is enrolled. 0 gradient steps" in said and "blurred" not in said
    for who in own.HUES:
        upload(owner, tmp_path, who, 91)
        assert owner.shown["json"]["faces"][0]["candidates"][0]["person"] == who.title()
    best = basis(card).pairs.best_threshold
    owner.change(tau=best)
    assert owner.words == ["Blue"]
    assert [row.picture for row in owner.gallery.rows()] == [b""] * 3


def test_tau_follows_k_by_the_runs_own_curve(owner, card):
    known = basis(card)
    assert known.curve.title == "the held-out identities of this run" and known.growth is None
    owner.change(follow=True)
    assert owner.shown["tau"].value > 0 and "guess" not in owner.shown["tau"].info


def test_its_gallery_is_apart_from_that_of_the_faces(owner, card, tmp_path):
    upload(owner, tmp_path, "red", 90)
    owner.enrol("Red")
    owner.change(model=real.DLIB)
    assert owner.shown["json"] is None and WHOLE not in Page(owner.shown["view"]).text
    assert "No face was found" in Page(owner.shown["view"]).text
    owner.example("grace_hopper")
    assert owner.words == ["unknown"], "the red picture's encoding is no neighbour of a face"
    assert "1 encodings of this gallery were made by another network" in owner.shown["about"]
    owner.enrol("Grace", keep=True)
    owner.change(model=card.name)
    assert WHOLE in Page(owner.shown["view"]).text
    assert [one["person"] for one in owner.shown["json"]["faces"][0]["candidates"]] == ["Red"]


def test_a_kept_face_is_not_taken_for_a_whole_picture(owner, card):
    owner.change(model=real.DLIB)
    owner.example("grace_hopper")
    owner.enrol("Grace", keep=True)
    owner.change(model=card.name)
    *_, last = owner.encode_again()
    said = last["said"]
    assert "1 refused" in said and "this network reads the whole" in said
    assert owner.gallery.count().index_rows == 0


def test_many_whole_pictures_at_once(owner, tmp_path):
    files = {
        f"{who}/{copy}.png": own.file(own.Image.fromarray(own.picture(who, copy).pixels))
        for who in own.HUES
        for copy in (90, 91)
    }
    *_, last = owner.many(made.zipped(tmp_path / "colours.zip", files), gate=True)
    assert "6 faces enrolled, 0 known before, 0 refused" in last["said"]
    assert owner.gallery.people() == {"blue": 2, "green": 2, "red": 2}


def test_it_never_fills_the_gallery_of_the_house(kept_house, card):
    visitor = kept_house()
    come(visitor, card)
    visitor.change(place=KEPT)
    assert "cannot fill the gallery of the house" in visitor.shown["about"]
    visitor.change(model=real.DLIB)
    assert not visitor.events.kept().spaces(KEPT)
    assert "cannot fill" not in visitor.shown["about"]
    visitor.change(model=card.name, place=VISIT)
    assert visitor.words == ["unknown"]


def test_another_visitor_sees_nothing_of_it(visitors, owner, card):
    other = visitors()
    other.open()
    assert card.name not in str(other.shown) and own.TITLE not in str(other.shown)
    assert card.name not in str(other.shown["model"].choices)
    assert "own-0" not in str(other.shown)


def test_a_network_that_went_during_the_visit_is_said_in_words(owner, card, monkeypatch):
    real.weights().release(card.name)
    owner.change()
    assert "no longer kept" in owner.shown["about"] and "Train it again" in owner.shown["about"]
    assert owner.shown["json"] is None
    monkeypatch.setattr(owner.events, "warm_up", lambda: None)
    answer = owner.events.opened({"names": [card.name]})
    model, laboratory = answer["model"], answer["laboratory_model"]
    assert answer["own"] == {"names": [], "gone": [card.name]}
    assert "One network that you fine-tuned is no longer kept" in model.info
    assert card.name not in str((model.choices, laboratory.choices))


def test_the_k_laboratory_draws_it_too(owner, card):
    tab = SimpleNamespace(services=owner.events)
    tab._measured = lambda session, model: KTab._measured(tab, session, model)
    shown = KTab._show(tab, owner.session, card.name)
    assert shown["tau"].value > 0 and shown["plots"]
