"""The logistic heads: what they compute, that they learn what there is, and how they are judged."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.triplet_finetuning.training.pair_classifier import (
    KINDS,
    Head,
    compare_heads,
    draw_pairs,
    telling,
)
from weights.errors import ParagoneError

TRAIN, TEST = np.repeat(np.arange(20), 6), np.repeat(np.arange(10), 6)


def made(labels: np.ndarray, seed: int, telling: int = 8, noise: float = 1.0) -> np.ndarray:
    """32 numbers a picture, of which only the first `telling` depend on the identity."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(len(labels), 32)) * noise
    found[:, :telling] += 2.5 * rng.normal(size=(labels.max() + 1, telling))[labels]
    return found


@pytest.fixture(scope="module")
def comparison():
    return compare_heads(made(TRAIN, 1), TRAIN, made(TEST, 2), TEST)


def head(kind: str) -> Head:
    ends = np.zeros(3), np.array([1.0, 2.0, 4.0])
    return Head(kind, np.ones(3), 0.0, *ends)


def test_features_by_hand():
    left, right = np.array([0.5, 1.0, -1.0]), np.array([1.0, 1.0, 3.0])
    np.testing.assert_allclose(head("distance").features(left, right), [[np.sqrt(16.25)]])
    np.testing.assert_allclose(head("difference").features(left, right), [[0.5, 0, 4]])
    # Scaled to the range: (.5, .5, 0) and (1, .5, .75).
    np.testing.assert_allclose(
        head("chi_square").features(left, right), [[0.25 / 1.5, 0, 0.75]], atol=1e-12
    )
    both_zero = head("chi_square").features(np.zeros(3), np.zeros(3))
    np.testing.assert_array_equal(both_zero, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_a_pair_does_not_matter(comparison, kind):
    one = {found.kind: found for found in comparison.heads}[kind]
    encodings = made(TEST, 3)
    a, b = encodings[:30], encodings[30:]
    np.testing.assert_allclose(one.probability(a, b), one.probability(b, a))
    assert ((one.probability(a, b) >= 0) & (one.probability(a, b) <= 1)).all()


def test_the_weights_are_those_of_scikit_learn():
    """Folding the standardisation into the weights changes no probability."""
    from sklearn.linear_model import LogisticRegression

    encodings = made(TRAIN, 1)
    found = compare_heads(encodings, TRAIN, made(TEST, 2), TEST)
    i, j, same = draw_pairs(TRAIN, 6000, 0, "")
    for one in found.heads:
        features = one.features(encodings[i], encodings[j])
        scaled = (features - features.mean(0)) / features.std(0)
        gaps = []
        for strength in (0.001, 0.01, 0.1, 1.0):
            model = LogisticRegression(C=strength, class_weight="balanced", max_iter=1000)
            theirs = model.fit(scaled, same).predict_proba(scaled)[:, 1]
            gaps.append(np.abs(one.probability(encodings[i], encodings[j]) - theirs).max())
        assert min(gaps) < 1e-6


def test_the_telling_numbers_get_the_weight(comparison):
    for one in comparison.heads[1:]:
        weight = np.abs(one.weights)
        assert weight[:8].min() > weight[8:].max(), one.kind
        assert (one.weights[:8] < 0).all(), "a difference speaks against one identity"


def test_learnt_weights_help_where_most_numbers_are_noise(comparison):
    plain, difference, chi = comparison.judged
    assert difference.eer.value < plain.eer.value and chi.eer.value < plain.eer.value
    for one in comparison.judged:
        for rate in (one.eer, one.auc, one.accuracy):
            assert 0 <= rate.low <= rate.value <= rate.high <= 1


def test_the_figures_are_scikit_learns(comparison):
    from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

    encodings = made(TEST, 2)
    i, j, same = draw_pairs(TEST, 20_000, 1, "", even=False)
    assert (comparison.genuine, comparison.impostor) == (same.sum(), (~same).sum()) == (150, 1620)
    even = np.where(same, 0.5 / same.sum(), 0.5 / (~same).sum())
    for one in comparison.judged:
        p = one.head.probability(encodings[i], encodings[j])
        assert one.auc.value == pytest.approx(roc_auc_score(same, p), abs=1e-9)
        fmr, hit, _ = roc_curve(same, p)
        crossing = np.argmin(np.abs(fmr - (1 - hit)))
        assert one.eer.value == pytest.approx(fmr[crossing], abs=0.02)
        balanced = ((p >= 0.5)[same].mean() + (p < 0.5)[~same].mean()) / 2
        assert one.accuracy.value == pytest.approx(balanced)
        assert one.brier == pytest.approx(brier_score_loss(same, p, sample_weight=even))
        assert sum(share for _, _, share in one.reliability) == pytest.approx(1)


def test_a_head_comes_back_from_its_tensors(comparison):
    encodings = made(TEST, 3)
    for one in comparison.heads:
        again = Head.from_tensors(one.kind, one.to_tensors())
        p, q = (each.probability(encodings[:30], encodings[30:]) for each in (one, again))
        np.testing.assert_allclose(p, q, atol=1e-4)


def test_pairs_are_drawn_evenly_and_bounded():
    i, j, same = draw_pairs(TRAIN, 100, 0, "")
    assert len(i) == 100 and same.sum() == 50
    assert ((TRAIN[i] == TRAIN[j]) == same).all() and (i != j).all()
    assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == 100


@pytest.mark.parametrize("labels", [np.zeros(6, int), np.arange(6)])
def test_too_little_to_learn_from_is_said(labels):
    with pytest.raises(ParagoneError, match="no pairs") as caught:
        compare_heads(made(labels, 0), labels, made(TEST, 2), TEST)
    assert caught.value.where == "the training identities"


def test_the_telling_pair_is_one_that_the_weights_put_right(comparison):
    heads, encodings = {found.kind: found for found in comparison.heads}, made(TEST, 2)
    i, j = telling(heads["difference"], heads["distance"], encodings, TEST)
    same = TEST[i] == TEST[j]
    right, wrong = (heads[kind].probability(encodings[i], encodings[j])[0] >= 0.5
                    for kind in ("difference", "distance"))  # fmt: skip
    assert right == same and wrong != same
