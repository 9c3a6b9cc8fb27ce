"""Looks and privacy: dark, narrow, two visitors at once, and after they have left."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from browser.pictures import COPIES, jpeg, labelled, portrait, side_by_side, zipped
from browser.visitor import NARROW, SLOW

PARTS = ("#view-a .pv-photo", "#verdict", "#view-b .pv-photo", "#encodings", "#curves", "#tau")


def test_dark(visit):
    visitor = visit(query="?__theme=dark").open()
    assert visitor.lightness("gradio-app", "backgroundColor") < 0.2
    for part in (".pv-word", ".pv-rule", ".pv-rate b", ".pv-caption", ".pv-plot text.pv-axis"):
        name = "fill" if "text" in part else "color"
        assert visitor.lightness(part, name) > 0.5, part
    for part in PARTS:
        expect(visitor.see(part)).to_be_visible()
    assert visitor.overflow == 0


@pytest.mark.parametrize("query", ["", "?__theme=dark"])
def test_narrow(visit, query):
    visitor = visit(query=query, viewport=NARROW).open()
    assert visitor.overflow == 0
    for part in PARTS:
        expect(visitor.see(part)).to_be_visible()
        box = visitor.see(part).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= NARROW["width"], part
    visitor.upload("a", f"{'a' * 90}.jpg", jpeg(portrait("grace_hopper").convert("L")))
    expect(visitor.see("#view-a .pv-caption")).to_contain_text("…aaaaaaaa.jpg", timeout=SLOW)
    assert visitor.overflow == 0
    visitor.go_to_laboratory()
    expect(visitor.see(".pv-folder")).to_be_visible()
    assert visitor.overflow == 0


def test_narrow_laboratory_and_front_page(visit, tmp_path):
    visitor = visit(viewport=NARROW).open()
    visitor.go_to_laboratory()
    visitor.bring(zipped(tmp_path / "set.zip", labelled(COPIES[:2])))
    expect(visitor.see("#lab-state")).to_contain_text("Faces were found in", timeout=SLOW)
    expect(visitor.see("#lab-impostors .pv-pair").first).to_be_visible()
    assert visitor.overflow == 0
    front = visit(viewport=NARROW)
    front.page.goto(front.url)
    expect(front.see("a.paragone-task").first).to_be_visible()
    assert front.overflow == 0


def test_two_visitors_see_nothing_of_each_other(visit):
    ann, bob = visit().open(), visit().open()
    ann.upload("a", "ann-at-home.jpg", side_by_side("eileen_collins", "grace_hopper"))
    expect(ann.see("#view-a .pv-caption")).to_have_text("ann-at-home.jpg")
    ann.wait_for_distance(0.689)
    hers = ann.see("#view-a .pv-photo img, #encodings img").evaluate_all(
        "all => all.map(one => one.src)"
    )
    assert len(hers) == 3
    hers = set(hers) - bob.pictures()  # Her picture, and the chip of the face in it.
    assert len(hers) == 2
    for act in (lambda: None, lambda: bob.take("b", "eileen_collins_cropped"), bob.open):
        act()
        assert not hers & bob.pictures()
        assert "ann-at-home" not in bob.page.content()
    expect(bob.see("#view-a .pv-caption")).to_have_text("Grace Hopper")
    expect(ann.see("#view-a .pv-caption")).to_have_text("ann-at-home.jpg")


def test_nothing_stays_when_the_tab_is_closed(visit, server, tmp_path):
    def files() -> set:
        return {path for path in server.temp.rglob("*") if path.is_file()}

    visitor = visit().open()
    before = files()
    visitor.upload("a", "mine.jpg", side_by_side("grace_hopper", "eileen_collins"))
    expect(visitor.see("#view-a .pv-caption")).to_have_text("mine.jpg")
    assert files() <= before, "the picture was read and stays on disk"
    visitor.go_to_laboratory()
    visitor.bring(zipped(tmp_path / "set.zip", labelled(COPIES[:2])))
    expect(visitor.see("#lab-state")).to_contain_text("Faces were found in", timeout=SLOW)
    assert files() <= before, "the set was read and stays on disk"
    with visitor.page.expect_download():
        visitor.see("#lab-pairs-csv").click()
    assert [path.name for path in files() - before] == ["pairs_euclidean.csv"]
    visitor.page.close()
    start = time.monotonic()
    while files() - before and time.monotonic() < start + 300:
        time.sleep(0.05)
    print(f"\nforgotten {time.monotonic() - start:.1f} s after the tab was closed")
    assert not files() - before
