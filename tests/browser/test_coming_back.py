"""Who leaves a page and comes back, and results that are not of what is chosen now."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from browser.known import EILEEN, GRACE, Knower
from browser.listener import Listener
from browser.painter import Painter
from browser.visitor import SLOW

ASKS = "Boolean(window.paragoneWork?.asks())"
"""Whether the browser would ask before it leaves."""


def test_a_painting_is_found_again_and_a_stranger_does_not_see_it(visit):
    visitor = visit(Painter).open()
    assert not visitor.page.evaluate(ASKS)
    visitor.paint(128, 1000)
    visitor.wait_for("running")
    assert visitor.page.evaluate(ASKS), "it goes on"
    with visitor.page.expect_event("dialog") as asked:
        visitor.page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()  # Whoever stays has a page that lives.
    visitor.wait_for_words(re.compile("Step [1-9].* of 1,000"))
    visitor.see("#st-stop").click()
    visitor.wait_for("stopped")
    assert visitor.page.evaluate(ASKS), "it is not saved"
    visitor.page.wait_for_function("sessionStorage.getItem('paragone-finished-style-transfer')")
    words = visitor.see("#st-status p").first.inner_text()
    visitor.page.reload()
    expect(visitor.see("#st-status")).to_contain_text(words, timeout=SLOW)
    expect(visitor.see("#st-download")).to_be_visible()
    with visitor.page.expect_download(timeout=SLOW):
        visitor.see("#st-download").click()
    assert not visitor.page.evaluate(ASKS), "it is saved"
    stranger = visit(Painter).open()
    expect(stranger.see("#st-status")).to_contain_text("Recorded from a real run")


def test_results_of_former_settings_are_marked(visit):
    visitor = visit(Painter).open()
    former = visitor.see("#st-canvas.pv-former")
    expect(former).to_have_count(0)
    visitor.see("#st-keep input").click()
    expect(former.locator(".pv-former-badge")).to_have_text("Earlier result")
    visitor.see("#st-keep input").click()
    expect(former).to_have_count(0)


def test_a_trained_network_is_found_again_and_is_marked_where_another_set_is_chosen(visit):
    visitor = visit(Listener).open()
    visitor.train("ItalyPowerDemand", 4)
    visitor.wait_for("done")
    expect(visitor.see("#sg-results.pv-former")).to_have_count(0)
    visitor.choose("sg-set", "GunPoint")
    expect(visitor.see("#sg-results.pv-former")).to_have_count(1)
    visitor.page.reload()
    expect(visitor.see("#sg-results")).to_contain_text("Your network", timeout=SLOW)
    visitor.tab("Classify")  # The address has kept the tab.
    expect(visitor.see("#sg-which")).to_be_visible()


def test_a_gallery_is_asked_about_offered_and_found_again(visit, tmp_path):
    visitor = visit(Knower).open()
    assert not visitor.page.evaluate(ASKS), "the opening gallery is nobody's work"
    visitor.enrol(EILEEN)
    visitor.wait_for_names(GRACE, EILEEN)
    assert visitor.page.evaluate(ASKS)
    with visitor.page.expect_event("dialog") as asked:
        visitor.page.close(run_before_unload=True)
    asked.value.dismiss()
    with visitor.page.expect_download(timeout=SLOW) as download:
        visitor.see(".fi-stayed button").first.click()
    assert download.value.suggested_filename == "gallery.zip"
    assert not visitor.page.evaluate(ASKS), "it is saved"
    visitor.page.reload()
    visitor.tab("Who is this?")
    visitor.wait_for_names(GRACE, EILEEN)
    assert visitor.people == [EILEEN, GRACE]
    assert visit(Knower).open().people == [GRACE]
