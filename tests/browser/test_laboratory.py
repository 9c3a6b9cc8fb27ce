"""The threshold laboratory on a small set of the bundled portraits and their copies."""

from __future__ import annotations

import csv
import re
import time
from itertools import combinations

import pytest
from playwright.sync_api import expect

from browser.pictures import PEOPLE, jpeg, labelled, portrait, zipped
from browser.visitor import SLOW


@pytest.fixture(scope="module")
def small_set(tmp_path_factory):
    """Two people, four pictures each: 12 genuine and 16 impostor pairs."""
    return zipped(tmp_path_factory.mktemp("set") / "portraits.zip", labelled())


@pytest.fixture
def surveyed(visit, small_set):
    """A visitor who has brought the small set."""
    visitor = visit().open()
    visitor.go_to_laboratory()
    visitor.bring(small_set)
    expect(visitor.see("#lab-state")).to_contain_text("Faces were found in", timeout=SLOW)
    visitor.see("#lab-curves [data-fmr]").wait_for()
    return visitor


def shown_distances(visitor, where: str) -> list[float]:
    cards = visitor.see(f"#{where} .pv-pair")
    return [float(d) for d in cards.evaluate_all("all => all.map(o => o.dataset.distance)")]


def download(visitor, button: str, folder) -> list[list[str]]:
    """The rows of a CSV file that a button gives."""
    with visitor.page.expect_download() as waiting:
        visitor.see(button).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_survey(surveyed, server, tmp_path):
    state = surveyed.see("#lab-state")
    expect(state).to_contain_text("portraits.zip")
    expect(state).to_contain_text("found in 8 of 8 pictures (100.0 %) of 2 people.")
    assert [p for p in server.temp.rglob("*.zip")] == []
    expect(surveyed.see("#lab-curves svg")).to_have_count(3)
    curves = surveyed.see("#lab-curves")
    expect(curves).to_contain_text("12 genuine and 16 impostor pairs")
    expect(curves).to_contain_text("Fewer than 5 people carry no range.")
    eer = surveyed.see("#lab-curves .pv-rate").filter(has_text="EER")
    expect(eer).to_contain_text(re.compile(r"EER\s*0 %"))

    nearest, farthest = (shown_distances(surveyed, f"lab-{k}") for k in ("impostors", "genuines"))
    assert nearest == sorted(nearest) and farthest == sorted(farthest, reverse=True)
    assert len(nearest) == len(farthest) == 8
    assert farthest[0] < 0.5 < nearest[0]
    people = surveyed.see("#lab-impostors .pv-pair b").all_inner_texts()
    assert set(people) == {"eileen_collins / grace_hopper"}
    assert set(surveyed.see("#lab-genuines .pv-pair b").all_inner_texts()) == set(PEOPLE)
    faces = surveyed.see("#lab-impostors .pv-pair img")
    expect(faces).to_have_count(16)
    assert all(faces.evaluate_all("all => all.map(one => one.naturalWidth === 96)"))

    surveyed.see("#lab-wanted").get_by_text("1 %", exact=True).click()
    warned = surveyed.page.get_by_test_id("toast-text")
    expect(warned.filter(has_text="2 people cannot show an FMR of 1 %")).to_be_visible()
    tau = surveyed.see("#lab-tau input[type=range]")
    assert float(tau.input_value()) == 0.6, "it stays where it was"
    assert surveyed.rate("fmr", "#lab-curves") == 0
    expect(surveyed.see("#lab-impostors .is-wrong")).to_have_count(0)
    between = (nearest[0] + nearest[1]) / 2 + 0.01
    tau.evaluate(
        "(one, tau) => { one.value = tau; one.dispatchEvent(new Event('input', {bubbles: true})) }",
        between,
    )
    wrong = sum(d <= round(between, 2) for d in nearest)
    assert wrong > 0
    expect(surveyed.see("#lab-impostors .is-wrong")).to_have_count(wrong)
    expect(surveyed.see("#lab-impostors .is-wrong").first).to_contain_text("false match")

    rows = download(surveyed, "#lab-pairs-csv", tmp_path)
    assert rows[0] == ["person_a", "picture_a", "person_b", "picture_b", "genuine", "euclidean"]
    assert len(rows) == 1 + len(list(combinations(range(8), 2)))
    impostors = sorted(float(row[5]) for row in rows[1:] if row[4] == "0")
    assert impostors[:8] == nearest and len(impostors) == 16
    rows = download(surveyed, "#lab-curve-csv", tmp_path)
    assert rows[0] == ["threshold", "fmr", "fnmr", "balanced_accuracy"]
    assert len(rows) == 1 + 1001
    assert [float(x) for x in rows[1]] == [0, 0, 1, 0.5]
    assert [float(x) for x in rows[-1]] == [2, 1, 0, 0.5]


def test_surveyed_set_in_the_compare_part(surveyed):
    surveyed.page.get_by_role("tab", name="Compare two faces").click()
    expect(surveyed.see("#curves")).to_contain_text("Measured on ORL")
    surveyed.choose("measured-on", "portraits.zip")
    expect(surveyed.see("#curves")).to_contain_text("Measured on portraits.zip: 2 people")
    expect(surveyed.see("#curves")).to_contain_text("Source: your own pictures")
    assert surveyed.rate("fmr") == surveyed.rate("fnmr") == 0
    assert surveyed.distance == pytest.approx(0.689, abs=0.003)
    surveyed.choose("measured-on", "ORL")
    expect(surveyed.see("#curves")).to_contain_text("Measured on ORL: 40 people")
    assert surveyed.rate("fmr") > 0


