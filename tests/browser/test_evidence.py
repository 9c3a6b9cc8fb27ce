"""The likelihood ratio on the page, with five people of the shared data."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.pictures import zipped
from browser.visitor import MOVE, SLOW

SET = Path(os.environ.get("PARAGONE_SHARED", ""), "data/faces_dlib_johns")
pytestmark = pytest.mark.skipif(
    not SET.is_dir(), reason="PARAGONE_SHARED does not name a folder with data/faces_dlib_johns"
)


@pytest.fixture
def five(tmp_path):
    """Five people with three pictures each."""
    people = [folder for folder in sorted(SET.iterdir()) if folder.is_dir()]
    files = [path for folder in people for path in sorted(folder.iterdir())[:3]]
    names = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in files}
    assert len(names) == 15
    return zipped(tmp_path / "johns.zip", names)


def test_from_a_set_of_ones_own_to_a_likelihood_ratio(visit, five):
    visitor = visit().open()
    expect(visitor.see("#evidence")).to_contain_text("can only be told from a set like your")
    visitor.go_to_laboratory()
    visitor.bring(five)
    expect(visitor.see("#lab-state")).to_contain_text("15 of 15 pictures", timeout=2 * SLOW)
    plot = visitor.see("#lab-tippett")
    expect(plot.locator("svg path.pv-curve")).to_have_count(2)
    expect(plot).to_contain_text(re.compile(r"Cllr 0\.\d+ bits"))
    expect(visitor.see("#lab-curves")).to_contain_text("expected for 5 other people")
    visitor.see("#lab-wanted").get_by_text("0.1 %", exact=True).click()
    refused = visitor.page.get_by_test_id("toast-text")
    expect(refused.filter(has_text="5 people cannot show an FMR of 0.1 %: about")).to_be_visible()
    expect(visitor.see("#lab-wanted input:checked")).to_have_count(0)

    visitor.page.get_by_role("tab", name="Compare two faces").click()
    visitor.choose("measured-on", "johns.zip")
    evidence = visitor.see("#evidence")
    expect(evidence.locator(".fv-said")).to_contain_text(
        re.compile("times more likely if the pictures show two people")
    )
    expect(evidence.locator("svg.fv-scale circle")).to_have_count(1)
    before = evidence.locator("[data-after]").inner_text()
    evidence.locator("input[type=range]").evaluate(MOVE, 2)
    expect(evidence.locator("[data-before]")).to_have_text("99 %")
    expect(evidence.locator("[data-after]")).not_to_have_text(before)
    visitor.choose("measured-on", "ORL")
    expect(evidence.locator(".fv-said")).to_have_count(0)
