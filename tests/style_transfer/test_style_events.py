"""The page's handlers as plain functions, with a small network."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from leaving import endpoint, leave_before_it_is_built
from painters import network, painting, photograph, png
from PIL import Image

from plugins.shared.files.pictures import Picture
from plugins.shared.page.runs import Left
from plugins.shared.page.widgets import Upload
from plugins.style_transfer import endpoint as endpoint_module
from plugins.style_transfer import frames, views
from plugins.style_transfer.downloads import write_picture, write_settings
from plugins.style_transfer.endpoint import build_endpoint
from plugins.style_transfer.events import Events
from plugins.style_transfer.fields import read_layers
from plugins.style_transfer.session import Session
from plugins.style_transfer.settings import Settings
from registry.limits import Limits
from weights.errors import ParagoneError

CARDS = [
    SimpleNamespace(name=f"{name}.untrained", twin="", title=name)
    for name in ("test_resnet", "far")
]


class Context:
    """A host with one network at hand and one that cannot be had."""

    limits = Limits()

    @staticmethod
    def caller_left() -> bool:
        return False

    def __init__(self) -> None:
        self.made = network()

    def backbones(self):
        return CARDS

    def availability(self, name):
        return SimpleNamespace(ready=not name.startswith("far"), why="The Hub cannot be reached.")

    def backbone(self, name):
        if name == "test_vit.untrained":
            made = network("test_vit")
            return replace(made, transform=replace(made.transform, size=(160, 160)))
        if name.startswith("far"):
            raise ParagoneError("The Hub cannot be reached", where=name)
        if not name.startswith("test_resnet"):
            raise LookupError(name)
        return self.made


@pytest.fixture
def events():
    return Events(Context())


@pytest.fixture
def session():
    return brought()


def brought(**pictures) -> Session:
    session = Session()
    given = {"content": photograph(), "style1": painting(), **pictures}
    for role, pixels in given.items():
        size = pixels.shape[1], pixels.shape[0]
        session.pictures[role] = Picture(pixels, role, "", size, 1.0)
    return session


def values(**changes) -> list:
    """What the page's fields hold."""
    known = Settings(backbone="test_resnet.untrained", size=96, steps=12, coarse_to_fine=False)
    held = {**known.plain(), "style_layers": "", "style_weights": "", **changes}
    return [held[name] for name in Settings.names()]


def parts(shown: dict) -> dict:
    """What a frame shows, by name; what it leaves as it was is None."""
    names = ("estimate", "status", "canvas", "plots", "grams")
    return {name: shown.get(name) for name in names} | {
        "idle": shown["paint"].interactive if "paint" in shown else None,
        "kept": isinstance(shown.get("result"), gr.Row),
    }


def painted(events, session, **changes) -> list[dict]:
    return [parts(shown) for shown in events.paint(session, *values(**changes))]


def test_a_painting_streams_from_its_start_to_its_end(events, session):
    seen = painted(events, session)
    assert "Loading" in seen[0]["status"] and not seen[0]["idle"]
    first = next(i for i, one in enumerate(seen) if one["canvas"])
    assert "Measuring" in seen[first]["estimate"] and "Step 0 of 12" in seen[first]["status"]
    assert "96 × 72 px in about" in seen[first + 1]["estimate"]
    running = seen[first + 2]
    assert "Step 1 of 12" in running["status"] and "data-scrub" not in running["canvas"]
    last = seen[-1]
    assert 'data-state="done"' in last["status"] and last["idle"] and last["kept"]
    assert "data-scrub" in last["canvas"] and last["plots"] and "st-gram " in last["grams"]
    assert "in this visit; it is in memory only" in last["status"]
    assert not session.running and not events.runs.busy


def test_stopping_keeps_the_picture(events, session, tmp_path):
    seen = []
    for shown in events.paint(session, *values(steps=900)):
        seen.append(parts(shown))
        if session.run is not None and session.run.step == 1:
            off, pause = events.stop(session).values()
            assert not off.interactive and not pause.interactive
    assert 'data-state="stopped"' in seen[-1]["status"] and seen[-1]["kept"]
    assert session.run.step <= 2, "it stops within a step"
    path = write_picture(tmp_path, session)
    assert Image.open(path).size == (96, 72) and Image.open(path).format == "PNG"
    told = json.loads(write_settings(tmp_path, session).read_text())
    assert Settings.from_plain(told["settings"]).steps == 900
    assert told["steps"] == session.run.step and told["layers"]["style"]
    session.forget()
    assert not path.exists(), "downloads are forgotten with the visit"