def test_it_opens_with_an_example_whose_pairs_open_in_the_compare_part(visit):
    visitor = visit().open()
    visitor.go_to_laboratory()
    expect(visitor.see("#lab-state")).to_contain_text("An example until you bring a set")
    expect(visitor.see("#lab-curves")).to_contain_text("Measured on ORL: 40 people")
    distances = shown_distances(visitor, "lab-impostors")
    assert len(distances) == 8
    slider = visitor.see("#lab-tau input[type=range]")
    visitor.see("#lab-wanted").get_by_text("1 %", exact=True).click()
    expect(slider).not_to_have_value("0.6")
    tau = slider.input_value()
    visitor.see("#lab-impostors .pv-pair").first.click()
    expect(visitor.see("#view-a .pv-caption")).to_contain_text("Grace Hopper", timeout=SLOW)
    expect(visitor.see("#view-b .pv-caption")).to_contain_text("Eileen Collins")
    expect(visitor.tau).to_have_value(tau)
    assert visitor.distance == pytest.approx(distances[0], abs=0.001)
    visitor.page.go_back()
    expect(visitor.see("#lab-impostors")).to_be_visible()


def test_a_survey_is_found_again_saved_as_one_file_and_its_pairs_are_opened(surveyed, tmp_path):
    asks = "Boolean(window.paragoneWork?.asks())"
    assert surveyed.page.evaluate(asks)
    nearest = shown_distances(surveyed, "lab-impostors")
    surveyed.page.reload()
    state = surveyed.see("#lab-state")
    expect(state).to_contain_text("found in 8 of 8 pictures (100.0 %) of 2 people.", timeout=SLOW)
    expect(surveyed.see("#lab-curves")).to_contain_text("12 genuine and 16 impostor pairs")
    assert shown_distances(surveyed, "lab-impostors") == nearest

    with surveyed.page.expect_download() as waiting:
        surveyed.see("#lab-report").click()
    assert waiting.value.suggested_filename == "Face-verification-portraits-zip.html"
    assert not surveyed.page.evaluate(asks), "it is saved"
    path = tmp_path / "report.html"
    waiting.value.save_as(path)
    reader = surveyed.context.browser.new_page()  # No page of ours: its words stay as they were.
    reader.set_content(path.read_text(encoding="utf-8"))
    assert reader.locator("script, button, input").count() == 0
    assert reader.locator("svg").count() == 3 and reader.locator(".pv-pair").count() == 16
    words = reader.locator("body").inner_text()
    for wanted in ("dlib ResNet-29", "Euclidean", "0.6", "12 genuine", "2 people cannot show"):
        assert wanted in words
    drawn = "getComputedStyle(document.querySelector('path.pv-curve')).stroke"
    assert reader.evaluate(drawn) == surveyed.page.evaluate(drawn) != "none"
    reader.close()

    genuine = shown_distances(surveyed, "lab-genuines")[0]
    surveyed.see("#lab-genuines .pv-pair").first.click()
    expect(surveyed.see("#view-a .pv-caption")).to_contain_text(" / ", timeout=SLOW)
    expect(surveyed.see("#measured-on input")).to_have_value("portraits.zip")
    assert surveyed.distance == pytest.approx(genuine, abs=0.001)


def test_cosine_in_the_laboratory(surveyed):
    euclidean = shown_distances(surveyed, "lab-impostors")
    surveyed.see("#lab-metric").get_by_text("Cosine").click()
    surveyed.page.wait_for_function(
        "old => document.querySelector('#lab-impostors .pv-pair').dataset.distance !== old",
        arg=f"{euclidean[0]:.6f}",
    )
    cosine = shown_distances(surveyed, "lab-impostors")
    assert len(cosine) == 8 and max(cosine) < min(euclidean)


def test_folder(visit, tmp_path):
    root = tmp_path / "my people"
    for name, data in labelled(("", "_mirrored")).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "eileen_collins" / "notes.txt").write_text("no picture")
    visitor = visit().open()
    visitor.go_to_laboratory()
    visitor.see("input[webkitdirectory]").set_input_files(root)
    state = visitor.see("#lab-state")
    expect(state).to_contain_text("Faces were found in 4 of 4 pictures", timeout=SLOW)
    expect(state).to_contain_text("my people.zip")
    expect(state).to_contain_text("Left out: 1")
    expect(visitor.see("#lab-curves")).to_contain_text("2 genuine and 4 impostor pairs")


def test_stop_in_the_middle(visit, server, tmp_path):
    pictures = {who: jpeg(portrait(who)) for who in PEOPLE}
    files = {f"{who}/{i}.jpg": data for who, data in pictures.items() for i in range(60)}
    visitor = visit().open()
    visitor.go_to_laboratory()
    visitor.bring(zipped(tmp_path / "big.zip", files))
    state = visitor.see("#lab-state")
    visitor.press_at_once("#lab-stop", r"\b\d+ of 120 pictures")
    expect(visitor.see("#lab-stop")).to_be_disabled()
    # It ends after the batch at hand, which a machine under load may take long for.
    expect(state).to_have_text("Stopped. Nothing was kept.", timeout=3 * SLOW)
    deadline = time.monotonic() + 300
    while list(server.temp.rglob("*.zip")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list(server.temp.rglob("*.zip")) == []
    visitor.still("#lab-state", 1000)
    expect(state).to_have_text("Stopped. Nothing was kept.")
    visitor.page.get_by_role("tab", name="Compare two faces").click()
    visitor.take("b", "grace_hopper_cropped")
    expect(visitor.see("[data-verdict]")).to_have_text("Same person")
    visitor.go_to_laboratory()
    visitor.bring(zipped(tmp_path / "next.zip", labelled(("", "_cropped"))))
    expect(state).to_contain_text("Faces were found in 4 of 4 pictures", timeout=SLOW)
    expect(state).to_contain_text("next.zip")
