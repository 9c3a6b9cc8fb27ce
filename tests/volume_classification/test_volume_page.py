"""What the volume page says: every name is escaped, and honesty is on the page."""

from __future__ import annotations

import json
import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest

from plugins.shared.classification.labelled import split
from plugins.volume_classification import opening
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.learning.metrics import report
from plugins.volume_classification.lesson import packaged_panels as panels
from plugins.volume_classification.lesson.panel import LOOK, OWN, Judged, Panel, judge
from plugins.volume_classification.lesson.phantom import CLASSES, phantom, phantoms
from plugins.volume_classification.settings import FLAT, KINDS, WHOLE, Settings
from plugins.volume_classification.views import html as views
from plugins.volume_classification.views import plots
from plugins.volume_classification.views import verdicts as answers
from plugins.volume_classification.views.html import Verdict
from plugins.volume_classification.views.sets import set_view
from plugins.volume_classification.views.viewer_data import Evidence, scene

NASTY = '<img src=x onerror="1">'
SHIPPED = pytest.mark.skipif(
    not (opening.FOLDER / opening.TABLE).exists(), reason="the lesson is not recorded yet"
)


@pytest.fixture(scope="module")
def shown():
    maps = [np.zeros((2, 8, 8, 8), np.float32)] * 2
    evidence = [
        Evidence(name, ("a", NASTY), m) for name, m in zip(("2-D", "3-D"), maps, strict=True)
    ]
    return scene(Volume(np.random.default_rng(0).random((8, 8, 8)), name=NASTY), evidence)


def verdicts(*answers_: str, accuracy: float = 0.5) -> list[Verdict]:
    return [
        Verdict(kind, CLASSES, (0.9, 0.1) if name == CLASSES[0] else (0.1, 0.9), 0.01, accuracy)
        for kind, name in zip(KINDS, answers_, strict=False)
    ]


def test_the_viewer_can_be_used_without_a_mouse_and_hides_no_markup(shown):
    text = views.viewer(shown, NASTY)
    assert NASTY not in text
    assert text.count('tabindex="0"') == 3 and text.count("data-slice") == 3
    for control in re.findall(r"<(?:input|canvas)[^>]*>", text):
        named = "aria-label" in control or "data-level" in control or "data-width" in control
        assert named or "data-opacity" in control or "data-evidence" in control, (
            f"{control} has no name"
        )
    told = json.loads(unescape(re.search(r'data-scene="([^"]*)"', text).group(1)))
    assert told["name"] == NASTY and told["shape"] == [8, 8, 8] and len(told["table"]) == 256
    assert text.count("<option selected>") == 1 and "<option selected>3-D" in text
    assert 'aria-live="polite"' in text


def test_two_viewers_never_share_a_key(shown):
    keys = {re.search(r'data-key="(\w+)"', views.viewer(shown)).group(1) for _ in range(5)}
    assert len(keys) == 5


def test_the_lesson_asks_before_it_answers(shown):
    text = views.lesson(
        shown, verdicts("vessel", "nodule", "nodule"), "nodule", CLASSES, "About.", ""
    )
    assert [w for w in re.findall(r'data-say="(\w*)"', text)] == ["nodule", "vessel", ""]
    assert re.findall(r'data-card="([^"]+)" data-answer="(\w+)"', text) == [
        ("2-D", "vessel"), ("2.5-D", "nodule"), ("3-D", "nodule"),
    ]  # fmt: skip
    assert text.count("✓ right") == 2 and text.count("✗ wrong") == 1
    assert "<b>Simulated</b>" in text


def test_cards_say_how_good_a_network_is_where_that_is_known():
    assert "Right on 50.0 %" in views.cards(verdicts("nodule"))
    assert "Right on" not in views.cards(verdicts("nodule", accuracy=float("nan")))
    for truth in ("", "hyperplasia"):
        shown = views.cards(verdicts("nodule"), truth)
        assert "</i>" not in shown.replace("></i>", ""), "who does not know the word is not wrong"
    assert "✗ wrong" in views.cards(verdicts("nodule"), "vessel")


def test_nobody_is_asked_unless_one_asks():
    assert answers.judges(False)[0][1] == LOOK and OWN not in [k for _, k in answers.judges(False)]
    assert OWN in [key for _, key in answers.judges(True)]
    volume = Volume(np.random.default_rng(0).random((3, 4, 5)), (3, 1, 1), NASTY, (NASTY,))
    text = answers.unasked(volume)
    assert "no verdict" in text and "3 x 4 x 5 voxels of 3 x 1 x 1 mm" in text and NASTY not in text


