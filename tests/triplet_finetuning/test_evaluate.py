"""Figures on held-out identities, against plain loops and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.shared.faces.distances import distances
from plugins.triplet_finetuning.training.evaluate import (
    evaluate,
    one_shot,
    recall_at_1,
    report,
    stored_curve,
)

LABELS = np.repeat(np.arange(8), 6)


def made(spread: float, seed: int = 0) -> np.ndarray:
    """Encodings of length 1 around eight centres."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(8, 128))
    found = centres[LABELS] + spread * rng.normal(size=(48, 128))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("spread", [0.5, 2, 4])
def test_recall_is_leave_one_out_nearest_neighbour(spread):
    from sklearn.neighbors import KNeighborsClassifier

    encodings = made(spread)
    right = 0
    for i in range(48):
        rest = np.arange(48) != i
        model = KNeighborsClassifier(1).fit(encodings[rest], LABELS[rest])
        right += int(model.predict(encodings[i : i + 1])[0] == LABELS[i])
    table = distances(encodings, encodings, "euclidean")
    assert recall_at_1(table, LABELS) == pytest.approx(right / 48)


def test_one_shot_enrols_one_and_asks_the_others():
    table = np.where(LABELS[:, None] == LABELS[None], 0.1, 0.9)
    assert one_shot(table, LABELS) == (1.0, 0.0)
    assert one_shot(1 - table, LABELS)[0] == 0  # Whoever is nearest is somebody else.
    mean, sd = one_shot(distances(made(4), made(4), "euclidean"), LABELS)
    assert 0.125 < mean < 1 and sd > 0
    assert one_shot(table, LABELS, seed=3) == one_shot(table, LABELS, seed=3)


def test_a_look_agrees_with_the_report():
    encodings = made(2.5)
    for distance in ("squared", "euclidean", "cosine"):
        quick = evaluate(encodings, LABELS, distance)
        slow = report(encodings, encodings, LABELS, distance).after
        assert quick.recall == slow.recall
        assert quick.eer == slow.curve.eer == pytest.approx(slow.curve.exact[0])


def test_a_report_says_what_got_better():
    found = report(made(5), made(0.5), LABELS, "squared").figures()
    assert (found["identities"], found["pictures"]) == (8, 48)
    before, after = found["before"], found["after"]
    assert after["recall"] == 1 > before["recall"]
    for name in ("one_shot", "eer"):
        for value, low, high in (before[name], after[name]):
            assert 0 <= low <= value <= high <= 1
    assert after["eer"][0] < before["eer"][0]
    assert all(not isinstance(value, str) for value in (*before.values(), *after.values()))


def test_a_change_is_judged_on_the_same_draws():
    better = report(made(5), made(0.5), LABELS, "squared").changes
    assert better["recall"][0] > 0 < better["one_shot"][0] and better["eer"][1] < 0
    same = report(made(1), made(1), LABELS, "squared").changes
    assert all(ends == (0, 0) for ends in same.values())
    few = LABELS < 4
    told = report(made(5)[few], made(0.5)[few], LABELS[few], "squared").changes
    assert all(np.isnan(ends).all() for ends in told.values())


@pytest.mark.parametrize("scale", [1, 1e-3, 1e-5])
def test_shrunken_encodings_are_judged_as_the_large_ones(scale):
    large, small = (evaluate(made(2.5) * k, LABELS, "euclidean") for k in (1, scale))
    assert small.eer == pytest.approx(large.eer, abs=1e-3) and small.recall == large.recall
    shown = report(made(2.5), made(2.5) * scale, LABELS, "euclidean").after
    assert shown.curve.eer == pytest.approx(large.eer, abs=1e-3)


def test_many_pictures_are_thinned_evenly(monkeypatch):
    monkeypatch.setattr("plugins.triplet_finetuning.training.evaluate.MOST", 24)
    found = report(made(1), made(1), LABELS, "squared")
    assert (found.identities, found.pictures) == (8, 24)


def test_a_curve_for_the_verification_page():
    curve = stored_curve(made(1), LABELS, "the held-out", "made")
    assert set(curve.by_metric) == {"euclidean", "squared", "cosine"}
    assert (curve.people, curve.pictures) == (8, 48)
    for one in curve.by_metric.values():
        assert one.genuine.sum() == 8 * 15 and one.impostor.sum() == 48 * 47 // 2 - 8 * 15
    assert curve.by_metric["euclidean"].eer == pytest.approx(
        curve.by_metric["cosine"].eer, abs=0.01
    )
