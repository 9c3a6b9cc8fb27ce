"""Networks of the Hub: one that cannot be had, and one that can."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.visitor import EMBEDDED, SLOW
from plugins.face_verification.model import compare
from plugins.shared.faces.detect import DETECTOR, detector
from plugins.shared.faces.encode import EncodingCache, Network
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.subject import detect_faces
from weights import Hub, Weights

NAME = "convnext_atto.cosface_ms1mv3"
TITLE = "ConvNeXt-Atto, CosFace"


def test_network_that_cannot_be_had(visit):
    visitor = visit().open()
    embedded = visitor.distance
    expect(visitor.see("#model")).to_contain_text("6 of 7 cannot be had now")
    visitor.see("#model input").click()
    options = visitor.page.get_by_role("option")
    expect(options).to_have_count(7)
    unavailable = [text for text in options.all_inner_texts() if "(unavailable)" in text]
    assert len(unavailable) == 6
    options.filter(has_text=TITLE).click()
    card = visitor.see("#about-model .pv-error")
    expect(card).to_contain_text("The Hub cannot be reached")
    expect(card).to_contain_text("127.0.0.1")
    expect(visitor.see("#verdict")).to_contain_text("No comparison: see the message below.")
    expect(visitor.see("#curves")).to_contain_text("No operating curve has been measured")
    expect(visitor.see("#encodings svg")).to_have_count(0)
    expect(visitor.see("#view-a .pv-photo img")).to_be_visible()
    visitor.choose("model", EMBEDDED)
    expect(visitor.see("[data-verdict]")).to_have_text("Different people")
    assert visitor.distance == embedded
    expect(visitor.see("#metric").get_by_label("Euclidean", exact=True)).to_be_checked()
    expect(visitor.see("#about-model .pv-error")).to_have_count(0)
    expect(visitor.see("#curves [data-fmr]")).to_be_visible()


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A Hub on this machine that serves a small network under a catalogue name."""
    from tests.hub.models import hub_files
    from tests.hub.server import LocalHub

    with LocalHub() as hub:
        files = hub_files(tmp_path_factory.mktemp("net"), "test_convnext", num_classes=512)
        hub.add(f"gaunernst/{NAME}", files)
        yield hub


@pytest.mark.hub
def test_network_of_the_hub(visit, start, hub, tmp_path):
    visitor = visit(at=start(HF_ENDPOINT=hub.url))
    visitor.open()
    expect(visitor.see("#model")).to_contain_text("5 of 7 cannot be had now")
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
