"""Five examples, no training: prototypes, *unknown*, and the built-in objects."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.triplet_finetuning.data.objects import HELD_OUT, NAMES, objects
from plugins.triplet_finetuning.few_shot.classes import (
    METHODS,
    NEAREST,
    PROTOTYPES,
    Classes,
    better,
    left_out,
    scores,
    strangers,
    threshold,
    unit,
)
from plugins.triplet_finetuning.few_shot.examples import Examples, probes, unseen
from plugins.triplet_finetuning.few_shot.network import stored
from weights.errors import ParagoneError

X = np.eye(4)[[0, 0, 1, 1]] + 0.1 * np.eye(4)[[2, 3, 2, 3]]
LABELS = np.array([0, 0, 1, 1])


def groups(rng, many, each, near=0.6):
    """`many` groups on the sphere, `each` members, some distance around a middle."""
    middles = unit(rng.normal(size=(many, 16)))
    return unit(np.repeat(middles, each, 0) + near * rng.normal(size=(many * each, 16)) / 4)


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_cosines_with_the_mean_or_the_nearest(method):
    x = unit(X)
    found = scores(x[:1], x, LABELS, 2, method)[0]
    middle = (x[0] + x[1]) / np.linalg.norm(x[0] + x[1])
    assert found[0] == pytest.approx(1 if method == NEAREST else x[0] @ middle)
    assert found[1] < 0.1


def test_an_example_is_told_from_the_others_alone():
    x = unit(X)
    assert left_out(x, LABELS, PROTOTYPES).tolist() == [1, 1, 1, 1]
    alone = left_out(x[:3], LABELS[:3], PROTOTYPES)
    assert alone[:2].tolist() == [1, 1] and np.isnan(alone[2])
    assert left_out(x, LABELS, PROTOTYPES, least=1.1).tolist() == [0, 0, 0, 0]


def test_the_nearest_example_decides_only_where_it_is_clearly_better():
    few = np.array([1.0, 1, 0, np.nan])
    assert better(few, few) == PROTOTYPES and better(few, np.array([1.0, 1, 1, 1])) == PROTOTYPES
    assert (
        better(np.zeros(9), np.ones(9)) == NEAREST
        and better(np.ones(9), np.zeros(9)) == "prototypes"
    )


def test_strangers_meet_the_other_classes_only():
    assert (strangers(unit(X), LABELS, PROTOTYPES) < 0.1).all()


def test_the_threshold_lets_no_more_than_the_rate_pass():
    rng, passed = np.random.default_rng(0), []
    for _ in range(400):
        seen, new = rng.normal(size=(2, 99))
        passed.append((new >= threshold(seen, 0.1)).mean())
    assert np.mean(passed) == pytest.approx(0.1, abs=0.01)
    assert (np.array([0.2, 0.3]) < threshold(np.array([0.2, 0.3]), 0.05)).all()
    assert threshold(np.array([]), 0.1) == -1


def test_unknown_keeps_the_false_alarms_and_known_ones_are_told():
    rng, alarms, right = np.random.default_rng(0), [], []
    for _ in range(30):
        x = groups(rng, 40, 6).reshape(40, 6, 16)
        given, others, new = x[:10], x[10:25].reshape(-1, 16), x[25:].reshape(-1, 16)
        labels = np.repeat(np.arange(10), 4)
        known = Classes.of(tuple("abcdefghij"), given[:, :4].reshape(-1, 16), labels, 0.1, others)
        alarms.append((known.decide(new) >= 0).mean())
        right.append((known.decide(given[:, 4:].reshape(-1, 16)) == np.repeat(range(10), 2)).mean())
    assert np.mean(alarms) <= 0.11 and np.mean(right) > 0.8


def test_the_objects_are_whole():
    small, large = objects(32), objects(96)
    assert len(NAMES) == 24 and len(HELD_OUT) == 8 and set(HELD_OUT) < set(NAMES)
    assert small.chips.shape == (480, 32, 32, 3) and small.picture(3).shape == (96, 96, 3)
    assert (small.picture(77) == large.chips[77]).all()
    part = small.only(small.labels > 20)
    assert part.large is not None and (part.picture(0) == large.chips[21 * 20]).all()
    assert "CC BY 4.0" in small.source


def test_the_objects_are_told_by_what_was_recorded():
    def never(chips):
        raise AssertionError("nothing is encoded")

    examples = Examples()
    examples.choose(HELD_OUT, 5)
    known = examples.classes(never, 0.05)
    near, far = unseen(HELD_OUT)
    rows = stored()[0]
    truth = [known.names.index(NAMES[i // 20]) for i in near]
    told = known.decide(rows[near])
    assert (told == truth).mean() > 0.85
    assert (known.decide(rows[far]) >= 0).mean() < 0.15
    assert set(probes(HELD_OUT)).isdisjoint(k for k in range(480) if k % 20 < 10)


def test_what_is_stored_is_what_the_network_makes(context=None):
    from plugins.triplet_finetuning.few_shot.network import features
    from weights import Weights

    chosen = [3, 250]
    found = features(Weights(), objects(96).chips[chosen])
    assert (unit(found) * unit(stored()[0][chosen])).sum(1) == pytest.approx(1, abs=2e-3)


def test_classes_of_ones_own_and_what_is_refused():
    picture = np.zeros((160, 160, 3), np.uint8)
    examples = Examples()
    with pytest.raises(ParagoneError, match="Two classes"):
        examples.classes(lambda chips: np.ones((len(chips), 1280)), 0.1)
    with pytest.raises(ParagoneError, match="no name"):
        examples.add("  ", picture)
    with pytest.raises(ParagoneError, match="of this name"):
        examples.add("pizza", picture)
    for _ in range(10):
        examples.add("my cat", picture)
    with pytest.raises(ParagoneError, match="10 pictures"):
        examples.add("my cat", picture)
    with pytest.raises(ParagoneError, match="21 classes"):
        examples.choose(NAMES[:20], 5)
    examples.choose(NAMES[:19], 1)
    known = examples.classes(lambda chips: np.ones((len(chips), 1280)), 0.1)
    assert len(known.names) == 20 and known.names[-1] == "my cat"