@pytest.mark.parametrize("key", panels.PANELS)
def test_shipped_networks_warn(key):
    panel = Panel(key, panels.TITLES[key], {}, {}, NASTY, panels.WARNINGS[key])
    judged = Judged(tuple(verdicts("nodule", "vessel", "nodule")), (), ("It was made smaller.",))
    volume = Volume(np.random.default_rng(0).random((3, 4, 5)), name=NASTY)
    text = answers.answered(volume, panel, judged, "")
    assert "Beware" in text and "means nothing" in text
    assert "It was made smaller." in text and NASTY not in text and "right</i>" not in text


def test_a_set_is_shown_with_its_majority():
    whole = phantoms(30, 0, size=16)
    few = np.r_[np.flatnonzero(whole.labels == 0), np.flatnonzero(whole.labels == 1)[:5]]
    text = set_view(*split(whole.only(few)))
    assert "is right in 66.7 %" in text, "four of one class are tested on, and two of the other"
    assert text.count("<img") > 4 and "Simulated" in text and "16³ voxels" in text


def test_results_put_the_baseline_beside_the_networks():
    rng = np.random.default_rng(0)
    labels = np.array([0] * 30 + [1] * 10)
    outcomes, runs = {}, {}
    for kind in (FLAT, WHOLE):
        judged = report(rng.normal(size=(40, 2)), labels, ("a", NASTY))
        network = SimpleNamespace(parameters=lambda: iter([SimpleNamespace(numel=lambda: 1234)]))
        trained = SimpleNamespace(network=network)
        outcomes[kind] = SimpleNamespace(report=judged, trained=trained, seconds=2.0, steps=9)
        one = SimpleNamespace(seconds=1.0, balanced=float("nan"), loss=0.7)
        two = SimpleNamespace(seconds=2.0, balanced=judged.balanced, loss=0.6)
        train = SimpleNamespace(classes=("a", NASTY))
        runs[kind] = SimpleNamespace(
            progress=[one, two], settings=Settings(budget=2), seconds=2.0, train=train
        )
    text = plots.results(runs, outcomes)
    assert "always the most frequent class" in text and "75.0 %" in text and "1,234" in text
    assert "guessing" in text and NASTY not in text and text.count("<svg") == 3
    assert "<svg" in plots.results(runs, {}) and plots.learning({}) == ""
    assert "All took the same number of steps" in text
    outcomes[WHOLE].steps = 4
    text = plots.results(runs, outcomes)
    assert "3-D took 4 steps, for its time was over, and another took 9" in text
    assert "All took the same number of steps" not in text


@SHIPPED
def test_the_lesson_was_recorded_from_the_shipped_networks():
    seed, label, recorded, twin, about = opening.recorded()
    panel = panels.phantom_panel()
    judged = judge(panel, phantom(seed, label))
    beside = judge(panel, phantom(seed, 1 - label)).verdicts
    for now, then in zip(beside, twin, strict=True):
        assert np.abs(np.subtract(now.probabilities, then.probabilities)).max() < 0.02
    assert twin[0].answer == recorded.verdicts[0].answer, "one slice, one answer"
    assert about == panel.about
    for now, then in zip(judged.verdicts, recorded.verdicts, strict=True):
        assert now.kind == then.kind and now.accuracy == then.accuracy
        assert np.abs(np.subtract(now.probabilities, then.probabilities)).max() < 0.02
    right = {one.kind: one.answer == CLASSES[label] for one in recorded.verdicts}
    assert right[WHOLE] and not right[FLAT], "the case in which a slice misleads"
    for now, then in zip(judged.evidence, recorded.evidence, strict=True):
        most = np.nanmax(np.abs(now.maps))
        assert np.nanmax(np.abs(now.maps - then.maps)) < 0.05 * most


@SHIPPED
def test_twins_have_one_slice_and_the_2d_network_one_answer():
    panel = panels.phantom_panel()
    pair = [judge(panel, phantom(7, label)).verdicts for label in (0, 1)]
    flat = [one[0].probabilities for one in pair]
    assert flat[0] == pytest.approx(flat[1], abs=1e-6)
    assert [one[-1].answer for one in pair] == list(CLASSES), "the 3-D network tells them apart"
