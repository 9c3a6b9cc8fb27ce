"""Face recognition as a visitor sees it: the gallery, the K laboratory, other visitors, phones."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.known import EILEEN, GRACE, Knower
from browser.pictures import jpeg, labelled, portrait, side_by_side, zipped
from browser.visitor import NARROW, SLOW
from tests.shared.faces import made


def test_many_at_once_corrections_and_there_and_back(visit, tmp_path):
    files = labelled() | {"grace_hopper/notes.jpg": b"These are my notes."}
    visitor = visit(Knower).open()
    visitor.tab("Gallery")
    zip_file = zipped(tmp_path / "two.zip", files)
    for words in ("8 faces enrolled, 0 known before, 1 refused", "0 faces enrolled, 8 known"):
        # The mirrored and darker copies differ in content, so all of them are photos.
        visitor.bring_many(zip_file)
        expect(visitor.report).to_contain_text(words, timeout=SLOW)
    visitor.person("eileen_collins").click()
    expect(visitor.photos).to_have_count(4)
    visitor.photos.first.click()
    visitor.fill("to", "Her sister")
    expect(visitor.report).to_contain_text("a new person", timeout=SLOW)
    expect(visitor.photos).to_have_count(3)
    visitor.see("#gallery-people [name=other]").fill("her SISTER")
    visitor.see("#gallery-people").get_by_role("button", name="Merge").click()
    expect(visitor.report).to_contain_text("one person now: eileen_collins", timeout=SLOW)
    visitor.fill("name", EILEEN)
    expect(visitor.report).to_contain_text("is now called", timeout=SLOW)
    expect(visitor.photos).to_have_count(4)
    with visitor.page.expect_download() as download:
        visitor.see("#gallery-export").click()
    saved = tmp_path / "saved.zip"
    download.value.save_as(saved)
    visitor.press("everybody")
    expect(visitor.see("#gallery-said .pv-error")).to_contain_text("Nothing was deleted")
    visitor.see("#gallery-sure input").check()
    visitor.press("everybody")
    expect(visitor.report).to_contain_text("Deleted: everybody", timeout=SLOW)
    visitor.tab("Who is this?")
    assert visitor.people == [] and visitor.names == []
    visitor.tab("Gallery")
    visitor.see("#gallery-import input[type=file]").set_input_files(saved)
    expect(visitor.report).to_contain_text("9 faces imported", timeout=SLOW)
    visitor.tab("Who is this?")
    assert visitor.people == [EILEEN, GRACE, "grace_hopper"]
    visitor.take("eileen_collins_cropped")
    visitor.wait_for_names(EILEEN)


def test_a_wrong_name_is_mended_in_one_attempt_and_undone(visit):
    """By keyboard alone, but for the name that was wrong."""
    visitor = visit(Knower).open()
    visitor.take("eileen_collins_mirrored")
    visitor.wait_for_names("unknown")
    visitor.enrol("Howard")
    visitor.wait_for_names("Howard")
    visitor.tab("Gallery")
    keys = visitor.page.keyboard
    search = visitor.see("#gallery-people [data-search]")
    search.press_sequentially("hów")
    expect(visitor.person(GRACE)).to_be_hidden()
    expect(visitor.see("#gallery-people [data-count]")).to_have_text("1 of 2 people")
    expect(visitor.person("Howard").locator("img")).to_have_attribute("src", re.compile("^data:"))
    keys.press("Enter")
    expect(visitor.photos).to_have_count(1)
    visitor.fill("name", EILEEN)
    expect(visitor.report).to_contain_text(f"Howard is now called {EILEEN}", timeout=SLOW)
    expect(visitor.see("#gallery-people h2")).to_have_text(EILEEN)
    visitor.see("#gallery-people [data-back]").press("Escape")
    expect(visitor.person(EILEEN)).to_have_count(1)
    visitor.see("#gallery-people [data-search]").fill("")
    visitor.person(EILEEN).press("ArrowRight")
    expect(visitor.person(GRACE)).to_be_focused()
    keys.press("Enter")
    visitor.see("#gallery-people [data-delete]").press("Enter")
    expect(visitor.report).to_contain_text(f"Deleted: {GRACE}", timeout=SLOW)
    for words in (f"Undone: {GRACE} deleted", f"Undone: Howard is now called {EILEEN}"):
        visitor.see("#gallery-people [data-undo]").press("Enter")
        expect(visitor.report).to_contain_text(words, timeout=SLOW)
    expect(visitor.see("#gallery-people [data-undo]")).to_have_count(0)
    visitor.tab("Who is this?")
    visitor.wait_for_names("Howard")
    assert visitor.people == [GRACE, "Howard"]


def test_a_name_typed_for_one_face_never_stands_under_another(visit):
    visitor = visit(Knower).open()
    name = visitor.type("who-name", "For the second face")
    assert name.get_attribute("list") == "fi-names"
    visitor.face(0).click()
    expect(name).to_have_value("")
    visitor.type("who-name", "grace  HOPPER")
    visitor.see("#who-enrol").click()
    expect(visitor.said).to_contain_text(f"{GRACE} is enrolled. 0", timeout=SLOW)
    assert visitor.people == [GRACE]


def test_an_unsorted_folder_is_named_by_groups_and_the_gallery_is_checked(visit, tmp_path):
    files = {path.replace("/", " "): data for path, data in labelled().items()}
    visitor = visit(Knower).open()
    visitor.tab("Gallery")
    visitor.page.get_by_text("Name the faces of an unsorted folder").click()
    mixed = zipped(tmp_path / "mixed.zip", files)
    visitor.see("#gallery-unsorted input[type=file]").set_input_files(mixed)
    groups = visitor.see("#gallery-groups form")
    expect(groups).to_have_count(1, timeout=SLOW)
    groups.locator("[data-face]").first.press("Enter")
    groups.locator("input").fill(EILEEN)
    visitor.page.keyboard.press("Enter")
    expect(visitor.report).to_contain_text(f"3 faces of {EILEEN} enrolled", timeout=SLOW)
    expect(groups.locator("[data-face]")).to_have_count(1)
    expect(groups.locator("input")).to_have_value("")
    groups.locator("input").fill("Her twin")
    visitor.page.keyboard.press("Enter")
    expect(visitor.person("Her twin")).to_have_count(1)
    visitor.page.get_by_text("Does my gallery work?").click()
    visitor.press("examine")
    found = visitor.see("#gallery-report [data-finding=duplicate]")
    expect(found).to_have_count(1, timeout=SLOW)
    found.get_by_role("button").click()
    expect(visitor.see("#gallery-people [name=other]")).to_have_value("Her twin", timeout=SLOW)
    visitor.see("#gallery-people").get_by_role("button", name="Merge").click()
    expect(visitor.report).to_contain_text("one person now", timeout=SLOW)
    expect(visitor.photos).to_have_count(4)


def test_names_of_unknown_encoding_are_chosen_before_anyone_is_enrolled(visit, tmp_path):
    faces = zip(("이영희", "김철수"), ("eileen_collins", "grace_hopper"), strict=True)
    files = {f"{name}/1.jpg".encode("cp949"): jpeg(portrait(who)) for name, who in faces}
    archive = made.raw_names(tmp_path / "korean.zip", files)
    visitor = visit(Knower).open()
    visitor.tab("Gallery")
    visitor.bring_many(archive)
    expect(visitor.archive_names.first).to_contain_text("김철수 and 이영희 – Korean (EUC-KR)")
    expect(visitor.archive_names.nth(1)).to_contain_text("捞康锐")
    expect(visitor.archive_names.first.locator("input")).to_be_checked()
    assert visitor.report.inner_text() == "", "nothing is done before the choice"
    visitor.see("#gallery-zip-names button").click()
    expect(visitor.report).to_contain_text("2 faces enrolled", timeout=SLOW)
    expect(visitor.see("#gallery-zip-names")).to_be_hidden()
    visitor.tab("Who is this?")
    assert {"이영희", "김철수"} < set(visitor.people)
    assert archive.exists(), "it is the upload that is deleted"


def test_the_k_laboratory(visit, tmp_path):
    visitor = visit(Knower).open()
    visitor.tab("K laboratory")
    measured = visitor.see('#k-plots [data-fk="FPIR"]')
    expect(measured).to_contain_text("%")
    before, asked = measured.inner_text(), len(visitor.requests)
    visitor.move("#k-tau", 0.6)
    expect(measured).not_to_have_text(before)
    assert 25 < float(measured.inner_text().removesuffix("%")) < 40, "K = 20 on ORL"
    expect(visitor.see('#k-plots [data-fk="title"]')).to_have_text("99 % × 100 people")
    expect(visitor.see('#k-plots [data-fk="probability"]')).to_contain_text("63.4 %")
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
    with visitor.page.expect_download() as waiting:
        visitor.see("#k-report").click()
    assert waiting.value.suggested_filename.endswith(".html")
    visitor.page.reload()
    expect(visitor.see("#k-state")).to_contain_text("8 faces, 2 people", timeout=SLOW)
    expect(visitor.see("#k-plots")).to_contain_text("two women")


def test_two_visitors_see_nothing_of_each_other(visit):
    ann, bob = visit(Knower).open(), visit(Knower).open()
    ann.bring_probe("ann.jpg", side_by_side("eileen_collins", "grace_hopper"))
    expect(ann.see("#who-view .pv-caption")).to_have_text("ann.jpg")
    ann.wait_for_names(GRACE, "unknown")
    ann.face(1).click()
    ann.enrol("Ann's friend")
    ann.wait_for_names(GRACE, "Ann's friend")
    hers = ann.pictures() - bob.pictures()
    assert hers
    for act in (lambda: None, lambda: bob.enrol("Bob's friend"), bob.open):
        act()
        bob.still()
        assert not hers & bob.pictures()
        assert "Ann's friend" not in bob.page.content()
    assert ann.people == ["Ann's friend", GRACE]
    ann.page.close()
    again = visit(Knower).open()
    assert again.people == [GRACE], "a closed visit is forgotten"


def test_the_gallery_of_the_house(visit, start, tmp_path):
    path = tmp_path / "gallery.sqlite"
    house = start(PARAGONE_GALLERY=str(path))

    ann = visit(Knower, at=house).open()
    ann.choose_house()
    ann.wait_for_names("unknown", "unknown")
    ann.enrol("Kept Person")
    ann.wait_for_names("unknown", "Kept Person")
    bob = visit(Knower, at=house).open()
    assert bob.people == [GRACE]
    bob.choose_house()
    expect(bob.see("#who-people .fi-person b")).to_have_text("Kept Person")
    house.stop()
    again = start(PARAGONE_GALLERY=str(path))
    cleo = visit(Knower, at=again).open()
    cleo.choose_house()
    cleo.wait_for_names("unknown", "Kept Person")
    files = list(tmp_path.glob("gallery.sqlite*"))
    assert any(b"Kept Person" in file.read_bytes() for file in files)
    cleo.remove("Kept Person")
    cleo.wait_for_names("unknown", "unknown")
    expect(cleo.said).to_contain_text("Deleted: Kept Person")
    for file in tmp_path.glob("gallery.sqlite*"):
        assert b"Kept Person" not in file.read_bytes(), file.name


@pytest.mark.parametrize("query", ["", "?__theme=dark"])
def test_narrow_and_dark(visit, query):
    visitor = visit(Knower, query=query, viewport=NARROW).open()
    assert visitor.overflow == 0
    for tab in ("Gallery", "K laboratory"):
        visitor.tab(tab)
        visitor.still()
        assert visitor.overflow == 0, tab
    assert (visitor.lightness("#k-plots .pv-rate b") > 0.5) == bool(query)


def test_the_keyboard_reaches_boxes_and_crosses(visit):
    visitor = visit(Knower).open()
    visitor.face(0).focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.verdict).to_have_text(GRACE)
    label = visitor.face(0).get_attribute("aria-label")
    assert re.fullmatch(f"Face 1: {GRACE}", label)
    visitor.cross(GRACE).focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_names("unknown", "unknown")
