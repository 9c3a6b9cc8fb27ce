"""Triplet fine-tuning as a visitor sees it: from a click to a network that other pages use."""

from __future__ import annotations

import zipfile

import pytest
from playwright.sync_api import expect

from browser.known import Knower
from browser.pictures import zipped
from browser.trainer import Learner
from browser.visitor import NARROW, SLOW, Comparer, left_behind

# Read at once: the pair that was asked for may arrive between two readings.
VERDICT = """() => ["pv-word", "pv-rule"].map(
    (kind) => document.querySelector(`#sh-pair .${kind}`).innerText)"""
ALIKE = """same => {
  const shown = [...document.querySelectorAll("#sh-pair .tf-input")];
  const [i, j] = shown.map((one) => one.innerText.trim().split(/\\s+/).pop());
  return shown.length === 2 && (i === j) === same;
}"""
"""Whether the two pictures show one identity."""


def test_it_opens_with_a_finished_run(visit):
    visitor = visit(Learner).open()
    assert visitor.state == "done" and visitor.step() == 300
    expect(visitor.see("#tf-triplets .tf-triplet img").first).to_be_visible()
    assert visitor.see("#tf-triplets .tf-triplet img").count() == 18, "six triplets, three pictures"
    expect(visitor.see("#tf-plane svg circle").first).to_be_visible()
    assert visitor.see("#tf-map .tf-place").count() == 160
    expect(visitor.see("#tf-plots")).to_contain_text("α = 0.2")
    expect(visitor.see("#tf-summary")).to_contain_text("recall@1")
    expect(visitor.see("#tf-download")).to_have_count(0)
    assert all(r.url.startswith((visitor.url, "data:", "blob:")) for r in visitor.requests)


def test_the_recorded_runs_play_and_the_collapse_is_seen(visit):
    visitor = visit(Learner).open()
    assert visitor.extent > 0.2
    visitor.see("#tf-at input[type=number]").fill("0")
    visitor.see("#tf-at input[type=number]").press("Tab")
    expect(visitor.see("#tf-status")).to_contain_text("Step 0 of 300")
    before = visitor.losses
    assert min(before) > 0
    visitor.see("#tf-play").click()
    expect(visitor.see("#tf-status")).to_contain_text("Step 300 of 300", timeout=SLOW)
    assert sum(visitor.losses) < sum(before), "hard triplets became easier"
    visitor.see("#tf-shown label").filter(has_text="collapse").click()
    expect(visitor.see("#tf-plots")).to_contain_text("α = 0:")
    expect(visitor.see("#tf-status")).to_contain_text("Step 300 of 300", timeout=SLOW)
    assert visitor.extent < 0.02, "all in one point, to scale"
    visitor.see("#tf-shown label").filter(has_text="random").click()
    expect(visitor.see("#tf-plots .tf-plots.is-2")).to_be_visible()


def test_five_examples_and_no_training(visit):
    visitor = visit(Learner)
    visitor.page.goto(f"{visitor.url}triplet-finetuning")
    visitor.see("#fs-shelf button").first.click()
    told = visitor.see("#fs-verdict [data-told]")
    expect(told).to_contain_text("This is right.", timeout=SLOW)
    visitor.see("#fs-shelf button").nth(7).click()
    expect(told.locator(".pv-word")).to_have_text("Unknown")
    visitor.see("#fs-compare").click()
    expect(visitor.see("#fs-table tbody tr")).to_have_count(1)
    visitor.hand_in("#fs-probe", "notes.jpg", b"no picture")
    expect(visitor.see("#fs-verdict .pv-error")).to_contain_text("notes.jpg")


def test_from_a_click_to_a_network_in_the_verification_page(visit, server, tmp_path):
    visitor = visit(Learner).open()
    visitor.steps(60)
    formula = visitor.see("#tf-formula")
    recorded = formula.inner_text()
    visitor.train()
    visitor.wait_for("running")
    expect(visitor.see("#tf-train")).to_be_disabled()
    # Each frame has numbers of its own; a busy machine may draw few of them.
    expect(formula).not_to_have_text(recorded, use_inner_text=True)
    visitor.wait_for("done")
    assert formula.inner_text() != recorded
    expect(visitor.see("#tf-download")).to_be_visible()
    assert len(visitor.names) == 1 and visitor.names[0].startswith("finetuned.")
    with visitor.page.expect_download() as download:
        visitor.see("#tf-download").click()
    download.value.save_as(tmp_path / "result.zip")
    with zipfile.ZipFile(tmp_path / "result.zip") as found:
        assert "model.safetensors" in " ".join(found.namelist())
        assert "finetune objects" in found.read("README.md").decode()

    visitor.see("#tf-verify").click()
    visitor.see("#model input").wait_for()
    page = Comparer.__new__(Comparer)
    page.__dict__.update(visitor.__dict__)
    visitor.see("[data-verdict]").wait_for()
    expect(visitor.see("#view-a .pv-caption")).to_contain_text("picture", timeout=SLOW)
    assert "Fine-tuned" in visitor.see("#model input").input_value()
    assert 0 < page.distance < 2
    expect(visitor.see("#curves")).to_contain_text("held-out identities")
    expect(visitor.see("#about-model")).to_contain_text("in memory only")
    stranger = visit().open()
    assert "Fine-tuned" not in stranger.page.content()

    visitor.page.goto(f"{visitor.url}face-identification")
    visitor.see("#who-model-choice-apart").get_by_text("cannot be had", exact=False).wait_for()
    visitor.choose("who-model-choice", "Fine-tuned")
    expect(visitor.see("#who-view")).to_contain_text("whole picture", timeout=SLOW)
    assert Knower.names.fget(visitor) is not None