def test_no_number_at_the_first_step_leaves_the_painting_before(events, session):
    import torch

    painted(events, session)
    kept, made = session.run, network()
    module = copy.deepcopy(made.module)
    with torch.no_grad():
        next(module.parameters()).fill_(float("nan"))
    events.ctx.made = replace(made, module=module)
    last = painted(events, session)[-1]
    assert "no longer a number" in last["status"] and session.run is kept
    assert last["canvas"] == frames.ended(kept)["canvas"], "the painting before is on screen again"
    fresh = painted(events, brought())[-1]
    assert "data-scrub" in fresh["canvas"], "and the recorded one where there was none"


def test_nothing_painted_gives_nothing_to_take_home(session, tmp_path):
    for write in (write_picture, write_settings):
        with pytest.raises(ParagoneError, match="no painting of yours"):
            write(tmp_path, session)


def test_pausing(events, session):
    steps = events.paint(session, *values(steps=900))
    while session.run is None or not session.run.losses:
        next(steps)
    button, status = events.pause(session).values()
    assert button.value == "Go on" and 'data-state="paused"' in status and session.run.paused
    button, status = events.pause(session).values()
    assert button.value == "Pause" and not session.run.paused
    events.stop(session)
    list(steps)
    assert events.pause(session) == {}, "there is nothing to hold"


def test_whoever_leaves_frees_the_place(events, session):
    steps = events.paint(session, *values(steps=900))
    while session.run is None or not session.run.losses:
        next(steps)
    run = session.run
    session.forget()
    with pytest.raises(Left):
        list(steps)
    assert run.step <= 2 and session.run is None and not session.pictures
    assert not session.running and not events.runs.busy


def test_two_paint_one_after_the_other(events, session):
    ann = events.paint(session, *values(steps=900))
    while session.run is None:
        next(ann)
    bob = events.paint((other := brought()), *values())
    waiting = parts(next(bob)), parts(next(bob))
    assert other.run is not session.run
    assert 'data-state="waiting"' in waiting[1]["status"]
    assert "1 painting is ahead of you" in waiting[1]["status"]
    assert "cannot be measured now" in next(events.estimate(other, *values()))
    events.stop(session)
    list(ann)
    assert 'data-state="done"' in [parts(shown) for shown in bob][-1]["status"]


def test_one_painting_a_visitor(events, session):
    ann = events.paint(session, *values(steps=900))
    while session.run is None:
        next(ann)
    run = session.run
    (refused,) = painted(events, session)
    assert "A painting of yours is going on" in refused["status"]
    assert session.run is run and not run.stopped
    ann.close()
    assert not session.running and not events.runs.busy


