"""The K laboratory's script by itself: it draws what was measured, wherever tau and K are."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from plugins.face_identification import figures
from plugins.face_identification.k_laboratory.k_curve import k_curve
from plugins.face_identification.k_laboratory.plots import k_lab, k_rows
from plugins.face_identification.k_laboratory.stored import StoredKCurve, stored_k_curves
from plugins.shared.faces.align import revision_of
from plugins.shared.faces.distances import distances
from plugins.shared.page import html_parts as markup
from registry.pages import languages
from tests.face_identification.loops import random_set
from weights.catalog import read_catalog

MODEL = "dlib_resnet.faces_v1"
PAGE = figures.PAGE
SHIM = """([code, value]) => {
  window.props = { value };
  const watch = (name, then) => { window.renew = then; };
  new Function("element", "props", "watch", code)(document.querySelector("#here"), props, watch);
}"""
TELL = """([name, detail]) =>
  window.dispatchEvent(new CustomEvent("paragone-" + name, { detail }))"""


class Lab:
    """The script on an empty page, with what gradio would give it."""

    def __init__(self, page, value: dict):
        self.page, self.errors = page, []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        style = markup.asset("house.css") + markup.asset("k_lab.css", PAGE)
        page.set_content(f'<style>{style}</style><div id="here"><div class="fk-lab"></div></div>')
        page.add_script_tag(content=languages.SCRIPT)
        page.evaluate(
            SHIM,
            [
                markup.script(markup.asset("axes.js") + markup.asset("k_lab.js", PAGE), "here"),
                value,
            ],
        )

    def tell(self, name: str, value: float, channel: str = "here") -> None:
        self.page.evaluate(TELL, [name, {"channel": channel, name: value}])

    def renew(self, value: dict) -> None:
        self.page.evaluate("value => { props.value = value; renew(); }", value)

    def card(self, name: str) -> str:
        return self.page.locator(f'.pv-rate [data-fk="{name}"]').inner_text()

    def check_sound(self) -> None:
        html = self.page.locator("#here").inner_html()
        assert not self.errors and not re.search("NaN|Infinity|undefined|null", html)


@pytest.fixture
def lab(chromium):
    pages = []

    def show(value: dict, width: int = 1000) -> Lab:
        pages.append(chromium.new_page(viewport={"width": width, "height": 900}))
        return Lab(pages[-1], value)

    yield show
    for page in pages:
        page.close()


@pytest.fixture(scope="module")
def orl() -> StoredKCurve:
    return stored_k_curves(MODEL, revision_of(read_catalog()[MODEL]))[0]


def number(text: str) -> float:
    """A shown percentage as a rate."""
    return float(text.removesuffix(" %")) / 100


@pytest.mark.parametrize(("tau", "k"), [(0.6, 20), (0.5, 1), (0.55, 39), (0.0, 3), (1.11, 2)])
def test_the_cards_show_what_was_measured(lab, orl, tau, k):
    shown = lab(k_lab(orl, 0.6, 5, "Net"))
    shown.tell("tau", tau)
    shown.tell("k", k)
    row = k_rows(orl, tau)[k - 1]
    for name, known in (
        ("FPIR", row["fpir"][0]),
        ("Predicted", row["fpir_predicted"]),
        ("FNIR", row["fnir"][0]),
        ("Rank-1", row["rank1"][0]),
    ):
        assert number(shown.card(name)) == pytest.approx(known, rel=0.02, abs=6e-5), name
    held = row["tau_for_fpir_1_percent"][0]
    assert float(shown.card("τ for FPIR = 1 %")) == pytest.approx(held, abs=6e-4)
    labels = [
        svg.get_attribute("aria-label") for svg in shown.page.locator(".pv-plot svg[role]").all()
    ]
    assert len(labels) == 3 and all(f"At K = {k}: " in label for label in labels)
    assert f"measured {shown.card('FPIR')}," in labels[0]
    shown.check_sound()


def test_the_table_says_the_same(lab, orl):
    shown = lab(k_lab(orl, 0.6, 5, "Net"))
    shown.page.locator("summary").click()
    cells = shown.page.locator("tbody tr").nth(19).locator("th, td").all_inner_texts()
    row = k_rows(orl, 0.6)[19]
    assert cells[0] == "20"
    assert number(cells[1].split(" (")[0]) == pytest.approx(row["fpir"][0], abs=6e-4)
    assert number(cells[2]) == pytest.approx(row["fpir_predicted"], abs=6e-4)
    shown.tell("tau", 0.5)
    assert shown.page.locator("details").get_attribute("open") is not None, "it stays open"
    assert shown.page.locator("tbody tr").count() == 40
    last = shown.page.locator("tbody tr").last.locator("td").all_inner_texts()
    assert last[0] == "–" and last[4] == "–"


def test_beyond_what_was_measured_only_the_prediction_is_shown(lab, orl):
    shown = lab(k_lab(orl, 0.5, 5, "Net"))
    for k in (41, 300, 25_000):
        shown.tell("k", k)
        assert shown.card("FPIR") == shown.card("FNIR") == "–"
        fmr = np.interp(0.5, orl.curve.taus, orl.curve.fmr)
        assert number(shown.card("Predicted")) == pytest.approx(1 - (1 - fmr) ** k, rel=0.02)
        shown.check_sound()
    shown.tell("k", 40)
    assert shown.card("FPIR") == "–" and shown.card("FNIR") != "–", "everybody is enrolled"


def test_other_channels_and_new_values(lab, orl):
    shown = lab(k_lab(orl, 0.6, 20, "Net"))
    before = shown.card("FPIR")
    shown.tell("tau", 0.4, channel="elsewhere")
    shown.tell("k", 2, channel="elsewhere")
    assert shown.card("FPIR") == before
    shown.page.locator('input[name="fk-people"]').fill("3")
    shown.renew(k_lab(orl, 0.5, 10, "Net"))
    assert number(shown.card("FPIR")) == pytest.approx(k_rows(orl, 0.5)[9]["fpir"][0], rel=0.02)
    assert shown.page.locator('[data-fk="people"]').inner_text() == "10", "the example stays"
    shown.renew(k_lab(None, 0.5, 10, "Net"))
    assert "has not been measured" in shown.page.locator(".fk-live").inner_text()
    assert shown.page.locator(".fk-example").is_visible()
    shown.check_sound()


def made(sizes, **settings) -> StoredKCurve:
    points, names = random_set(1, sizes=sizes)
    if settings.pop("alike", False):
        points = np.zeros_like(points)
    curve = k_curve(distances(points, points, "euclidean"), names, replicates=5, **settings)
    return StoredKCurve("A set", "me", 9, "2026-11-24", "a command", "euclidean", curve)


@pytest.mark.parametrize(
    "settings",
    [
        {"sizes": (2, 1)},
        {"sizes": (2, 1, 1, 1, 1), "ks": [1, 2]},
        {"sizes": (3, 3), "alike": True, "taus": [0.0, 1.0]},
        {"sizes": (4,) * 6, "ks": [2, 5]},
    ],
)
def test_the_smallest_and_oddest_sets_are_drawn(lab, settings):
    value = k_lab(made(**settings), 0.1, 1, "Net")
    shown = lab(json.loads(json.dumps(value, allow_nan=False)))
    for k in (1, 2, 7):
        shown.tell("k", k)
        shown.check_sound()
    assert shown.page.locator(".pv-plot").count() == 3


def test_the_example_of_the_course(lab, orl):
    shown = lab(k_lab(orl, 0.6, 20, "Net"))
    page = shown.page
    assert page.locator('[data-fk="title"]').inner_text() == "99 % × 100 people"
    assert "= 63.4 %" in page.locator('[data-fk="probability"]').inner_text()

    def dots(kind: str) -> int:
        return page.locator(f".fk-dots .{kind}").get_attribute("d").count("M")

    assert (dots("fk-right"), dots("fk-wrong")) == (99, 1)
    rate, people = (page.locator(f'input[name="fk-{name}"]') for name in ("rate", "people"))
    rate.focus()
    for _ in range(3):
        rate.press("ArrowRight")
    people.focus()
    people.press("ArrowRight")
    assert page.locator('[data-fk="title"]').inner_text() == "99.9 % × 200 people"
    assert people.get_attribute("aria-valuetext") == "200 people"
    assert "= 18.1 %" in page.locator('[data-fk="probability"]').inner_text()  # Daugman: 18 %
    people.press("End")
    assert "= 86.5 %" in page.locator('[data-fk="probability"]').inner_text()  # Daugman: 86 %
    assert (dots("fk-right"), dots("fk-wrong")) == (1998, 2)
    rate.press("Home")
    assert (dots("fk-right"), dots("fk-wrong")) == (1600, 400)
    people.press("Home")
    assert page.locator('[data-fk="title"]').inner_text() == "80 % × 1 person"
    shown.check_sound()


def test_it_fits_a_narrow_screen(lab, orl):
    shown = lab(k_lab(orl, 0.6, 20, "Net"), width=340)
    shown.page.locator("summary").click()
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 340
