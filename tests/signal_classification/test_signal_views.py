"""What the signal page draws and says."""

from __future__ import annotations

import json

import numpy as np

from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.learning.metrics import report
from plugins.signal_classification.session import Answering, Pool
from plugins.signal_classification.views import html as views
from plugins.signal_classification.views import plots
from plugins.signal_classification.views import table as tables
from plugins.signal_classification.views.results import Contender, Filter, Shown, Standing
from tests.shared.faces.markup import EVIL, Page, safe

CLASSES = (EVIL, "b")


def shown(channels: int = 1, length: int = 200) -> Shown:
    """A signal of which the first half speaks for the first class."""
    first = np.where(np.arange(length) < length / 2, 1.0, -0.5)
    kernel = Filter(np.ones((channels, 3)), np.zeros(length), 0.0)
    signal = np.sin(np.linspace(0, 9, channels * length)).reshape(channels, length)
    return Shown(
        EVIL, signal, CLASSES, np.array([0.75, 0.25]), np.stack([first, -first]), (kernel,),
        truth="b", notes=(EVIL,), ms=1234.5,
    )  # fmt: skip


def judged():
    logits = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]))
    return report(logits, np.array([0, 0, 1, 1]), CLASSES)


def test_an_answer_says_the_class_the_truth_and_the_evidence():
    page = safe(views.answer(shown(), EVIL))
    assert "but it is b" in page.text and "1,234.5 ms" in page.text
    pieces = [tag for tag in page.all("g") if "sg-piece" in tag["class"]]
    assert len(pieces) == plots.PIECES
    half = len(pieces) // 2
    assert all("is-for" in tag["class"] for tag in pieces[: half - 1])
    assert all("is-against" in tag["class"] for tag in pieces[half + 1 :])
    assert {tag["style"] for tag in pieces[: half - 1]} == {"--sg-share:100%"}
    assert {tag["style"] for tag in pieces[half + 1 :]} == {"--sg-share:50%"}
    maps = json.loads(next(tag["data-maps"] for tag in page.all("div") if "data-maps" in tag))
    assert len(maps) == 2 and len(maps[0]) == plots.PIECES and maps[1][0] == -100
    buttons = [tag for tag in page.all("button") if "data-class" in tag]
    assert [tag["aria-pressed"] for tag in buttons] == ["true", "false"]


def test_of_many_channels_some_are_drawn_and_that_is_said():
    page = safe(views.answer(shown(channels=9), "cpu"))
    assert "3 more channels are not drawn" in page.text
    assert len(page.all("g")) == views.CHANNELS * plots.PIECES
    told = views.kernels(shown(channels=9))
    assert len(told["signal"]) == len(told["kernels"][0]["weights"]) == views.CHANNELS


def test_a_constant_and_a_very_short_signal_can_be_drawn():
    for signal in (np.zeros((1, 50)), np.array([[1.0, 2.0]])):
        drawn = plots.lit(signal, plots.evidence(np.zeros((2, signal.shape[1])))[0], "flat")
        assert "nan" not in drawn and "M" in drawn


def test_the_table_marks_what_was_right_and_tells_how_many_more_there_are():
    count = tables.ROWS + 5
    shares = np.tile([0.9, 0.1], (count, 1))
    truths = (EVIL, "b") + ("",) * (count - 2)
    series = (np.zeros((1, 4)),) * count
    pool = Pool(EVIL, series, (EVIL,) * count, truths, CLASSES, shares, (EVIL,))
    page = safe(tables.table(pool, 1))
    rows = [tag for tag in page.all("button") if "data-row" in tag]
    assert len(rows) == tables.ROWS and rows[1]["aria-pressed"] == "true"
    marks = [tag.get("class") for tag in page.all("td") if tag.get("class")]
    assert marks == ["is-right", "is-wrong"] and "5 more are in the CSV" in page.text


def test_a_set_is_shown_with_names_as_text():
    signals = SignalSet(
        [np.arange(5.0), np.arange(9.0), np.arange(7.0)], np.array([0, 1, 1]), CLASSES,
        notes=(EVIL,), title=EVIL,
    )  # fmt: skip
    page = safe(views.set_view(signals, signals, (EVIL,)))
    assert "5 to 9 samples" in page.text and f"{EVIL} (1)" in page.text and "b (2)" in page.text


def test_results_put_balance_beside_accuracy_and_the_best_first():
    rows = (Contender(EVIL, 0.9, 0.4, 12.0, True), Contender("Majority class", 0.8, 0.5, 0.0))
    answering = Answering(EVIL, EVIL, EVIL, None, Standing(judged(), rows), figures={EVIL: 1.0})
    page = safe(views.results(answering))
    order = [page.text.index(name) for name in ("Majority class", f"{EVIL}40.0 %")]
    assert order == sorted(order)
    for words in (
        "75.0 % (3 of 4; 95 % interval 30.1 % to 95.4 %) of the test signals",
        "90.0 %",
        "recall",
        "100.0 %",
        "50.0 %",
        "ECE",
    ):
        assert words in page.text
    safe(views.card(answering))
    assert "was not measured here" in views.results(Answering("", "", "", None))


def test_the_axis_of_learning_ends_at_a_whole_number():
    points = [
        type("P", (), {"member": m, "seconds": s, "balanced": 0.5})
        for m, s in ((0, 3.1), (0, 6.2), (1, 7.3))
    ]
    page = Page(plots.learning(points, 6))
    assert "%048network 1network 2" in page.text
    assert plots.learning([], 6) == ""
