"""Open-set trials against loops over the same splits, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from plugins.face_identification.k_laboratory import open_set_trials as trials
from plugins.face_identification.k_laboratory.open_set_trials import largest_tau, open_set_trials
from tests.face_identification.loops import (
    is_found,
    random_set,
    refusal,
    share,
    trial_by_loops,
)


@pytest.mark.parametrize("template", ["all", "mean"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("photos", [1, 2])
def test_a_trial_is_what_loops_count(template, metric, photos, monkeypatch):
    points, names = random_set(11, sizes=(4, 3, 5, 3, 6, 1, 2), spread=0.8)
    seen, real = [], trials._split

    def kept(score, who, chosen, gallery, others):
        seen.append((chosen, gallery, others))
        return real(score, who, chosen, gallery, others)

    monkeypatch.setattr(trials, "_split", kept)
    made = open_set_trials(
        points, names, metric, enrolled=3, photos=photos, splits=6, template=template
    )
    assert len(made.splits) == 6 and len({tuple(c) for c, _, _ in seen}) > 1
    known = sorted(set(names))
    for split, (chosen, gallery, others) in zip(made.splits, seen, strict=True):
        rows = {known[c]: list(g) for c, g in zip(chosen, gallery, strict=True)}
        assert len(rows) == 3 and gallery.shape == (3, photos)
        assert all(names[i] == name for name, g in rows.items() for i in g)
        assert not set(chosen) & set(others) and len(set(others)) == 4
        mated, strangers, scores = trial_by_loops(points, names, rows, template, metric)
        assert (split.mated, split.strangers) == (len(mated), len(strangers))
        assert split.rank1 == pytest.approx(share([is_found(scores[n], names[n]) for n in mated]))
        halves = [{known[p] for p in part} for part in (others[:2], others[2:])]
        first, second = ([d for n, d in strangers.items() if names[n] in half] for half in halves)
        for tau, fpir, fnir, set_on, asked in (
            (split.tau, split.fpir, split.fnir, list(strangers.values()), strangers.values()),
            (split.tau_half, split.fpir_half, split.fnir_half, first, second),
        ):
            assert share([d <= tau for d in set_on]) <= 0.01
            above = np.nextafter(tau, np.inf)
            assert share([d <= above for d in set_on]) > 0.01, "no larger tau holds 1 %"
            assert fpir == pytest.approx(share([d <= tau for d in asked]))
            missed = share([not is_found(scores[n], names[n], tau) for n in mated])
            assert fnir == pytest.approx(missed)


def test_largest_tau_by_hand():
    nearest = np.arange(1, 301) / 100.0
    tau = largest_tau(np.random.default_rng(0).permutation(nearest))
    assert 0.03 < tau < 0.04 and (nearest <= tau).sum() == 3
    assert largest_tau(nearest[:99]) == np.nextafter(0.01, 0), "of 99 none may be named"
    assert largest_tau(np.array([0.5, 0.5, 0.5]), wanted=0.5) < 0.5, "ties fall together"
    assert largest_tau(nearest, wanted=1.0) == math.inf


def test_means_over_splits_come_with_their_percentiles():
    points, names = random_set(4, sizes=(4,) * 7)
    made = open_set_trials(points, names, enrolled=3, splits=9)
    values = [split.tau for split in made.splits]
    rate = made.mean("tau")
    assert rate.value == pytest.approx(sum(values) / 9)
    assert (rate.low, rate.high) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])))


def test_people_with_too_few_photos_are_always_strangers():
    points, names = random_set(6, sizes=(3, 3, 3, 2, 2, 1))
    made = open_set_trials(points, names, enrolled=3, photos=2, splits=5)
    assert [(split.mated, split.strangers) for split in made.splits] == [(3, 5)] * 5


def test_trials_that_cannot_be_are_refused():
    points, names = random_set(4, sizes=(4, 4, 4, 2))
    for settings, word in (
        ({"enrolled": 4}, "0 strangers"),
        ({"enrolled": 3}, "1 strangers"),
        ({"enrolled": 5}, "5 people are to be enrolled"),
        ({"enrolled": 2, "photos": 4}, "5 photos"),
        ({"enrolled": 0}, "measure nothing"),
        ({"enrolled": 2, "photos": 0}, "measure nothing"),
        ({"enrolled": 2, "splits": 0}, "measure nothing"),
        ({"enrolled": 2, "template": "median"}, "median"),
    ):
        asked = {"encodings": points, "people": names, **settings}
        assert word in refusal(lambda asked=asked: open_set_trials(**asked))
