"""When an answer is not to be trusted: unlike signals, prediction sets, runs that were short."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from signal_classification.test_signal_events import waves
from signal_classification.test_signal_training import QUICK, bumps, run

from plugins.shared.classification.metrics import wilson
from plugins.signal_classification.learning.doubt import COVERAGE, covered, misfits_of, sets
from plugins.signal_classification.learning.familiar import Familiar, described, familiar
from plugins.signal_classification.learning.pace import ENDING, LOOK, Pace
from plugins.signal_classification.session import Session
from plugins.signal_classification.settings import Settings
from plugins.signal_classification.train_events import OTHER, Events
from registry.context import Limits

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(
    ("right", "total", "low", "high"), [(7, 12, 0.320, 0.807), (0, 9, 0, 0.299)]
)
def test_few_signals_make_a_wide_interval(right, total, low, high):
    assert wilson(right, total) == pytest.approx((low, high), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("channels", [1, 6])
def test_noise_is_unlike_waves_and_waves_are_not(channels):
    known = familiar(np.stack(waves(60, channels).series).astype(np.float32))
    new = np.stack(waves(80, channels).series[60:]).astype(np.float32)
    noise = np.random.default_rng(1).standard_normal(new.shape).astype(np.float32)
    assert known.unlike(noise).all() and known.unlike(new).mean() <= 0.1
    again = Familiar.made(known.plain(), channels, new.shape[2])
    assert np.allclose(again.distances(noise), known.distances(noise))
    with pytest.raises(ValueError, match="another form"):
        Familiar.made({**known.plain(), "middle": np.zeros(3)}, channels, new.shape[2])
    assert familiar(new[:3]) is None and np.isfinite(described(np.zeros_like(new))).all()


def test_prediction_sets_hold_the_truth_as_often_as_is_wanted():
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=4000)
    logits = rng.standard_normal((4000, 4)) + 1.5 * np.eye(4)[labels]
    shares = np.exp(3 * logits)  # Far too sure.
    shares /= shares.sum(1, keepdims=True)
    share, size = covered(shares, labels)
    assert share == pytest.approx(COVERAGE, abs=0.02) and 1 < size < 4
    assert (shares.argmax(1) == labels).mean() < 0.8
    assert sets(misfits_of(shares[:5], labels[:5]), shares).all(), "five tell nothing"
    assert sets(np.zeros(100), shares).sum(1).min() == 1, "the likeliest is always in it"


def test_what_knows_its_signals_ends_early_and_others_do_not():
    for right, taken in ((True, 200 + ENDING), (False, 600)):
        pace, step = Pace(600, True), 0
        while pace.share < 1:
            step += 1
            pace.take(step, lambda: right)  # noqa: B023
        assert step == taken and pace.saved == 600 - taken and LOOK < 200
    slow = Pace(600, False)
    slow.take(300, lambda: True)
    assert slow.share == 0.5


def test_a_run_that_ends_early_says_how_many_steps_it_wanted():
    made = run(Settings(**QUICK | {"steps": 240, "early": True}), bumps(80))
    assert made.steps == made.wanted < 240 and made.progress[-1].share == 1


def test_networks_that_hardly_learnt_leave_the_answer_to_the_rocket():
    made = run(Settings(**QUICK | {"network": "vote", "steps": 100_000, "budget": 0.5}))
    outcome = made.finish()
    assert made.steps < made.wanted and outcome.trained.networks == ()
    assert outcome.report.accuracy >= 0.9 and not outcome.trained.doubt.why
    alone = made.parts[0].trained
    assert f"Hardly trained: {made.steps} of 100,000 steps" in alone.doubt.why


@pytest.fixture
def events() -> Events:
    return Events(SimpleNamespace(limits=Limits(), device="cpu", caller_left=lambda: False))


def test_a_short_run_asks_for_more_time_and_offers_it(events):
    session = Session()
    session.train, session.test = waves(), waves(8)
    steps = list(events.train(session, [], "resnet", "", 1, 3000, 0.3))
    done = next(
        step
        for step in steps
        if "again" in step and "status" in step and "Time ran out" in step["status"]
    )
    assert "of 3,000 steps: give it more time" in done["status"] and done["again"].visible
    assert events.give_more(session)["budget"] == session.offered >= 10
    answer = events.asking.view(session, 0)
    assert "Hardly trained" in answer["answer"] and ">–<" in answer["table"]


def test_the_best_of_the_comparison_answers_and_any_of_them_can(events):
    session = Session()
    session.train, session.test = waves(24), waves(16)
    steps = list(events.train(session, [OTHER], "vote", "test_resnet", 1, 4, 60))
    names = [one.title for one in session.found]
    assert len(names) == 4 and sum("Rocket alone" in name for name in names) == 1
    best = max(one.standing.report.accuracy for one in session.found)
    assert session.own.standing.report.accuracy == best and session.asked_own
    assert any("Rocket alone" in str(step.get("results")) for step in steps)
    at = next(i for i, name in enumerate(names) if "Rocket alone" in name)
    events.asking.use(session, str(at))
    assert session.own is session.found[at] and session.own.trained.networks == ()
    assert sum(row.ours for row in session.own.standing.rows) == 1


def test_noise_is_never_called_better_than_chance():
    rng = np.random.default_rng(0)
    noise = bumps(60)
    noise.series[:] = list(rng.standard_normal((60, 1, 64)).astype(np.float32))
    trained = run(Settings(**QUICK | {"network": "rocket"}), noise).finish().trained
    assert "not show it to be better" in trained.doubt.why
