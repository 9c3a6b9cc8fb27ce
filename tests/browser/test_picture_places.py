"""Pictures are dropped where they are shown, on every page, and the camera is as large as they."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import expect

from browser.pictures import jpeg, portrait
from browser.visitor import SLOW, Visitor

DROP = """(place, [name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
  const fire = (type) => !place.dispatchEvent(
    new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
  return fire("dragover") && fire("drop");
}"""
PLACES = {
    "face-verification": ("#view-b", ".pv-photo img", ".pv-caption"),
    "face-identification": ("#who-view", ".pv-photo img", ".pv-caption"),
    "style-transfer": ("#st-content", ".pv-photo img", ".pv-caption"),
    "activation-explorer": ("#ae-picture", "[data-place] img", ".pv-caption"),
}


@pytest.mark.parametrize("page", PLACES)
def test_a_picture_is_dropped_where_it_is_shown(visit, page):
    place, picture, caption = PLACES[page]
    visitor = visit(Visitor)
    visitor.page.goto(f"{visitor.url}{page}")
    if page == "activation-explorer":
        visitor.tab("What fires here?")
    visitor.see(f"{place} {picture}").wait_for()
    data = base64.b64encode(jpeg(portrait("grace_hopper").transpose(0))).decode()
    taken = visitor.see(f"{place} {picture}").evaluate(DROP, ["dropped.jpg", data])
    assert taken, "the browser would leave the page for the file"
    expect(visitor.see(f"{place} {caption}")).to_have_text("dropped.jpg", timeout=SLOW)
    expect(visitor.see(f"{place}.pv-drop")).to_have_count(0)


def test_the_camera_is_as_large_as_the_picture_and_its_shutter_covers_nothing(visit):
    visitor = visit(permissions=["camera"]).open()
    photo = visitor.see("#view-a .pv-photo img").bounding_box()
    visitor.see('#input-a [aria-label="Capture from camera"]').click()
    video = visitor.see("#input-a video")
    visitor.see("#input-a").get_by_title("grant webcam access").click()
    expect(video).to_be_visible()
    expect(visitor.see("#view-a .pv-photo")).not_to_be_visible()
    finder, shutter = video.bounding_box(), visitor.see("#input-a .button-wrap").bounding_box()
    assert finder["height"] >= photo["height"] - 1
    assert shutter["y"] >= finder["y"] + finder["height"]
    visitor.see("#input-a .button-wrap button").first.click()
    expect(visitor.see("#view-a .pv-photo")).to_be_visible(timeout=SLOW)