def test_no_number_keeps_the_last_good_picture(events, session):
    import torch

    made = network()
    module = copy.deepcopy(made.module)
    events.ctx.made = replace(made, module=module)
    seen = []
    for shown in events.paint(session, *values(steps=900)):
        seen.append(parts(shown))
        if session.run is not None and session.run.losses and not session.run.failed:
            good = session.run.picture()
            with torch.no_grad():
                next(module.parameters()).fill_(float("nan"))
    run = session.run
    assert run.failed in ("content", "style") and seen[-1]["kept"]
    assert f"The {run.failed} loss is no longer a number" in seen[-1]["status"]
    assert 'data-state="failed"' in seen[-1]["status"]
    assert np.array_equal(run.result(), good)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"backbone": "resnet9000"}, "no such network here"),
        ({"backbone": ""}, "no such network here"),
        ({"backbone": "far.untrained"}, "The Hub cannot be reached"),
        ({"backbone": "test_vit.untrained"}, "resnet18"),
        ({"content_layer": "layer9"}, "layer9"),
        ({"style_layers": "layer1: much"}, "is no number"),
        ({"style_weights": "1, 2"}, "2 weights for 1 style"),
        ({"alpha": 0, "beta": 0}, "nothing to paint towards"),
        ({"style_layers": "layer1: 0, layer2: 0", "alpha": 0}, "0"),
        ({"beta": None}, "beta"),
        ({"size": 4096}, "64 to 1024"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_said_and_nothing_is_lost(events, session, changes, words):
    last = painted(events, session, **changes)[-1]
    assert "pv-error" in last["status"] and words in last["status"]
    assert last["canvas"] is None and last["idle"] and not session.running and not events.runs.busy
    said = list(events.estimate(session, *values(**changes)))[-1]
    assert words in said, "and before it is begun"


def test_pictures_that_are_missing_or_too_small(events):
    nothing, dark = Session(), brought(mask=np.zeros((72, 96, 3), np.uint8))
    assert "no content picture" in painted(events, nothing)[-1]["status"]
    assert "black all over" in painted(events, dark)[-1]["status"]
    strip = brought(content=np.zeros((20, 2000, 3), np.uint8))
    assert "shorter side" in painted(events, strip)[-1]["status"]


def test_three_styles_and_a_mask(events):
    half = np.zeros((72, 96, 3), np.uint8)
    half[:, :48] = 255
    session = brought(style2=photograph(64, 64), style3=painting(64), mask=half)
    last = painted(events, session, style_weights="1, 0.5, 0.5")[-1]
    assert 'data-state="done"' in last["status"]
    assert np.abs(session.run.result().astype(int) - photograph())[:, 60:].max() <= 2


def test_layers_of_a_network(events):
    shown = events.layers("test_resnet.untrained", 96)
    listed = shown["content_layer"]
    assert listed.value in [name for _, name in listed.choices]
    assert read_layers(shown["style_layers"]) and "layers" in shown["listed"]
    for name, size, words in (
        ("nothing", 96, "no such network"),
        ("test_vit.untrained", 160, "pv-error"),
    ):
        refused = events.layers(name, size)
        assert refused.keys() == {"listed"} and words in refused["listed"]


def test_networks_that_cannot_be_had_are_listed_apart(events):
    menu, apart = events.opened().values()
    assert [title for title, _ in menu.choices] == ["test_resnet"]
    assert "1 more cannot be had now" in apart
    assert "<p>The Hub cannot be reached.</p><ul><li>far</li></ul>" in apart


def upload(path: str | Path) -> Upload:
    return Upload(Path(path), Path(path).name)


def test_what_is_brought_and_what_cannot_be_read(events, session, tmp_path):
    take, before = events.slots.bring("content"), session.pictures["content"]
    for folder in ("a", "b", "c"):  # As gradio keeps uploads.
        (tmp_path / folder).mkdir()
    notes = tmp_path / "a" / "notes.jpg"
    notes.write_text("no picture")
    dot = png(np.zeros((1, 1, 3), np.uint8), tmp_path / "b" / "dot.png")
    for path in (notes, dot):
        shown = take(upload(path), session)
        assert shown["upload"] is None
        assert "pv-error" in shown["view"] and Path(path).name in shown["view"]
        assert session.pictures["content"] is before and not Path(path).exists()
    alpha = tmp_path / "c" / "alpha.png"
    Image.new("LA", (40, 30), (200, 0)).save(alpha)
    view = take(upload(alpha), session)["view"]
    assert "pv-error" not in view and session.pictures["content"].pixels.shape == (30, 40, 3)
    assert take(None, session) == {}


def test_the_shelf_and_taking_out(events, session):
    pick = SimpleNamespace(key="scream")
    assert "The Scream" in events.slots.example("style2")(pick, session)
    assert len(session.styles) == 2
    assert "None." in events.slots.clear("style2")(session) and len(session.styles) == 1
    wrong = events.slots.example("style2")(SimpleNamespace(key="../x"), session)
    assert "pv-error" in wrong and len(session.styles) == 1


def test_opening_leaves_what_was_brought(events, session):
    mine = session.pictures["content"]
    shown = events.open(session)
    assert len(shown) == 6 and session.pictures["content"] is mine
    assert views.DONE in shown["status"]


def test_nothing_is_read_or_built_for_callers_who_have_left(events, tmp_path, monkeypatch):
    built, settings = [], json.dumps({"backbone": "test_resnet.untrained", "size": 64})
    monkeypatch.setattr("plugins.style_transfer.run.Run", lambda *given: built.append(given))
    monkeypatch.setattr(endpoint_module, "_read", lambda *given: built.append(given))
    call = endpoint(build_endpoint, events)
    leave_before_it_is_built(events, lambda: call(None, None, settings))
    assert not built
