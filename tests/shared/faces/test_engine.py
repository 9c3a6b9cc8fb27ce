"""What a page asks the host for, and when it is loaded."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from plugins.shared.faces import engine as module
from plugins.shared.faces.detect import Cancelled
from plugins.shared.faces.engine import Engine
from plugins.shared.faces.examples import load_example
from plugins.shared.page.runs import Left
from registry import Limits, Task, TaskContext
from tests.shared.faces import real
from tests.shared.faces.markup import Page
from weights.errors import HubUnreachable, ParagoneError, WeightsError

MISSING = "convnext_atto.cosface_ms1mv3"


@pytest.fixture
def engine() -> Engine:
    task = Task("faces", "Faces", "x:y", backbones=(real.DLIB, "*ms1mv3"))
    return Engine(TaskContext(task, Limits(), real.weights()))


def test_the_default_is_the_first_network(engine):
    assert engine.default == real.DLIB == next(iter(engine.cards)) and MISSING in engine.cards
    assert all(card.name == name for name, card in engine.cards.items())


def test_naming_a_network_does_not_load_it(engine, monkeypatch):
    loads = []
    weights = type(real.weights())
    monkeypatch.setattr(weights, "backbone", lambda self, name: loads.append(name) or "loaded")
    network = engine.network(real.DLIB)
    assert network.card is engine.cards[real.DLIB] and loads == []
    assert network.origin.sha256 == network.card.sha256
    assert network.load() == "loaded" and loads == [real.DLIB]


def test_networks_that_cannot_be_had(engine):
    with pytest.raises(ParagoneError, match="No network for faces is called 'vgg.none'") as caught:
        engine.network("vgg.none")
    assert real.DLIB in caught.value.todo and caught.value.where == "model"
    with pytest.raises(HubUnreachable, match="Offline mode"):
        engine.network(MISSING)


def test_the_choices_say_what_is_missing(engine):
    (only,), hint = engine.choices()
    assert only == (engine.cards[real.DLIB].title, real.DLIB)
    apart, missing = Page(hint), [card for card in engine.cards.values() if card.name != real.DLIB]
    assert f"{len(missing)} more cannot be had now" in apart.text
    assert all(card.title in apart.text for card in missing) and "Offline mode" in apart.text
    assert len(apart.all("details")) == 1 and not any("open" in tag for tag in apart.all("details"))


def test_why_a_network_cannot_be_had(engine):
    assert engine.refused(real.DLIB) is None
    assert isinstance(engine.refused(MISSING), HubUnreachable)
    assert "No network for faces" in engine.refused("vgg.none").what


def test_nothing_is_said_where_all_can_be_had(engine, monkeypatch):
    weights = type(real.weights())
    monkeypatch.setattr(weights, "availability", lambda self, name: SimpleNamespace(ready=True))
    named, hint = engine.choices()
    assert hint == "" and [name for _, name in named] == list(engine.cards)


def test_faces_are_found(engine):
    assert engine.find_faces(load_example("grace_hopper")) == real.faces("grace_hopper")


def test_warming_up_happens_once_and_in_the_background(engine, monkeypatch):
    calls, done = [], threading.Event()

    def encode(self, chips):
        calls.append((self.card.name, len(chips), threading.current_thread().daemon))
        done.set()

    monkeypatch.setattr(type(engine.network(real.DLIB)), "encode", encode)
    for _ in range(5):
        engine.warm_up()
    assert done.wait(300)
    engine.warm_up()
    assert calls == [(real.DLIB, 1, True)]


def test_a_network_that_cannot_be_warmed_up_is_logged_and_no_more(engine, monkeypatch, caplog):
    def backbone(self, name):
        raise WeightsError("The file is gone", where=name)

    monkeypatch.setattr(type(real.weights()), "backbone", backbone)
    with caplog.at_level(logging.WARNING, logger=module.__name__):
        engine._load()
    assert "could not be loaded ahead" in caplog.text and "The file is gone" in caplog.text


def test_a_search_ends_when_its_caller_has_left(engine):
    gone = Engine(replace(engine.ctx, _caller_left=lambda: True))
    with pytest.raises(Left):
        gone.find_faces(load_example("grace_hopper"))
    with pytest.raises(Cancelled):
        engine.find_faces(load_example("grace_hopper"), lambda: True)
