"""Face recognition as a visitor sees it: strangers get a name, and are forgotten again."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from browser.conftest import WIDE
from browser.known import Knower
from browser.pictures import jpeg, labelled, portrait, side_by_side, zipped
from browser.visitor import SLOW

GRACE, EILEEN = "Grace Hopper", "Eileen Collins"
MOVE = """(one, tau) => {
  one.value = tau;
  one.dispatchEvent(new Event("input", { bubbles: true }));
}"""
NARROW = {"width": 390, "height": 844}


@pytest.fixture
def come(chromium, server):
    """Come as a new visitor; an error in the page's scripts fails the test."""
    visitors: list[Knower] = []

    def visit(at=server, query: str = "", **options) -> Knower:
        context = chromium.new_context(**{"viewport": WIDE, **options})
        context.set_default_timeout(20_000)
        visitors.append(Knower(context, at.url, query))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.context.close()
    errors = [error for visitor in visitors for error in visitor.errors]
    assert not errors, f"the page's scripts failed: {errors}"


def test_it_opens_with_one_known_and_one_unknown(come):
    start = time.monotonic()
    visitor = come().open()
    print(f"\nopened and settled in {time.monotonic() - start:.1f} s")
    assert visitor.names == [GRACE, "unknown"] and visitor.people == [GRACE]
    expect(visitor.see("[data-verdict]")).to_have_text("Nobody we know")
    expect(visitor.see("#who-answer [data-fpir]")).to_contain_text("%")
    expect(visitor.see("#who-map .is-probe")).to_be_visible()
    assert all(r.url.startswith((visitor.url, "data:", "blob:")) for r in visitor.requests)


def test_one_photo_enrols_and_deleting_forgets(come):
    visitor = come().open()
    visitor.enrol(EILEEN)
    expect(visitor.see("#who-said")).to_contain_text("0 gradient steps", timeout=SLOW)
    visitor.wait_for_names(GRACE, EILEEN)
    expect(visitor.see("[data-verdict]")).to_have_text(EILEEN)
    assert visitor.people == [EILEEN, GRACE]
    visitor.see("#who-view [data-example=eileen_collins_mirrored]").click()
    visitor.wait_for_names(EILEEN)
    visitor.remove(EILEEN)
    visitor.wait_for_names("unknown")
    expect(visitor.see("[data-verdict]")).to_have_text("Nobody we know")
    assert visitor.people == [GRACE]
    rows = visitor.see("#who-said tr").all_inner_texts()
    counts = {row.split("\t")[0]: row.split("\t")[1:] for row in rows[1:]}
    for what in ("people", "faces", "kept pictures", "chips", "encodings", "rows of the index"):
        assert counts[what] == ["2", "1"], what
    assert counts["encodings in this visit's cache"][1] == "0"


def test_the_threshold_renames_without_asking_the_server(come):
    visitor = come().open()
    visitor.see("#who-view [data-face='0']").click()
    expect(visitor.see("[data-verdict]")).to_have_text(GRACE)
    visitor.page.wait_for_timeout(300)
    asked = len(visitor.requests)
    tau = visitor.see("#who-tau input[type=range]")
    tau.evaluate(MOVE, 0.02)
    expect(visitor.see("[data-verdict]")).to_have_text("Nobody we know")
    assert visitor.names == ["unknown", "unknown"]
    tau.evaluate(MOVE, 1)
    expect(visitor.see("[data-verdict]")).to_have_text(GRACE)
    assert visitor.names == [GRACE, GRACE], "at a tau of 1 a stranger is somebody"
    assert len(visitor.requests) == asked
    expect(visitor.see("#who-follow input")).not_to_be_checked()
    visitor.see("#who-follow input").check()
    visitor.wait_for_names(GRACE, "unknown")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("notes.jpg", b"These are my notes.", "not a picture"),
        ("empty.png", b"", "empty"),
        ("cut.jpg", jpeg(portrait("eileen_collins"))[:3000], "damaged"),
    ],
)
def test_a_bad_file_is_explained_and_nothing_is_lost(come, name, data, words):
    visitor = come().open()
    visitor.bring_probe(name, data)
    error = visitor.see("#who-view .pv-error")
    expect(error).to_contain_text(words, timeout=SLOW)
    expect(error).to_contain_text(name)
    assert visitor.names == [GRACE, "unknown"] and visitor.people == [GRACE]


