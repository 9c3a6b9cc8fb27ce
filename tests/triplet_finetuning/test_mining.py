"""Mined triplets, shares and the loss, against plain loops over all triplets."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from plugins.shared.faces.distances import distances
from plugins.triplet_finetuning.settings import DISTANCES, Settings

if TYPE_CHECKING:
    import torch

LABELS = np.repeat(np.arange(4), 3)


@pytest.fixture
def encodings() -> torch.Tensor:
    import torch
    from torch.nn.functional import normalize

    return normalize(torch.randn(12, 128, generator=torch.Generator().manual_seed(3)))


def all_triplets():
    for a, p, n in itertools.product(range(12), repeat=3):
        if a != p and LABELS[a] == LABELS[p] and LABELS[a] != LABELS[n]:
            yield a, p, n


@pytest.mark.parametrize("distance", DISTANCES)
def test_distances_are_those_of_the_other_pages(encodings, distance):
    from plugins.triplet_finetuning.training.miners import distance_matrix

    table = distance_matrix(encodings.numpy(), distance)
    np.testing.assert_allclose(table, distances(encodings, encodings, distance), atol=1e-3)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("mining", ["all", "semihard", "hard"])
def test_mined_triplets_and_their_loss(encodings, distance, mining):
    import torch

    from plugins.triplet_finetuning.training.miners import (
        distance_matrix,
        kind_of,
        make_loss,
        make_miner,
    )

    settings = Settings(mining=mining, distance=distance, margin=0.3)
    table = distance_matrix(encodings.double().numpy(), distance)
    labels = torch.from_numpy(LABELS)
    mined = make_miner(settings, mining)(encodings, labels, np.random.default_rng(0))
    found = set(zip(*(part.tolist() for part in mined), strict=True))
    if mining == "hard":  # Of each anchor the farthest positive and the nearest negative.
        expected = {
            (
                a,
                max((p for x, p, _ in all_triplets() if x == a), key=lambda p: table[a, p]),
                min((n for x, _, n in all_triplets() if x == a), key=lambda n: table[a, n]),
            )
            for a in range(12)
        }
    else:
        wanted = {"all": ("hard", "semihard"), "semihard": ("semihard",)}[mining]
        expected = {
            (a, p, n)
            for a, p, n in all_triplets()
            if kind_of(table[a, p], table[a, n], 0.3) in wanted
        }
    assert found == expected
    by_hand = np.mean([max(table[a, p] - table[a, n] + 0.3, 0) for a, p, n in expected])
    loss = make_loss(settings)(encodings, labels, mined)
    assert float(loss) == pytest.approx(by_hand, abs=1e-4)


def test_easy_triplets_have_no_loss():
    import torch

    from plugins.triplet_finetuning.training.miners import make_loss, make_miner

    encodings = torch.eye(4)[torch.from_numpy(LABELS)]
    settings = Settings(mining="easy")
    labels = torch.from_numpy(LABELS)
    mined = make_miner(settings, "easy")(encodings, labels, np.random.default_rng(0))
    assert len(mined[0]) == len(list(all_triplets()))
    assert float(make_loss(settings)(encodings, labels, mined)) == 0


def test_a_collapsed_network_shows_exactly_alpha():
    import torch

    from plugins.triplet_finetuning.training.miners import make_loss, make_miner

    encodings = torch.ones(12, 128) / 128**0.5
    labels = torch.from_numpy(LABELS)
    settings = Settings(margin=0.7)
    mined = make_miner(settings, "hard")(encodings, labels, np.random.default_rng(0))
    assert float(make_loss(settings)(encodings, labels, mined)) == pytest.approx(0.7, abs=1e-4)


def test_random_triplets_are_valid_and_reach_everything():
    import torch

    from plugins.triplet_finetuning.training.miners import random_triplets

    valid, seen = set(all_triplets()), set()
    for seed in range(200):
        parts = random_triplets(torch.from_numpy(LABELS), np.random.default_rng(seed))
        found = list(zip(*(part.tolist() for part in parts), strict=True))
        assert len(found) == 12 and set(found) <= valid
        seen |= set(found)
    assert seen == valid
    again = random_triplets(torch.from_numpy(LABELS), np.random.default_rng(199))
    assert all(torch.equal(a, b) for a, b in zip(parts, again, strict=True))


def test_shares_count_every_triplet(encodings):
    from plugins.triplet_finetuning.training.miners import distance_matrix, kind_of, shares

    table = distance_matrix(encodings.numpy(), "squared")
    kinds = [kind_of(table[a, p], table[a, n], 0.2) for a, p, n in all_triplets()]
    expected = [kinds.count(kind) / len(kinds) for kind in ("easy", "semihard", "hard")]
    np.testing.assert_allclose(shares(table, LABELS, 0.2), expected)


def test_a_scene_tells_the_true_distances(encodings):
    import torch

    from plugins.triplet_finetuning.training.miners import (
        distance_matrix,
        kind_of,
        make_miner,
        scene,
    )

    settings = Settings(mining="hard", margin=0.5)
    labels = torch.from_numpy(LABELS)
    mined = make_miner(settings, "hard")(encodings, labels, np.random.default_rng(0))
    indices = np.arange(100, 112)
    table = distance_matrix(encodings.numpy(), "squared")
    parts = tuple(part.numpy() for part in mined)
    shown = scene(encodings.numpy(), LABELS, indices, parts, settings)
    losses = [triplet.loss for triplet in shown.hardest]
    assert len(losses) == 6 and losses == sorted(losses, reverse=True)
    assert len({triplet.anchor for triplet in shown.hardest}) == 6
    for triplet in shown.hardest:
        a, p, n = (at - 100 for at in (triplet.anchor, triplet.positive, triplet.negative))
        assert triplet.ap == pytest.approx(table[a, p]) and triplet.an == pytest.approx(table[a, n])
        assert triplet.loss == pytest.approx(max(table[a, p] - table[a, n] + 0.5, 0))
        assert triplet.kind == kind_of(table[a, p], table[a, n], 0.5)
    centre = shown.hardest[0].anchor - 100
    np.testing.assert_allclose(shown.distances, table[centre])
    assert (shown.same == (LABELS == LABELS[centre])).all()
    np.testing.assert_allclose(shown.points[centre], 0, atol=1e-9)
    assert sum(shown.shares) == pytest.approx(1)
