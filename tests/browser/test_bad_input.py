"""What a visitor sees who brings something that cannot be used."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from browser.pictures import jpeg, portrait, zipped
from browser.visitor import left_behind

BAD = {
    "letter.jpg": (
        b"Dear Sir or Madam, this is no picture.\n" * 20,
        "The content is not a picture, whatever the name says; it seems to be plain text.",
        "Choose a picture: JPEG, PNG",
    ),
    "sky.jpg": (
        jpeg(Image.new("RGB", (640, 480), (90, 140, 220))),
        "No face was found.",
        "Use a picture that shows a face from the front, well lit and at least 40 pixels wide",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_picture_keeps_the_former_comparison(visit, server, name):
    data, what, todo = BAD[name]
    visitor = visit().open()
    before = visitor.distance, visitor.word, visitor.pictures()
    visitor.upload("b", name, data)
    card = visitor.see("#view-b .pv-error")
    expect(card).to_contain_text(what)
    expect(card).to_contain_text(f"({name})")
    expect(card).to_contain_text(todo)
    expect(card).to_have_attribute("role", "alert")
    refused = card.locator("img")
    expect(refused).to_have_count(int(name == "sky.jpg"))  # What is no picture cannot be shown.
    shown = set(refused.evaluate_all("all => all.map(one => one.src)"))
    assert (visitor.distance, visitor.word, visitor.pictures() - shown) == before
    expect(visitor.see("#view-b .pv-caption")).to_have_text("Eileen Collins")
    assert not left_behind(server)
    visitor.take("b", "grace_hopper_mirrored")
    expect(visitor.see("[data-verdict]")).to_have_text("Same person")
    expect(card).to_have_count(0)


def test_face_too_small_on_a_click(visit):
    """A second face of 25 px is boxed, but choosing it says why it is not compared."""
    large, small = portrait("grace_hopper"), portrait("eileen_collins")
    small = small.crop((150, 0, 300, 200)).resize((60, 80))
    large.paste(small, (10, 500))
    visitor = visit().open()
    visitor.upload("a", "small.jpg", jpeg(large))
    expect(visitor.see("#view-a .pv-caption")).to_have_text("small.jpg")
    faces = visitor.see("#view-a [data-face]")
    expect(faces).to_have_count(2)
    faces.nth(1).click()
    expect(visitor.see("#view-a .pv-error")).to_contain_text("pixels wide, and 40 are needed")
    assert visitor.boxes("a") == [True, False]


def test_zip_of_traversal_names(visit, server, tmp_path):
    picture = io.BytesIO()
    portrait("grace_hopper").save(picture, "PNG")
    names = ("../../ada/1.png", "../../ada/2.png", "../../bob/1.png", "/etc/eve/1.png")
    path = zipped(tmp_path / "sly.zip", {name: picture.getvalue() for name in names})
    visitor = visit().open()
    before = visitor.distance
    visitor.go_to_laboratory()
    visitor.bring(path)
    card = visitor.see("#lab-state .pv-error")
    expect(card).to_contain_text("The set holds no picture to use")
    expect(card).to_contain_text("has a name that leaves the set (..)")
    expect(card).to_contain_text("(sly.zip)")
    expect(card).to_contain_text("Make one folder a person")
    expect(visitor.see("#lab-stop")).to_be_disabled()
    expect(visitor.see("#lab-curves")).to_contain_text("Measured on ORL")
    assert not left_behind(server)
    visitor.page.get_by_role("tab", name="Compare two faces").click()
    assert visitor.distance == before