def test_nameless_poor_and_doubled_enrolments(come):
    visitor = come().open()
    visitor.enrol("  ")
    expect(visitor.see("#who-said .pv-error")).to_contain_text("name is empty", timeout=SLOW)
    visitor.see("#who-view [data-example=eileen_collins_blurred]").click()
    visitor.wait_for_names("unknown")
    visitor.enrol(EILEEN)
    expect(visitor.see("#who-said .pv-error")).to_contain_text("blurred", timeout=SLOW)
    assert visitor.people == [GRACE]
    visitor.see("#who-insist input").check()
    visitor.enrol(EILEEN)
    visitor.wait_for_names(EILEEN)
    visitor.enrol("Somebody else")
    said = visitor.see("#who-said .pv-error")
    expect(said).to_contain_text(f"enrolled already, as {EILEEN}", timeout=SLOW)
    assert visitor.people == [EILEEN, GRACE]


def test_many_at_once_corrections_and_there_and_back(come, tmp_path):
    files = labelled() | {"grace_hopper/notes.jpg": b"These are my notes."}
    visitor = come().open()
    visitor.tab("Gallery")
    zip_file = zipped(tmp_path / "two.zip", files)
    for words in ("8 faces enrolled, 0 known before, 1 refused", "0 faces enrolled, 8 known"):
        # The mirrored and darker copies differ in content, so all of them are photos.
        visitor.see("#gallery-zip input[type=file]").set_input_files(zip_file)
        expect(visitor.see("#gallery-said")).to_contain_text(words, timeout=SLOW)
    visitor.choose("gallery-person", "eileen_collins")
    expect(visitor.see("#gallery-photos [data-tick]")).to_have_count(4)
    visitor.see("#gallery-photos [data-tick]").first.click()
    visitor.see("#gallery-new textarea, #gallery-new input").fill("Her sister")
    visitor.see("#gallery-split").click()
    expect(visitor.see("#gallery-said")).to_contain_text("now Her sister's", timeout=SLOW)
    visitor.choose("gallery-person", "eileen_collins")
    visitor.choose("gallery-other", "Her sister")
    visitor.see("#gallery-merge").click()
    expect(visitor.see("#gallery-said")).to_contain_text("one person now", timeout=SLOW)
    visitor.choose("gallery-person", "eileen_collins")
    visitor.see("#gallery-new textarea, #gallery-new input").fill(EILEEN)
    visitor.see("#gallery-rename").click()
    expect(visitor.see("#gallery-said")).to_contain_text("is now called", timeout=SLOW)
    with visitor.page.expect_download() as download:
        visitor.see("#gallery-export").click()
    saved = tmp_path / "saved.zip"
    download.value.save_as(saved)
    visitor.see("#gallery-everybody").click()
    expect(visitor.see("#gallery-said .pv-error")).to_contain_text("Nothing was deleted")
    visitor.see("#gallery-sure input").check()
    visitor.see("#gallery-everybody").click()
    expect(visitor.see("#gallery-said")).to_contain_text("Everybody: deleted", timeout=SLOW)
    visitor.tab("Who is this?")
    assert visitor.people == [] and visitor.names == []
    visitor.tab("Gallery")
    visitor.see("#gallery-import input[type=file]").set_input_files(saved)
    expect(visitor.see("#gallery-said")).to_contain_text("9 faces imported", timeout=SLOW)
    visitor.tab("Who is this?")
    assert visitor.people == [EILEEN, GRACE, "grace_hopper"]
    visitor.see("#who-view [data-example=eileen_collins_cropped]").click()
    visitor.wait_for_names(EILEEN)


