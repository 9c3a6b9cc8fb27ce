"""Plots and tables are saved as files that others can open, and a tab of a page has an address."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from browser.visitor import SLOW, Visitor

ADD_ROW = """(table, cells) => {
  const row = table.tBodies[0].insertRow(0);
  for (const cell of cells) row.insertCell().textContent = cell;
}"""


def saved(visitor: Visitor, place: str, kind: str, folder: Path) -> Path:
    """What the button on the first such place gives."""
    button = visitor.see(place).first.get_by_role("button", name=f"Save as {kind}")
    with visitor.page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_plot_is_saved_as_it_is_seen(visit, tmp_path):
    visitor = visit().open()
    plot = visitor.see("#curves figure:has(> svg)").first
    plot.hover()
    path = saved(visitor, "#curves figure:has(> svg)", "PNG", tmp_path)
    picture, drawn = Image.open(path), plot.locator("> svg").bounding_box()
    assert path.suffix == ".png" and len(path.stem) > 3
    assert picture.width == pytest.approx(2 * drawn["width"], abs=2)
    assert 2 * drawn["height"] - 2 <= picture.height <= 2 * drawn["height"] + 50
    lines = np.asarray(picture.convert("L"), float)[60:]  # Below the title.
    assert lines.std() > 5 and len(np.unique(lines.round(-1))) > 5, "it is not blank"


def test_a_table_is_saved_with_its_numbers_and_without_formulas(visit, tmp_path):
    visitor = visit(Visitor)
    visitor.page.goto(f"{visitor.url}signal-classification")
    table = visitor.see(".paragone-body table:has(th)").first
    table.wait_for()
    heads = [one.strip() for one in table.locator("tr").first.locator("th").all_inner_texts()]
    rows = table.locator("tr").count()
    asked = ["=HYPERLINK(1)", "-3.5", "+1|2", '@x, "y"']
    table.evaluate(ADD_ROW, asked)
    path = saved(visitor, ".paragone-body table:has(th)", "CSV", tmp_path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file))
    assert found[0] == heads and len(found) == rows + 1 and all(map(any, found))
    harmless = ["'=HYPERLINK(1)", "-3.5", "'+1|2", '\'@x, "y"']
    assert harmless in found, "numbers stay numbers, formulas become texts"


def test_back_goes_to_the_tab_before_it(visit):
    visitor = visit().open()
    address = visitor.page.url
    visitor.go_to_laboratory()
    expect(visitor.page).to_have_url(f"{address}#laboratory")
    visitor.page.go_back()
    expect(visitor.page).to_have_url(address)
    expect(visitor.see("#verdict [data-verdict]")).to_be_visible()
    visitor.page.go_forward()
    expect(visitor.see("#lab-model")).to_be_visible()

    guest = visit()
    guest.page.goto(f"{address}#laboratory")
    expect(guest.see("#lab-model")).to_be_visible(timeout=SLOW)
