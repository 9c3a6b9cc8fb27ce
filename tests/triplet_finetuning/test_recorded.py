"""The recorded runs, moment by moment, and the map to scale."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.triplet_finetuning.player import played
from plugins.triplet_finetuning.recorded import COLLAPSE, NAMES, RANDOM, WORKS, recorded
from plugins.triplet_finetuning.session import Session
from plugins.triplet_finetuning.training.projection import to_scale, turned
from plugins.triplet_finetuning.views import theatre
from plugins.triplet_finetuning.views.moment import Moment


def extent(points):
    return float(np.ptp(to_scale(points), axis=0).max())


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_run_can_be_drawn_at_every_look(name):
    run = recorded(name)
    steps = [look.step for look in run.track.looks]
    assert steps == list(range(0, 301, 25))
    first = [triplet.anchor for triplet in run.track.looks[0].scene.hardest]
    for at in (0, 6, 12):
        moment = Moment(run, at)
        assert moment.track.steps[-1].number == steps[at] and moment.best <= steps[at]
        assert [triplet.anchor for triplet in moment.track.scene.hardest] == first
        assert all(theatre.frame(moment).values())


def test_one_learns_and_the_other_collapses():
    works, collapse = recorded(WORKS), recorded(COLLAPSE)
    before, after = (look.scene.hardest for look in (works.track.looks[0], works.track.looks[-1]))
    assert all(triplet.kind == "hard" for triplet in before)
    assert sum(t.loss for t in after) < 0.7 * sum(t.loss for t in before)
    assert works.report.after.one_shot[0] - works.report.before.one_shot[0] >= 0.1
    assert extent(works.track.looks[-1].points) > 0.3
    assert extent(collapse.track.looks[0].points) > 0.1
    assert extent(collapse.track.looks[-1].points) < 0.01
    assert collapse.settings.margin == 0 and collapse.settings.warm_up == 0
    assert list(recorded(RANDOM).tracks) == ["hard", "random"]


def test_playing_goes_from_look_to_look(monkeypatch):
    monkeypatch.setattr("plugins.triplet_finetuning.player.PAUSE", 0)
    frames = list(played(Session(), WORKS, 10))
    assert [frame["at"].value for frame in frames] == [10, 11, 12]
    assert len(list(played(Session(), WORKS, 12))) == 13, "from the beginning again"


def test_a_map_is_turned_and_never_scaled():
    rng = np.random.default_rng(0)
    before = rng.normal(size=(30, 2))
    angle = 2.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for way in (turn, turn @ np.diag([1, -1])):
        assert turned(before @ way, before) == pytest.approx(before)
        assert turned(0.01 * before @ way, before) == pytest.approx(0.01 * before)
    assert to_scale(np.zeros((1, 2))).tolist() == [[0.5, 0.5]]
