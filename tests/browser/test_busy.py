"""What a call will change is marked from the moment it is sent until it answers."""

from __future__ import annotations

from playwright.sync_api import expect


def test_what_will_change_is_marked_until_the_call_answers(visit):
    visitor, held = visit().open(), []
    expect(visitor.see(".paragone-busy")).to_have_count(0)
    visitor.page.route("**/queue/join*", lambda route: held.append(route))
    old = visitor.distance
    visitor.see("#view-b [data-example]").first.click()
    for place in ("#verdict", "#encodings", "#curves", "#view-b"):
        expect(visitor.see(place)).to_have_attribute("aria-busy", "true")
    assert visitor.distance == old and held
    for route in held:
        route.continue_()
    visitor.page.unroute("**/queue/join*")
    visitor.wait_for_distance(old)
    expect(visitor.see(".paragone-busy")).to_have_count(0)


def test_a_call_that_fails_leaves_no_mark(visit):
    visitor = visit().open()
    visitor.page.route("**/queue/join*", lambda route: route.fulfill(status=500, body="{}"))
    visitor.see("#view-b [data-example]").first.click()
    visitor.page.get_by_test_id("toast-body").first.wait_for()
    expect(visitor.see(".paragone-busy")).to_have_count(0)
