"""Signal classification as a visitor sees it: from a click to a class."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from browser.listener import Listener
from browser.visitor import MOVE, NARROW, SLOW, left_behind


def test_it_opens_with_classified_beats_and_works_in_the_browser_alone(visit):
    visitor = visit(Listener, reduced_motion="reduce").open()
    expect(visitor.see(".sg-safety")).to_contain_text("For learning, not for diagnosis")
    expect(visitor.see("#sg-signals")).to_contain_text("Simulated beats")
    expect(visitor.see("#sg-card")).to_contain_text("Licence")
    results = visitor.see("#sg-results")
    for words in ("Majority class", "MiniRocket", "recall", "balanced accuracy"):
        expect(results).to_contain_text(words)
    assert all(r.url.startswith((visitor.url, "data:", "blob:")) for r in visitor.requests)

    asked = len(visitor.requests)
    place, done = visitor.see("[data-place]"), visitor.see("#sg-kernels .is-done")
    rests = place.input_value()
    place.evaluate(MOVE, 3)
    short = done.get_attribute("d")
    place.evaluate(MOVE, 100)
    assert len(done.get_attribute("d")) > len(short)
    place.press("ArrowRight")
    expect(visitor.see("#sg-kernels output")).to_have_text("sample 102 of 140")
    glass = visitor.see("#sg-kernels .sg-glass").inner_html()
    visitor.see('[data-kernel="2"]').click()
    expect(visitor.see('[data-kernel="2"]')).to_have_attribute("aria-pressed", "true")
    assert visitor.see("#sg-kernels .sg-glass").inner_html() != glass and rests
    colours = "all => all.map(one => one.className.baseVal + one.getAttribute('style'))"
    before = visitor.see(".sg-piece").evaluate_all(colours)
    other = visitor.see('#sg-answer [data-class][aria-pressed="false"]').first
    words = other.inner_text()
    other.click()
    expect(visitor.see("[data-asked]")).to_have_text(words)
    assert visitor.see(".sg-piece").evaluate_all(colours) != before
    assert len(visitor.requests) == asked, "nothing was asked of the server"

    visitor.see('[data-row="1"]').click()
    expect(visitor.see("#sg-answer figcaption")).to_have_text("Beat 2")


def test_training_a_small_set_and_drawing_a_signal(visit, server, tmp_path):
    visitor = visit(Listener).open()
    visitor.train("ItalyPowerDemand", 120, "ResNet-1D, made for signals", 60)
    visitor.wait_for("running")
    visitor.wait_for("done")
    expect(visitor.see("#sg-results .pc-board tbody tr")).to_have_count(3)
    for words in ("95 % interval", "Prediction sets wanted to hold the truth"):
        expect(visitor.see("#sg-results")).to_contain_text(words)
    expect(visitor.see("#sg-results")).to_contain_text("1-nearest neighbour")
    with visitor.page.expect_download() as download:
        visitor.see("#sg-download").click()
    path = tmp_path / "model.zip"
    download.value.save_as(path)
    assert set(zipfile.ZipFile(path).namelist()) == {"model.safetensors", "README.md"}
    visitor.tab("Classify")
    expect(visitor.see("#sg-signals")).to_contain_text("ItalyPowerDemand, test")
    visitor.draw([0.2, 0.2, 0.1, 0.3, 0.8, 0.9, 0.7, 0.6, 0.8, 0.7, 0.4, 0.2])
    expect(visitor.see("#sg-answer figcaption")).to_have_text("Your drawing", timeout=SLOW)
    assert visitor.best in ("October to March", "April to September")
    expect(visitor.see("#sg-kernels output")).to_contain_text("of 24")


def test_a_stop_keeps_what_was_learnt(visit):
    visitor = visit(Listener).open()
    visitor.train("GunPoint", 200)
    expect(visitor.see("#sg-status")).to_contain_text("loss", timeout=2 * SLOW)
    expect(visitor.see("#sg-live svg")).to_be_visible()
    visitor.see("#sg-stop").click()
    visitor.wait_for("done")
    expect(visitor.see("#sg-status")).to_contain_text("Stopped; what was learnt is kept")
    expect(visitor.see("#sg-train")).to_be_enabled()
    expect(visitor.see("#sg-results")).to_contain_text("Your network")


def test_a_file_of_signals_and_files_that_cannot_be_used(visit, server):
    visitor = visit(Listener).open()
    visitor.page.get_by_text("Or bring signals").click()
    rows = np.random.default_rng(0).standard_normal((3, 140)).cumsum(1)
    text = "\n".join(",".join(f"{value:.3f}" for value in row) for row in rows)
    visitor.hand_in("#sg-file", "mine.csv", text.encode(), "text/csv")
    expect(visitor.see("#sg-signals")).to_contain_text("mine.csv (3)", timeout=SLOW)
    expect(visitor.see("#sg-answer figcaption")).to_have_text("line 1")
    visitor.see('[data-row="2"]').click()
    expect(visitor.see("#sg-answer figcaption")).to_have_text("line 3")
    visitor.hand_in("#sg-file", "broken.zip", b"PK\x03\x04 cut short", "application/zip")
    error = visitor.see("#sg-answer .pv-error")
    expect(error).to_contain_text("broken.zip")
    visitor.tab("Train")
    visitor.page.get_by_text("Or bring your own").click()
    visitor.hand_in("#sg-upload", "one.csv", b"a,1,2,3,4,5,6,7,8\na,8,7,6,5,4,3,2,1\n", "text/csv")
    expect(visitor.see("#sg-about .pv-error")).to_contain_text("All signals are of one class")
    expect(visitor.see("#sg-about .pv-error")).to_contain_text("one.csv")
    visitor.see("#sg-train").click()
    expect(visitor.see("#sg-status .pv-error")).to_contain_text("no set to learn from")
    assert not left_behind(server)


def test_a_recording_is_cut_at_its_beats_and_a_table_is_understood(visit):
    from plugins.signal_classification.data.simulated_ecg import RATE, strip

    visitor = visit(Listener).open()
    visitor.page.get_by_text("Or bring signals").click()
    signal, _ = strip(20, (7, 15))
    rows = [f"{i / RATE:.4f},{v:.4f}" for i, v in enumerate(signal)]
    text = "\n".join(["t,mV", *rows])
    visitor.hand_in("#sg-file", "strip.csv", text.encode(), "text/csv")
    expect(visitor.see("#sg-strip text.is-rare")).to_have_count(2, timeout=SLOW)
    expect(visitor.see("#sg-taken")).to_contain_text("time, left out")
    visitor.tab("Train")
    visitor.page.get_by_text("Or bring your own").click()
    rng = np.random.default_rng(0)
    rows = [f"{i / 50},{rng.normal():.3f},{'up' if i // 300 % 2 else 'on'}" for i in range(1200)]
    text = "\n".join(["t,g,y", *rows])
    visitor.hand_in("#sg-upload", "wrist.csv", text.encode(), "text/csv")
    expect(visitor.see("#sg-about .sg-preview")).to_contain_text("cut into windows", timeout=SLOW)
    visitor.see("#sg-way").get_by_label("Each row is a signal").check()
    expect(visitor.see("#sg-about .pv-error")).to_contain_text("one sample", timeout=SLOW)
    visitor.see("#sg-way").get_by_label("Time runs down the rows").check()
    expect(visitor.see("#sg-about .sg-preview")).to_contain_text("label", timeout=SLOW)
    visitor.hand_in("#sg-test", "later.csv", text.encode(), "text/csv")
    expect(visitor.see("#sg-about")).to_contain_text("All of it is trained on", timeout=SLOW)


@pytest.mark.parametrize("query", ["", "?__theme=dark"])
def test_narrow_and_dark(visit, query):
    visitor = visit(Listener, query=query, viewport=NARROW, reduced_motion="reduce").open()
    assert visitor.overflow == 0
    assert (visitor.lightness("#sg-results h2") > 0.5) == bool(query)
    answer, signals = (visitor.see(f"#sg-{x}").bounding_box() for x in ("answer", "signals"))
    assert answer["y"] < signals["y"], "on a phone the answer comes first"
    visitor.tab("Train")
    visitor.choose("sg-set", "BasicMotions")
    expect(visitor.see("#sg-about .sg-set")).to_contain_text("6 channels", timeout=SLOW)
    assert visitor.overflow == 0
