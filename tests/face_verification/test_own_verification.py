"""The verification page's handlers with a network that the visitor has just trained."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import pytest

from plugins.face_verification.events import Events
from plugins.face_verification.model import Session, curves_for
from plugins.shared.faces.distances import METRICS
from plugins.shared.page.widgets import Upload
from registry import Limits, Task, TaskContext
from tests.shared.faces import own, real
from tests.shared.faces.markup import Page
from weights import Weights
from weights.errors import Gone

WHOLE = "The whole picture is compared: this network was trained on whole pictures."


@pytest.fixture
def weights() -> Weights:
    return Weights(device="cpu", offline=True)


@pytest.fixture
def events(weights) -> Events:
    globs = (real.DLIB, "*ms1mv3", "finetuned.*")
    task = Task("face-verification", "Face verification", "x:y", backbones=globs)
    events = Events(TaskContext(task, Limits(), weights))
    events.warm_up = lambda: None  # Nothing is loaded behind the test's back.
    return events


def opened(events: Events, remembered: object = None) -> tuple[Session, dict]:
    session = Session()
    return session, events.open(remembered, session, real.DLIB, "squared", 0.5, "")


def test_it_opens_with_the_faces_where_nothing_was_trained(events):
    session, shown = opened(events, {"names": [], "chosen": ""})
    answer, model = shown["answer"], shown["model"]
    assert shown["own"] == {"names": [], "chosen": ""} and model.value == real.DLIB
    assert [name for _, name in model.choices] == list(events.cards)
    assert shown["metric"] == "euclidean" and answer["verdict"] == "different people"
    assert answer["model"] == real.DLIB and shown["tau"].value == 0.6
    assert not any(subject.whole for subject in session.subjects.values())
    assert WHOLE not in Page(shown["view_a"] + shown["view_b"]).text


def test_it_opens_with_the_network_that_was_just_trained(events, weights):
    card = own.trained(weights)
    session, shown = opened(events, {"names": [card.name], "chosen": card.name})
    model, slider, offered = shown["model"], shown["tau"], shown["measured_on"]
    answer, about = shown["answer"], shown["about"]
    assert model.value == card.name and model.choices[0] == (own.TITLE, card.name)
    assert [one.picture.name for one in session.subjects.values()] == ["red 0.png", "green 0.png"]
    for side in "ab":
        page = Page(shown[f"view_{side}"])
        assert WHOLE in page.text and page.text.count("face") == 0
        buttons = page.all("button")
        assert len([b for b in buttons if "data-example" in b]) == 12
        assert not [b for b in buttons if "data-face" in b]
    (curve,) = curves_for(card, None).values()
    assert offered.value == curve.title and offered.choices == [(curve.title, curve.title)]
    best = METRICS["euclidean"].snap(curve.by_metric["euclidean"].best_threshold)
    assert slider.value == best and "best balanced accuracy" in slider.info
    assert answer["model"] == card.name and answer["verdict"] == "different people"
    assert answer["measured_on"] == curve.sentence and answer["fmr"] is not None
    assert answer["faces_a"] == [{"box": [0, 0, 24, 24], "width": 24, "score": None, "number": 1}]
    assert "fine-tuned in this visit" in about and card.name not in about
    assert "16 numbers a picture" in about


def test_the_pictures_are_read_again_for_another_kind_of_network(events, weights):
    card = own.adopt(weights)
    session, _ = opened(events)
    before = dict(session.subjects)
    answer = events.change_network(session, card.name, "euclidean", 0.6, "")
    assert all(one.whole for one in session.subjects.values())
    assert WHOLE in Page(answer["view_a"]).text and WHOLE in Page(answer["view_b"]).text
    assert answer["answer"]["model"] == card.name and answer["answer"]["fmr"] is None
    back = events.change_network(session, real.DLIB, "euclidean", 0.6, "")
    assert session.subjects == before and WHOLE not in Page(back["view_a"]).text
    assert back["answer"]["distance"] == pytest.approx(0.689, abs=0.003)


def test_a_picture_without_a_face_is_refused_again_by_a_network_for_faces(events, weights):
    card = own.trained(weights)
    session, _ = opened(events, {"names": [card.name], "chosen": card.name})
    answer = events.change_network(session, real.DLIB, "euclidean", 0.6, "")
    assert answer["answer"] is None and "No face was found" in answer["about"]
    back = events.change_network(session, card.name, "euclidean", 0.6, "")
    assert back["answer"]["model"] == card.name


def test_an_upload_and_an_example_are_taken_whole(events, weights, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    card = own.trained(weights)
    session, _ = opened(events, {"names": [card.name], "chosen": card.name})
    settings = (card.name, "euclidean", 0.5, "")
    path = tmp_path / "upload"
    path.write_bytes(own.file(real.landscape(20, 16)))  # Far too small for a face.
    shown = list(events.upload("a")(Upload(path, "sea.png"), session, *settings))
    assert shown[-1]["answer"]["faces_a"][0]["box"] == [0, 0, 20, 16] and not path.exists()
    assert session.subjects["a"].picture.name == "sea.png"
    event = SimpleNamespace(key="own-3")
    shown = list(events.example("a")(event, session, *settings))
    assert session.subjects["a"].picture.name == "red 1.png"
    view = shown[0]["view_a"]
    assert "red 1.png" in Page(view).text and 'data-example="own-3"' in view


def test_a_bad_upload_keeps_the_networks_own_examples_on_offer(events, weights, tmp_path):
    card = own.trained(weights)
    session, _ = opened(events, {"names": [card.name], "chosen": card.name})
    path = tmp_path / "upload"
    path.write_bytes(b"This is no picture.")
    settings = (card.name, "euclidean", 0.5, "")
    (shown,) = events.upload("a")(Upload(path, "notes.png"), session, *settings)
    assert shown.keys() == {"view_a", "picture_a"} and shown["picture_a"] is None
    view = shown["view_a"]
    assert "not a picture" in Page(view).text and 'data-example="own-0"' in view


def test_one_visitor_never_sees_what_the_other_trained(events, weights):
    mine, theirs = own.trained(weights, "Mine"), own.trained(weights, "Theirs")
    _, answer = opened(events, {"names": [mine.name]})
    _, other = opened(events, {"names": [theirs.name]})
    assert theirs.name not in str(answer) and "Theirs" not in str(answer)
    assert mine.name not in str(other) and "Mine" not in str(other)
    _, nobody = opened(events)
    assert "finetuned." not in str(nobody) and "Mine" not in str(nobody)


def test_a_network_that_went_during_the_visit_is_said_in_words(events, weights):
    card = own.trained(weights)
    session, _ = opened(events, {"names": [card.name], "chosen": card.name})
    weights.release(card.name)
    for ask in (
        events.change_network,
        events.change_settings,
        events.refresh,
    ):  # None to go back to
        with pytest.raises(Gone, match="no longer kept"):
            ask(session, card.name, "euclidean", 0.5, "")
    answer = events.opened({"names": [card.name]})
    model, laboratory = answer["model"], answer["laboratory_model"]
    assert answer["own"] == {"names": [], "gone": [card.name]}
    assert "One network that you fine-tuned is no longer kept" in model.info
    assert isinstance(laboratory, gr.Dropdown) and card.name not in str(model.choices)


@pytest.mark.parametrize("name", ["convnext_atto.cosface_ms1mv3", "vgg.none"])
def test_a_network_that_cannot_be_had_leaves_the_comparison(events, name):
    session, _ = opened(events)
    before = dict(session.subjects)
    answer = events.change_network(session, name, "euclidean", 0.6, "")
    assert answer.keys() == {"model", "about"} and answer["model"] == real.DLIB
    assert "pv-error" in answer["about"] and session.subjects == before
    again = events.change_network(session, real.DLIB, "euclidean", 0.6, "")
    assert again["answer"]["distance"] == pytest.approx(0.689, abs=0.003)
