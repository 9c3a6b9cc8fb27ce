"""The front page and the list of plug-ins: they stand still while they load, also on a slow
connection, and can be used by keyboard; and the page where no page is.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.conftest import WIDE
from browser.visitor import NARROW, Visitor
from plugins import DEFAULT_PLUGINS

TASKS = [name.rpartition(".")[2].replace("_", "-") for name in DEFAULT_PLUGINS]
WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({ type: "layout-shift", buffered: true });
"""
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 1e5}
"""A telephone's connection: milliseconds, and bytes a second."""
SMALLEST = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    const drawn = one.ownerSVGElement && one.getScreenCTM();
    if (walk.currentNode.data.trim() && one.getClientRects().length)
      found.push(
        parseFloat(getComputedStyle(one).fontSize) * (drawn ? Math.hypot(drawn.a, drawn.b) : 1));
  }
  return Math.min(...found);
}"""
FOCUSED = "() => document.activeElement.getAttribute('href')"


@pytest.mark.parametrize("at", ["", "plugins"])
@pytest.mark.parametrize(
    "options", [{"viewport": WIDE}, {"viewport": NARROW, "locale": "zh-CN"}], ids=["wide", "phone"]
)
def test_nothing_jumps_while_it_loads_slowly(visit, at, options):
    visitor, said = visit(Visitor, **options), []
    visitor.page.on("console", lambda one: said.append((one.type, one.text)))
    visitor.context.add_init_script(WATCH)
    network = visitor.context.new_cdp_session(visitor.page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)
    visitor.page.goto(visitor.url + at)
    visitor.see("h1").wait_for()
    visitor.still("body", 600)
    visitor.see(".paragone-footer").scroll_into_view_if_needed()
    visitor.still("body", 600)
    assert visitor.page.evaluate("window.shifted") < 0.1
    assert [one for one in said if one[0] in ("error", "warning")] == []
    assert visitor.overflow == 0 and visitor.page.evaluate(SMALLEST) >= 11


def test_every_task_shows_a_picture_in_the_order_to_learn_in(visit):
    visitor = visit(Visitor, viewport=NARROW)
    visitor.page.goto(visitor.url)
    cards = visitor.see("ol > li > .paragone-task")
    expect(cards).to_have_count(len(TASKS))
    assert [card.get_attribute("href") for card in cards.all()] == [f"./{name}" for name in TASKS]
    assert visitor.see(".paragone-number").all_inner_texts() == [*"1234567"]
    for picture in visitor.see(".paragone-task img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("one => one.naturalWidth") >= 480
        assert picture.get_attribute("alt") and picture.get_attribute("loading") == "lazy"


def test_the_keyboard_reaches_everything_and_opens_a_task(visit):
    visitor = visit(Visitor)
    visitor.page.goto(visitor.url)
    visitor.see('[data-language="zh"]').focus()
    reached = []
    for _ in range(len(TASKS) + 1):
        visitor.page.keyboard.press("Tab")
        reached.append(visitor.page.evaluate(FOCUSED))
    assert reached == [f"./{name}" for name in TASKS] + ["./plugins"]
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_title("Plug-ins · Paragone")


def test_where_no_page_is_there_is_a_way_home(visit):
    visitor = visit(Visitor, locale="zh-CN", viewport=NARROW)
    answer = visitor.page.goto(f"{visitor.url}no/such/page")
    assert answer.status == 404
    expect(visitor.see("h1")).to_have_text("此地址没有页面。")
    assert visitor.overflow == 0
    visitor.page.get_by_role("link", name="返回首页").click()
    expect(visitor.see("h1")).to_have_text("Paragone")
    assert visitor.page.url == visitor.url