def test_the_k_laboratory(come, tmp_path):
    visitor = come().open()
    visitor.tab("K laboratory")
    measured = visitor.see('#k-plots [data-fk="FPIR"]')
    expect(measured).to_contain_text("%")
    before, asked = measured.inner_text(), len(visitor.requests)
    tau = visitor.see("#k-tau input[type=range]")
    tau.evaluate(MOVE, 0.6)
    expect(measured).not_to_have_text(before)
    assert 25 < float(measured.inner_text().removesuffix("%")) < 40, "K = 20 on ORL"
    expect(visitor.see('#k-plots [data-fk="title"]')).to_have_text("99 % × 100 people")
    expect(visitor.see('#k-plots [data-fk="chance"]')).to_contain_text("63.4 %")
    assert len(visitor.requests) == asked
    visitor.see("#k-zip input[type=file]").set_input_files(
        zipped(tmp_path / "one.zip", {"me/a.jpg": jpeg(portrait("grace_hopper"))})
    )
    expect(visitor.see("#k-state .pv-error")).to_contain_text("only one person", timeout=SLOW)
    visitor.see("#k-zip input[type=file]").set_input_files(
        zipped(tmp_path / "two women.zip", labelled())
    )
    expect(visitor.see("#k-state")).to_contain_text("8 faces, 2 people", timeout=SLOW)
    expect(visitor.see("#k-plots")).to_contain_text("two women")


def test_two_visitors_see_nothing_of_each_other(come, server):
    ann, bob = come().open(), come().open()
    ann.bring_probe("ann.jpg", side_by_side("eileen_collins", "grace_hopper"))
    expect(ann.see("#who-view .pv-caption")).to_have_text("ann.jpg")
    ann.wait_for_names(GRACE, "unknown")
    ann.see("#who-view [data-face='1']").click()
    ann.enrol("Ann's friend")
    ann.wait_for_names(GRACE, "Ann's friend")
    hers = ann.pictures() - bob.pictures()
    assert hers
    for act in (lambda: None, lambda: bob.enrol("Bob's friend"), bob.open):
        act()
        bob.page.wait_for_timeout(500)
        assert not hers & bob.pictures()
        assert "Ann's friend" not in bob.page.content()
    assert ann.people == ["Ann's friend", GRACE]
    ann.page.close()
    again = come().open()
    assert again.people == [GRACE], "a closed visit is forgotten"


def test_the_gallery_of_the_house(come, start, tmp_path):
    path = tmp_path / "gallery.sqlite"
    house = start(PARAGONE_GALLERY=str(path))

    def kept(visitor: Knower) -> None:
        visitor.see("#who-place label").filter(has_text="house").click()
        expect(visitor.see("#who-people .fi-head")).to_contain_text("gallery.sqlite")

    ann = come(at=house).open()
    kept(ann)
    ann.wait_for_names("unknown", "unknown")
    ann.enrol("Kept Person")
    ann.wait_for_names("unknown", "Kept Person")
    bob = come(at=house).open()
    assert bob.people == [GRACE]
    kept(bob)
    expect(bob.see("#who-people .fi-person b")).to_have_text("Kept Person")
    house.stop()
    again = start(PARAGONE_GALLERY=str(path))
    cleo = come(at=again).open()
    kept(cleo)
    cleo.wait_for_names("unknown", "Kept Person")
    files = list(tmp_path.glob("gallery.sqlite*"))
    assert any(b"Kept Person" in file.read_bytes() for file in files)
    cleo.remove("Kept Person")
    cleo.wait_for_names("unknown", "unknown")
    expect(cleo.see("#who-said")).to_contain_text("Kept Person: deleted")
    for file in tmp_path.glob("gallery.sqlite*"):
        assert b"Kept Person" not in file.read_bytes(), file.name


@pytest.mark.parametrize("query", ["", "?__theme=dark"])
def test_narrow_and_dark(come, query):
    visitor = come(query=query, viewport=NARROW).open()
    assert visitor.overflow == 0
    for tab in ("Gallery", "K laboratory"):
        visitor.tab(tab)
        visitor.page.wait_for_timeout(300)
        assert visitor.overflow == 0, tab
    light = visitor.see("#k-plots .pv-rate b").first.evaluate(
        "one => getComputedStyle(one).color.match(/[\\d.]+/g).slice(0, 3).map(Number)"
    )
    assert (sum(light) / 765 > 0.5) == bool(query)


def test_the_keyboard_reaches_boxes_and_crosses(come):
    visitor = come().open()
    visitor.see("#who-view [data-face='0']").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.see("[data-verdict]")).to_have_text(GRACE)
    label = visitor.see("#who-view [data-face='0']").get_attribute("aria-label")
    assert re.fullmatch(f"Face 1: {GRACE}", label)
    visitor.see(f'#who-people [data-remove="{GRACE}"]').focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_names("unknown", "unknown")