def test_pause_stop_and_what_was_learnt_is_kept(visit):
    visitor = visit(Learner).open()
    visitor.steps(2000)
    visitor.train()
    visitor.press_at_once("#tf-pause", r"Step (?!\d of|[12]\d of)[\d,]+ of 2,000")
    expect(visitor.see("#tf-pause")).to_have_text("Go on")
    visitor.still("#tf-status", 1500)  # A run that went on would tell of a step by then.
    visitor.see("#tf-pause").click()
    visitor.press_at_once("#tf-stop")
    visitor.wait_for("stopped")
    assert 30 <= visitor.step() < 2000
    expect(visitor.see("#tf-status")).to_contain_text("best weights are those of step")
    expect(visitor.see("#tf-train")).to_be_enabled()
    assert len(visitor.names) == 1
    visitor.see("#tf-drop").click()
    expect(visitor.see("#tf-status")).to_contain_text("forgotten")
    expect(visitor.see("#tf-verify")).not_to_be_visible()


def test_bad_settings_and_bad_sets_lose_nothing(visit, server, tmp_path):
    visitor = visit(Learner).open()
    before = visitor.see("#tf-summary .tf-summary").inner_text()
    visitor.see("#tf-source label").filter(has_text="My pictures").click()
    visitor.train()
    error = visitor.see("#tf-status .pv-error")
    expect(error).to_contain_text("No pictures were brought")
    one = zipped(tmp_path / "notes.zip", {"a/notes.txt": b"my notes"})
    visitor.see("#tf-zip input[type=file]").set_input_files(one)
    expect(visitor.see("#tf-about .pv-error")).to_contain_text("notes.zip")
    visitor.see("#tf-source label").filter(has_text="Hub").click()
    visitor.see("#tf-dataset input, #tf-dataset textarea").first.fill("nonsense")
    visitor.train()
    expect(error).to_contain_text("owner/name")
    visitor.see("#tf-source label").filter(has_text="Objects").click()
    visitor.choose("tf-backbone", "dlib")
    visitor.train()
    expect(error).to_contain_text("made for faces")
    assert visitor.see("#tf-summary .tf-summary").inner_text() == before
    assert not left_behind(server)


def test_two_train_one_after_the_other(visit):
    ann, bob = visit(Learner).open(), visit(Learner).open()
    ann.steps(2000)
    ann.train()
    ann.wait_for("running")
    bob.steps(20)
    bob.train()
    bob.wait_for("waiting")
    expect(bob.see("#tf-status")).to_contain_text("1 run is ahead of you")
    ann.page.close()  # Whoever leaves stops within a step, and the next one's turn comes.
    bob.wait_for("done")
    assert bob.step() == 20


def test_the_siamese_head(visit):
    visitor = visit(Learner).open()
    visitor.tab("Siamese head")
    expect(visitor.see("#sh-table .tf-table tbody tr")).to_have_count(3)
    for button in ("impostor", "genuine", "impostor"):
        visitor.see(f"#sh-{button}").click()
        visitor.page.wait_for_function(ALIKE, arg=button == "genuine")
        verdict, rule = visitor.page.evaluate(VERDICT)
        p = float(rule.removeprefix("p = "))
        assert verdict == ("Same" if p >= 0.5 else "Different")
    visitor.see("#sh-kind label").filter(has_text="χ").click()
    expect(visitor.see("#sh-pair")).to_contain_text("χ")
    visitor.see("#sh-learn").click()
    expect(visitor.see("#sh-table .pv-error")).to_contain_text("no run of yours")


@pytest.mark.parametrize("query", ["", "?__theme=dark"])
def test_narrow_and_dark(visit, query):
    visitor = visit(Learner, query=query, viewport=NARROW).open()
    assert visitor.overflow == 0
    assert (visitor.lightness("#tf-summary b") > 0.5) == bool(query)
    visitor.tab("Siamese head")
    expect(visitor.see("#sh-table .tf-table")).to_be_visible()
    assert visitor.overflow == 0
