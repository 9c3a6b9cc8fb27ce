"""Networks of the Hub: one that cannot be had, and one that can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import expect

from browser.visitor import EMBEDDED, SLOW
from plugins.face_verification import register_tasks
from plugins.face_verification.model import compare
from plugins.shared.faces.detect import DETECTOR, detector
from plugins.shared.faces.encode import EncodingCache, Network
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.subject import detect_faces
from weights import Hub, Weights

NAME = "convnext_atto.cosface_ms1mv3"
TITLE = "ConvNeXt-Atto, CosFace"


def networks() -> int:
    """How many networks the menu of face verification has."""
    told: dict[str, Any] = {}
    register_tasks(lambda **task: told.update(task))
    return len(Weights(offline=True).cards(told["backbones"]))


def test_network_that_cannot_be_had(visit):
    """They are listed apart with the reason, and the menu offers the others only."""
    visitor = visit().open()
    here, apart = 2, visitor.see("#model-apart details")
    expect(apart).to_contain_text(f"{networks() - here} more cannot be had now")
    visitor.see("#model input").click()
    expect(visitor.page.get_by_role("option")).to_have_count(here)
    visitor.page.keyboard.press("Escape")
    expect(apart.locator("ul")).not_to_be_visible()
    apart.locator("summary").click()
    expect(apart.locator("li").filter(has_text=TITLE)).to_be_visible()
    expect(apart).to_contain_text("The Hub cannot be reached")
    expect(apart).to_contain_text("127.0.0.1")
    visitor.go_to_laboratory()
    expect(visitor.see("#lab-model-apart")).to_contain_text("more cannot be had now")


def test_network_that_goes_leaves_the_comparison(visit, start, tmp_path_factory):
    """One that was on offer and cannot be had when it is chosen: nothing is lost."""
    with at_hand(tmp_path_factory) as hub:
        visitor = visit(at=start(HF_ENDPOINT=hub.url)).open()
    before = visitor.distance, visitor.pictures(), visitor.see("#curves").inner_text()
    visitor.choose("model", TITLE)
    expect(visitor.see("#about-model .pv-error")).to_be_visible()
    expect(visitor.see("#model input")).to_have_value(EMBEDDED)
    after = visitor.distance, visitor.pictures(), visitor.see("#curves").inner_text()
    assert after == before
    visitor.take("b", "grace_hopper_mirrored")
    expect(visitor.see("[data-verdict]")).to_have_text("Same person")
    expect(visitor.see("#about-model .pv-error")).to_have_count(0)


@contextmanager
def at_hand(folders) -> Iterator[Any]:
    """A Hub on this machine that serves a small network under a catalogue name."""
    from tests.hub.models import hub_files
    from tests.hub.server import LocalHub

    with LocalHub() as hub:
        files = hub_files(folders.mktemp("net"), "test_convnext", num_classes=512)
        hub.add(f"gaunernst/{NAME}", files)
        yield hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with at_hand(tmp_path_factory) as hub:
        yield hub


@pytest.mark.hub
def test_network_of_the_hub(visit, start, hub, tmp_path):
    visitor = visit(at=start(HF_ENDPOINT=hub.url))
    visitor.open()
    expect(visitor.see("#model-apart")).to_contain_text(f"{networks() - 3} more cannot be had now")
    assert hub.bodies() == []
    embedded = visitor.distance
    visitor.choose("model", TITLE)
    shown = visitor.wait_for_distance(embedded, SLOW)
    card = visitor.see("#about-model")
    commit = hub.repos[f"gaunernst/{NAME}"].commit[:12]
    # On a machine under load the answer of the Hub may be late, and the copy just fetched serves.
    came = rf"(fetched from|read from the local cache of) the Hub \(gaunernst/{NAME} at commit "
    expect(card).to_contain_text(re.compile(came + commit))
    expect(card).to_contain_text("checked only against the digest that the Hub itself declares")
    expect(card).to_contain_text("512 numbers a face. Computed on cpu")
    expect(card).to_contain_text("Trained on: MS1MV3")
    assert any(seen.path.endswith("model.safetensors") for seen in hub.bodies())
    bars = visitor.see("#encodings svg path").evaluate_all(
        "all => all.map(one => one.getAttribute('d').split('M').length - 1)"
    )
    assert bars == [512, 512, 512]
    expect(visitor.see("#verdict")).to_contain_text("Cosine distance")
    expect(visitor.see("#curves")).to_contain_text(
        f"No operating curve has been measured for {TITLE}"
    )
    assert shown == pytest.approx(own_distance(hub, tmp_path), abs=6e-4)


def own_distance(hub, tmp_path) -> float:
    """The distance of the opening pictures by the same weights, without page and server."""
    weights = Weights(device="cpu", hub=Hub(endpoint=hub.url, token=False, cache_dir=tmp_path))
    find = detector(weights.file(DETECTOR).path)
    subjects = [detect_faces(load_example(key), find) for key in ("grace_hopper", "eileen_collins")]
    network = Network(weights.card(NAME), weights.file(NAME).origin, lambda: weights.backbone(NAME))
    return compare(*subjects, network, "cosine", EncodingCache()).distance
