"""The activation explorer as a visitor sees it: the wall, a unit's page by its link, a survey."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from browser.pictures import jpeg, zipped
from browser.visitor import NARROW, SLOW, Visitor, left_behind

NETWORK = "tf_efficientnet_lite0.packaged_in1k"
LINK = f"?page=activation-explorer&backbone={NETWORK}&layer=blocks.2&unit=9"


class Explorer(Visitor):
    """A visitor of the explorer."""

    def open(self, path: str = "activation-explorer") -> Explorer:
        """Go to the page and wait until the wall is on screen."""
        self.page.goto(f"{self.url}{path}{self.query}")
        self.see("#ae-wall .ae-unit").first.wait_for(state="attached", timeout=SLOW)
        return self

    def wait_for(self, state: str) -> None:
        self.see(f'#ae-status [data-state="{state}"]').wait_for(timeout=2 * SLOW)

    def unit(self, layer: str, unit: int) -> None:
        """Click a unit on the wall and wait for its page."""
        self.see(f'#ae-wall [data-layer="{layer}"][data-unit="{unit}"]').click()
        expect(self.see("#ae-heading [data-open] h2")).to_contain_text(f"Unit {unit}")

    def sheet(self, layer: str, unit: int) -> str:
        """The nine patches of a unit on the wall."""
        selector = f'#ae-wall [data-layer="{layer}"][data-unit="{unit}"] img'
        return self.see(selector).get_attribute("src") or ""


def noise(count: int) -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    return {
        f"mine/{i}.jpg": jpeg(
            Image.fromarray(rng.integers(0, 256, (28, 28, 3), np.uint8)).resize((224, 224))
        )
        for i in range(count)
    }


def test_it_opens_with_a_finished_wall_that_turns_its_pages(visit):
    visitor = visit(Explorer).open()
    expect(visitor.see("#ae-status")).to_contain_text("597 pictures")
    expect(visitor.see("#ae-wall .ae-layer")).to_have_count(5)
    assert visitor.see("#ae-wall .ae-unit img").count() == 60
    tops = visitor.see("#ae-wall .ae-layer").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1, "side by side"
    fields = visitor.see("#ae-wall .ae-sees").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().width)"
    )
    assert fields == sorted(fields) and fields[0] < fields[-1] / 10
    layer = visitor.see('#ae-wall section[data-layer="blocks.6"]')
    layer.get_by_label("Units after").click()
    expect(layer.locator(".ae-pager")).to_contain_text("12–23 of 320")
    assert visitor.page.url.endswith("activation-explorer")
    assert all(r.url.startswith((visitor.url, "data:", "blob:")) for r in visitor.requests)


def test_a_unit_its_link_its_map_and_its_neighbour(visit):
    visitor = visit(Explorer).open()
    shown = visitor.sheet("blocks.2", 9)
    visitor.unit("blocks.2", 9)
    cards = visitor.see("#ae-cards .ae-card")
    expect(cards).to_have_count(9)
    values = [float(x) for x in visitor.see("#ae-cards .ae-words b").all_inner_texts()]
    assert values == sorted(values, reverse=True) and values[-1] > 0
    assert "layer=blocks.2&unit=9" in visitor.page.url, "the address follows"
    cards.first.click()
    expect(visitor.see("#ae-map img")).to_have_count(2, timeout=SLOW)
    expect(visitor.see("#ae-map")).to_contain_text("100 % of its top value")
    link = visitor.see("#ae-heading a[data-address]").evaluate("one => one.href")
    first = cards.first.locator("img").first.get_attribute("src")

    other = visit(Explorer)
    other.page.goto(link)
    expect(other.see("#ae-heading [data-open] h2")).to_contain_text("Unit 9")
    expect(other.see("#ae-heading")).to_contain_text("blocks.2")
    assert link == f"{other.url}{LINK}"
    assert other.see("#ae-cards .ae-card img").first.get_attribute("src") == first
    other.see("#ae-heading").get_by_label("Unit 10").click()
    expect(other.see("#ae-heading h2")).to_contain_text("Unit 10")
    assert "unit=10" in other.page.url
    other.tab("The wall")
    assert other.sheet("blocks.2", 9) == shown


def test_a_bad_link_and_a_bad_number_are_named(visit):
    visitor = visit(Explorer).open(LINK.replace("unit=9", "unit=4000"))
    expect(visitor.see("#ae-status .pv-error")).to_contain_text("numbered 0 to 39")
    visitor.see("#ae-unit input").fill("77")
    visitor.see("#ae-go").click()
    expect(visitor.see("#ae-status .pv-error")).to_contain_text("There is no unit 77")
    visitor.see("#ae-unit input").fill("7")
    visitor.see("#ae-go").click()
    expect(visitor.see("#ae-heading h2")).to_contain_text("Unit 7")


def test_a_zip_of_ones_own(visit, server, tmp_path):
    visitor = visit(Explorer).open()
    before = visitor.sheet("blocks.0", 0)
    visitor.see("#ae-source label").filter(has_text="My pictures").click()
    visitor.see("#ae-find").click()
    expect(visitor.see("#ae-status .pv-error")).to_contain_text("No pictures were brought")
    assert visitor.sheet("blocks.0", 0) == before
    path = zipped(tmp_path / "mine.zip", {**noise(12), "notes.txt": b"no picture"})
    visitor.see("#ae-zip input[type=file]").set_input_files(path)
    expect(visitor.see("#ae-about")).to_contain_text("mine.zip: 12 pictures")
    visitor.see("#ae-find").click()
    expect(visitor.see("#ae-status")).to_contain_text("over 12 pictures (mine.zip)", timeout=SLOW)
    expect(visitor.see("#ae-find")).to_be_enabled()
    assert visitor.sheet("blocks.0", 0) != before
    visitor.unit("blocks.2", 5)
    expect(visitor.see("#ae-heading a")).to_have_count(0)
    assert not left_behind(server)


def test_stopping_a_survey_and_a_drawing(visit, tmp_path):
    visitor = visit(Explorer).open()
    path = zipped(tmp_path / "many.zip", noise(400))
    visitor.see("#ae-source label").filter(has_text="My pictures").click()
    visitor.see("#ae-zip input[type=file]").set_input_files(path)
    expect(visitor.see("#ae-about")).to_contain_text("400 pictures")
    visitor.see("#ae-find").click()
    visitor.press_at_once("#ae-stop", r"Picture [\d,]+ of 400")
    visitor.wait_for("stopped")
    expect(visitor.see("#ae-status")).to_contain_text("of 400 pictures")
    visitor.unit("blocks.4", 3)
    visitor.see("#ae-draw").click()
    visitor.press_at_once("#ae-halt", r"Step [1-9]\d* of")
    visitor.see('#ae-dream [data-state="done"]').wait_for(timeout=SLOW)
    expect(visitor.see("#ae-draw")).to_be_enabled()


def test_what_fires_at_a_place_leads_to_a_unit(visit):
    visitor = visit(Explorer).open()
    visitor.tab("What fires here?")
    visitor.see("#ae-picture .ae-canvas").click(position={"x": 120, "y": 90})
    expect(visitor.see("#ae-hits section")).to_have_count(5, timeout=SLOW)
    expect(visitor.see("#ae-picture .ae-at")).to_have_count(5)
    unit = visitor.see("#ae-hits .ae-unit").first
    number = unit.get_attribute("data-unit")
    unit.click()
    expect(visitor.see("#ae-heading h2")).to_contain_text(f"Unit {number}")


@pytest.mark.parametrize("query", ["", "?__theme=dark"])
def test_narrow_and_dark(visit, query):
    visitor = visit(Explorer, query=query, viewport=NARROW).open()
    assert visitor.overflow == 0
    tops = visitor.see("#ae-wall .ae-layer").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1, "layers are swiped through"
    assert (visitor.lightness("#ae-wall h2") > 0.5) == bool(query)
    visitor.unit("blocks.1", 4)
    assert visitor.overflow == 0
    visitor.tab("What fires here?")
    expect(visitor.see("#ae-picture .ae-canvas img")).to_be_visible()
    assert visitor.overflow == 0
