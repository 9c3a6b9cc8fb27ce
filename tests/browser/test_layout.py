"""How the pages of the tasks are laid out: they stand still while they load on a slow connection;
on a phone the picture comes first, then the answer, then the controls, and nothing is too small.
"""

from __future__ import annotations

import pytest

from browser.test_front_page import SLOW, SMALLEST, WATCH
from browser.visitor import NARROW, Visitor

OPENED = {
    "face-verification": "#encodings svg",
    "face-identification": "#who-map svg, #who-map img",
    "triplet-finetuning": "#fs-shelf img",
    "style-transfer": "#st-grams img",
    "activation-explorer": "#ae-wall .ae-unit",
    "signal-classification": "#sg-results .pv-plot",
    "volume-classification": "#vc-lesson canvas",
}
"""What a page shows last when it is opened."""
ORDER = {
    "face-verification": ("#view-a", "#verdict", "#tau", "#model"),
    "face-identification": ("#who-view", "#who-answer", "#who-name", "#who-tau"),
    "triplet-finetuning": ("#fs-shelf", "#fs-probe", "#fs-chosen", "#fs-classes"),
    "style-transfer": ("#st-canvas", "#st-paint", "#st-content", "#st-backbone"),
    "activation-explorer": ("#ae-wall", "#ae-status", "#ae-backbone", "#ae-find"),
    "signal-classification": ("#sg-answer", "#sg-signals", "#sg-pad", "#sg-kernels"),
    "volume-classification": ("#vc-lesson canvas", ".vc-guesses", "#vc-another"),
}
"""From top to bottom on a phone."""
HEIGHT = {
    "face-verification": 2037,
    "face-identification": 2959,
    "triplet-finetuning": 2615,
    "style-transfer": 3666,
    "activation-explorer": 3980,
    "signal-classification": 3293,
    "volume-classification": 1670,
}
"""The most pixels on a phone: half of what the two longest once were, or no more than then."""


@pytest.mark.parametrize("name", OPENED)
@pytest.mark.parametrize(
    "options", [{"viewport": {"width": 1440, "height": 900}}, {"viewport": NARROW}],
    ids=["wide", "phone"],
)  # fmt: skip
def test_a_task_stands_still_while_it_loads_slowly(visit, name, options):
    visitor = visit(Visitor, **options)
    visitor.context.add_init_script(WATCH)
    network = visitor.context.new_cdp_session(visitor.page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", {**SLOW, "downloadThroughput": 1e6})
    visitor.page.goto(visitor.url + name)
    visitor.see(OPENED[name]).first.wait_for()
    visitor.still("body", 600)
    assert visitor.page.evaluate("window.shifted") < 0.1
    assert visitor.overflow == 0 and visitor.page.evaluate(SMALLEST) >= 10.95


@pytest.mark.parametrize("name", OPENED)
def test_a_phone_shows_the_picture_before_the_controls(visit, name):
    visitor = visit(Visitor, viewport=NARROW)
    visitor.page.goto(visitor.url + name)
    visitor.see(OPENED[name]).first.wait_for()
    visitor.still("body", 600)
    tops = [visitor.see(selector).first.bounding_box()["y"] for selector in ORDER[name]]
    assert tops == sorted(tops)
    assert visitor.page.evaluate("document.documentElement.scrollHeight") <= HEIGHT[name]
