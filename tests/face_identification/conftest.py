"""The identification page's handlers as plain functions, with real networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plugins.face_identification.events import Events
from plugins.face_identification.gallery_events import GalleryEvents
from plugins.face_identification.people_events import PeopleEvents
from plugins.face_identification.session import VISIT, Session
from plugins.face_identification.settings import KEPT
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.page.widgets import Upload
from registry import Limits, Task, TaskContext
from tests.shared.faces import real

GLOBS = (real.DLIB, "*ms1mv3", "finetuned.*")


def context(data: Path | None = None) -> TaskContext:
    """What the host gives the task; no other network than the packaged one can be had."""
    task = Task("face-identification", "Face recognition", "x:y", backbones=GLOBS)
    return TaskContext(task, Limits(), real.weights(), data)


class Visitor:
    """Somebody who uses the page: a session, its settings, and what they were shown last.

    Attributes:
        shown: The page's parts by name; what a handler does not name stays as it was.
    """

    def __init__(self, events: Events, name: str):
        self.events, self.people = events, PeopleEvents(events)
        self.gallery_events = GalleryEvents(events, self.people)
        self.session = Session()
        self.settings = {
            "place": VISIT,
            "model": real.DLIB,
            "template": "all",
            "tau": 0.5,
            "follow": False,
            "projection": "pca",
            "once": True,
        }
        self.shown: dict[str, Any] = {}

    @property
    def values(self) -> tuple:
        return (self.session, *self.settings.values())

    @property
    def gallery(self) -> Gallery:
        settings = self.settings
        network = self.events.network(settings["model"])
        return self.events.gallery(self.session, settings["place"], network)

    @property
    def words(self) -> list[str]:
        """What the boxes of the probe say."""
        return [face["verdict"] for face in (self.shown["json"] or {"faces": []})["faces"]]

    @property
    def said(self) -> str:
        """The last message."""
        return self.shown.get("said", "")

    def show(self, values: dict[str, Any]) -> str:
        """Take an answer as the page does; returns the last message."""
        self.shown.update(values)
        return self.said

    # --- the first part -----------------------------------------------------------------------

    def open(self, remembered: Any = None) -> None:
        self.show(self.events.open(remembered, *self.values))

    def upload(self, path: Path | None, name: str = "") -> list[dict]:
        upload = path and Upload(path, name or path.name)
        return list(self._every(self.events.upload(upload, *self.values)))

    def example(self, key: str) -> None:
        event = SimpleNamespace(key=key)
        list(self._every(self.events.example(event, *self.values)))

    def choose(self, face: int) -> None:
        event = SimpleNamespace(face=face)
        self.show(self.events.choose(event, *self.values))

    def change(self, **settings: Any) -> None:
        self.settings.update(settings)
        self.show(self.events.change(*self.values))

    def enrol(
        self, name: str, keep: bool = False, insist: bool = False, typed: dict | None = None
    ) -> str:
        session, *settings = self.values
        self.shown["name"] = name  # As it was typed.
        return self.show(self.events.enrol(session, typed, name, keep, insist, *settings))

    def remove(self, person: str) -> str:
        event = SimpleNamespace(person=person)
        return self.show(self.events.remove(event, *self.values))

    # --- the gallery's part -------------------------------------------------------------------

    def act(self, verb: str, person: str = "", name: str = "", ids: Sequence[str] = ()) -> str:
        """One correction, and what follows it on the page."""
        event = SimpleNamespace(verb=verb, person=person, name=name, ids=list(ids))
        said = self.show(self.people.act(event, *self.values))
        self.show(self.people.shown(*self.values))
        return said

    def look_at(self, person: str) -> str:
        """Open somebody on the people page."""
        return self.show(self.people.open(SimpleNamespace(person=person), *self.values))

    def everybody(self, sure: bool = True) -> str:
        return self.show(self.gallery_events.everybody(sure, *self.values))

    def export(self, folder: Path) -> Path:
        folder.mkdir()
        return self.gallery_events.export(folder, *self.values)

    def bring_back(self, path: Path) -> str:
        answer = self.gallery_events.bring_back(Upload(path, path.name), *self.values)
        assert answer["imported"] is None
        return self.show(answer)

    def many(self, path: Path, keep: bool = False, gate: bool = True) -> Iterator[dict]:
        """Every answer of a bulk enrolment."""
        upload = Upload(path, path.name)
        for answer in self._every(self.gallery_events.many(upload, keep, gate, *self.values)):
            assert answer["set"] is None
            yield answer

    def encode_again(self) -> Iterator[dict]:
        return self._every(self.gallery_events.encode_again(*self.values))

    def _every(self, answers: Iterator[dict]) -> Iterator[dict]:
        for answer in answers:
            self.show(answer)
            yield answer


@pytest.fixture
def visitors() -> Iterator[Callable[..., Visitor]]:
    """Make visitors; of one house, unless another one is named."""
    houses: dict[Any, Events] = {}
    made: list[Visitor] = []

    def visit(house: Any = "ours", data: Path | None = None) -> Visitor:
        if house not in houses:
            houses[house] = Events(context(data))
        made.append(Visitor(houses[house], f"visitor {len(made)}"))
        return made[-1]

    yield visit
    for visitor in made:
        visitor.session.forget()
    for events in houses.values():
        if events._kept:
            events._kept.close()


@pytest.fixture
def visitor(visitors, monkeypatch, tmp_path) -> Visitor:
    """One who has opened the page of a house that keeps no gallery."""
    for name in ("PARAGONE_GALLERY", "PARAGONE_GALLERY_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    visitor = visitors()
    visitor.open()
    return visitor


@pytest.fixture
def kept_house(visitors, monkeypatch, tmp_path) -> Callable[[], Visitor]:
    """Visitors of a house that keeps its gallery in `kept.db`; they have chosen it."""
    monkeypatch.setenv("PARAGONE_GALLERY", str(tmp_path / "kept.db"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))

    def visit() -> Visitor:
        visitor = visitors("keeping")
        visitor.open()
        visitor.change(place=KEPT)
        return visitor

    return visit


@pytest.fixture
def two(visitor):
    """A visitor with Grace Hopper's opening photo and two photos of Eileen Collins."""
    visitor.choose(1)
    visitor.enrol("Eileen Collins")
    visitor.example("eileen_collins_mirrored")
    visitor.enrol("Eileen Collins")
    visitor.example("together")
    assert visitor.gallery.people() == {"Eileen Collins": 2, "Grace Hopper": 1}
    return visitor
