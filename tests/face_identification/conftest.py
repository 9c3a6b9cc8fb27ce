"""The identification page's handlers as plain functions, with real networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from plugins.face_identification.events import Events
from plugins.face_identification.gallery_events import GalleryEvents
from plugins.face_identification.session import VISIT, Session
from plugins.face_identification.settings import KEPT
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.page.widgets import Upload
from registry import Limits, Task, TaskContext
from tests.shared.faces import real

GLOBS = (real.DLIB, "*ms1mv3", "finetuned.*")
SHOWN = ("view", "tau", "answer", "people", "map", "card", "json")


def context(data: Path | None = None) -> TaskContext:
    """What the host gives the task; no other network than the packaged one can be had."""
    task = Task("face-identification", "Face recognition", "x:y", backbones=GLOBS)
    return TaskContext(task, Limits(), real.weights(), data)


class Visitor:
    """Somebody who uses the page: a session, its settings, and what they were shown last.

    Attributes:
        shown: The page's outputs by name; what a handler skips stays as it was.
        said: The last message. `returned`: the last handler's values, as they came.
    """

    def __init__(self, events: Events, name: str):
        self.events, self.gallery_events = events, GalleryEvents(events)
        self.session = Session()
        self.settings = {
            "place": VISIT,
            "model": real.DLIB,
            "template": "all",
            "tau": 0.5,
            "follow": False,
            "projection": "pca",
        }
        self.shown: dict[str, Any] = {}
        self.said = ""

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

    def show(self, values: Sequence[Any]) -> None:
        """Take the last seven values of an answer as the page does."""
        skip = gr.skip()
        for name, value in zip(SHOWN, values[-len(SHOWN) :], strict=True):
            if value != skip:
                self.shown[name] = value

    # --- the first part -----------------------------------------------------------------------

    def open(self) -> None:
        self.show(self.events.open(None, *self.values))

    def upload(self, path: Path | None, name: str = "") -> list[tuple]:
        upload = path and Upload(path, name or path.name)
        return self._every(self.events.upload(upload, *self.values))

    def example(self, key: str) -> None:
        event = SimpleNamespace(key=key)
        self._every(self.events.example(event, *self.values))

    def choose(self, face: int) -> None:
        event = SimpleNamespace(face=face)
        self.show(self.events.choose(event, *self.values))

    def change(self, **settings: Any) -> None:
        self.settings.update(settings)
        self.show(self.events.change(*self.values))

    def enrol(self, name: str, keep: bool = False, insist: bool = False) -> str:
        session, *settings = self.values
        self.said, self.field, *shown = self.events.enrol(session, name, keep, insist, *settings)
        self.show(shown)
        return self.said

    def remove(self, person: str) -> str:
        event = SimpleNamespace(person=person)
        self.said, *shown = self.events.remove(event, *self.values)
        self.show(shown)
        return self.said

    # --- the gallery's part -------------------------------------------------------------------

    def correct(self, verb: str, person: str = "", other: str = "", new: str = "") -> str:
        handler = getattr(self.gallery_events, verb)
        return self._told(handler(person, other, new, *self.values))

    def everybody(self, sure: bool = True) -> str:
        self.sure, *answer = self.gallery_events.everybody(sure, *self.values)
        return self._told(answer)

    def tick(self, *ids: str) -> None:
        self.gallery_events.tick(SimpleNamespace(ids=list(ids)), self.session)

    def export(self, folder: Path) -> Path:
        folder.mkdir()
        return self.gallery_events.export(folder, *self.values)

    def bring_back(self, path: Path) -> str:
        upload = Upload(path, path.name)
        emptied, *answer = self.gallery_events.bring_back(upload, *self.values)
        assert emptied is None
        return self._told(answer)

    def many(self, path: Path, keep: bool = False, gate: bool = True) -> Iterator[tuple]:
        """Every answer of a bulk enrolment: (stop button, state, message)."""
        upload = Upload(path, path.name)
        run = self.gallery_events.many(upload, keep, gate, *self.values)
        return self._run(answer[1:] for answer in run)

    def encode_again(self) -> Iterator[tuple]:
        return self._run(self.gallery_events.encode_again(*self.values))

    def _run(self, answers: Iterator[tuple]) -> Iterator[tuple]:
        for stop, state, *answer in answers:
            yield stop, state, self._told(answer)

    def _told(self, answer: Sequence[Any]) -> str:
        assert len(answer) == 4 + len(SHOWN)
        if answer[0] != gr.skip():
            self.said = answer[0]
        self.show(answer)
        return self.said

    def _every(self, answers: Iterator[tuple]) -> list[tuple]:
        seen = list(answers)
        for answer in seen:
            self.show(answer)
        return seen


@pytest.fixture
def visitors() -> Iterator[Callable[..., Visitor]]:
    """Make visitors; of one house, unless told otherwise."""
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
