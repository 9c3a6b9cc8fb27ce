"""Style transfer as a visitor sees it: from a click to a picture."""

from __future__ import annotations

import io
import json
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from browser.painter import Painter
from browser.visitor import MOVE, NARROW, SLOW, left_behind


def test_it_opens_with_a_finished_painting(visit):
    visitor = visit(Painter).open()
    assert visitor.state == "done"
    expect(visitor.see("#st-plots svg")).to_have_count(2)
    assert visitor.see("#st-grams .st-gram").count() == 8
    assert visitor.shown.startswith("data:image/webp")
    assert all(r.url.startswith((visitor.url, "data:", "blob:")) for r in visitor.requests)


def test_sliders_work_in_the_browser_alone(visit):
    visitor = visit(Painter).open()
    result, asked = visitor.shown, len(visitor.requests)
    scrub = visitor.see("#st-canvas [data-scrub]")
    scrub.evaluate(MOVE, 0)
    first = visitor.shown
    assert first != result and visitor.see("#st-canvas [data-step]").inner_text() == "step 1"
    scrub.evaluate(MOVE, 10)
    assert visitor.shown not in (first, result)
    scrub.evaluate(MOVE, 100)
    assert visitor.shown == result
    visitor.see("#st-canvas [data-split]").evaluate(MOVE, 40)
    clip = visitor.see("#st-canvas .st-before").evaluate("one => getComputedStyle(one).clipPath")
    assert "60%" in clip
    visitor.see("#st-canvas [data-split]").press("ArrowRight")
    clip = visitor.see("#st-canvas .st-before").evaluate("one => getComputedStyle(one).clipPath")
    assert "59%" in clip and len(visitor.requests) == asked


def test_from_a_click_to_a_picture(visit, tmp_path):
    visitor = visit(Painter).open()
    visitor.see("#st-canvas [data-scrub]").evaluate(MOVE, 3)
    recorded = visitor.shown
    visitor.see('#st-content [data-example="coffee"]').click()
    expect(visitor.see("#st-content .pv-caption")).to_contain_text("Coffee")
    visitor.see('#st-style1 [data-example="scream"]').click()
    expect(visitor.see("#st-style1 .pv-caption")).to_contain_text("The Scream")
    visitor.paint(128, 30)
    visitor.wait_for_words("Step 30 of 30")
    visitor.wait_for("done")
    expect(visitor.see("#st-estimate")).to_contain_text("px in about")
    expect(visitor.see("#st-status .pv-stand-in")).to_contain_text("packaged twin stands in")
    result = visitor.shown
    assert result != recorded, "no step of the painting before is left"
    scrub = visitor.see("#st-canvas [data-scrub]")
    expect(scrub).to_have_attribute("max", "24")
    for step in (5, 24):
        scrub.evaluate(MOVE, step)
    assert visitor.shown == result
    with visitor.page.expect_download() as download:
        visitor.see("#st-download").click()
    path = tmp_path / "painting.png"
    download.value.save_as(path)
    assert Image.open(path).size == (128, 85)
    with visitor.page.expect_download() as download:
        visitor.see("#st-settings").click()
    download.value.save_as(tmp_path / "settings.json")
    told = json.loads((tmp_path / "settings.json").read_text())
    assert told["settings"]["steps"] == 30 and told["layers"]["content"] == "blocks.2"


def test_pause_and_stop_keep_the_picture(visit):
    visitor = visit(Painter).open()
    visitor.paint(128, 1000)
    visitor.wait_for_words(re.compile("Step [1-9].* of 1,000"))
    visitor.see("#st-pause").click()
    visitor.wait_for("paused")
    expect(visitor.see("#st-pause")).to_have_text("Go on")
    visitor.still("#st-canvas", 1200)  # A run that went on would show its next step by then.
    assert visitor.state == "paused"
    visitor.see("#st-pause").click()
    visitor.wait_for("running")
    visitor.see("#st-stop").click()
    visitor.wait_for("stopped")
    expect(visitor.see("#st-canvas [data-scrub]")).to_be_visible()
    expect(visitor.see("#st-download")).to_be_visible()


def test_what_cannot_be_used_is_said_and_nothing_is_lost(visit, server):
    visitor = visit(Painter).open()
    before = visitor.shown
    visitor.hand_in("#st-content-input", "notes.jpg", b"no picture at all")
    expect(visitor.see("#st-content .pv-error")).to_contain_text("notes.jpg")
    expect(visitor.see("#st-content .pv-caption")).to_contain_text("Eileen Collins")
    dot = io.BytesIO()
    Image.new("RGB", (1, 1)).save(dot, "PNG")
    visitor.hand_in("#st-style1-input", "dot.png", dot.getvalue(), "image/png")
    expect(visitor.see("#st-style1 .pv-error")).to_contain_text("dot.png")
    visitor.page.get_by_text("More settings").click()
    layer = visitor.see("#st-content-layer input, #st-content-layer textarea").first
    layer.fill("block.2")
    visitor.see("#st-paint").click()
    error = visitor.see("#st-status .pv-error")
    expect(error).to_contain_text("block.2")
    expect(error).to_contain_text("blocks.2")
    layer.fill("")
    for field in ("st-alpha", "st-beta"):
        visitor.number(field, 0)
    visitor.see("#st-paint").click()
    expect(error).to_contain_text("nothing to paint")
    assert visitor.shown == before
    assert not left_behind(server)


def test_two_paint_one_after_the_other(visit):
    ann, bob = visit(Painter).open(), visit(Painter).open()
    ann.paint(128, 1000)
    ann.wait_for_words(re.compile("Step [1-9].* of 1,000"))
    bob.paint(128, 10)
    bob.wait_for("waiting")
    expect(bob.see("#st-status")).to_contain_text("1 painting is ahead of you")
    ann.page.close()  # Whoever leaves stops within a step, and the next one's turn comes.
    bob.wait_for_words("Step 10 of 10")
    bob.wait_for("done")


@pytest.mark.parametrize("query", ["", "?__theme=dark"])
def test_narrow_and_dark(visit, query):
    visitor = visit(Painter, query=query, viewport=NARROW).open()
    assert visitor.overflow == 0
    assert (visitor.lightness("#st-canvas .st-scrub") > 0.5) == bool(query)
    painting, content = (visitor.see(f"#st-{x}").bounding_box() for x in ("canvas", "content"))
    assert painting["y"] < content["y"], "on a phone the painting comes first"
    visitor.page.get_by_text("More settings").click()
    visitor.page.get_by_text("More styles").click()
    expect(visitor.see("#st-mask")).to_be_visible()
    assert visitor.overflow == 0


def test_layers_and_networks(visit):
    visitor = visit(Painter).open()
    expect(visitor.see("#st-backbone-apart")).to_contain_text("more cannot be had now")
    visitor.page.get_by_text("More settings").click()
    visitor.see("#st-list").click()
    layers = visitor.see("#st-style-layers textarea")
    expect(layers).to_have_value(re.compile(r"^bn1: 1, blocks\.0: 1"), timeout=SLOW)
    assert visitor.see("#st-content-layer input").input_value().startswith("blocks.2 ")
    name = visitor.see("#st-backbone input")
    name.fill("vgg16.tv_in1k")
    name.press("Enter")
    expect(layers).to_have_value("")
    visitor.see("#st-paint").click()
    expect(visitor.see("#st-status .pv-error")).to_contain_text(
        "Hub cannot be reached", timeout=SLOW
    )
