"""Which triplets of a batch count, and the loss on them.

The triplet loss (Schroff et al. 2015, arXiv:1503.03832; course week 4):
L = max(d(A, P) - d(A, N) + alpha, 0). Loss and miners are those of pytorch-metric-learning.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchHardMiner, TripletMarginMiner
from pytorch_metric_learning.reducers import MeanReducer
from torch import Tensor

from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.events import Scene, Triplet
from plugins.triplet_finetuning.training.projection import two_directions

Triplets = tuple[Tensor, Tensor, Tensor]
SHOWN = 6


def distance_named(name: str) -> LpDistance | CosineSimilarity:
    """The distance of the loss: `squared` is FaceNet's and the course's."""
    if name == "cosine":
        return CosineSimilarity()
    return LpDistance(p=2, power=2 if name == "squared" else 1, normalize_embeddings=False)


def make_loss(settings: Settings) -> TripletMarginLoss:
    """The triplet loss, averaged over the mined triplets: those without loss count as 0, so that a
    collapsed network shows exactly alpha.
    """
    distance = distance_named(settings.distance)
    return TripletMarginLoss(settings.margin, distance=distance, reducer=MeanReducer())


def make_miner(
    settings: Settings, mining: str
) -> Callable[[Tensor, Tensor, np.random.Generator], Triplets]:
    """What chooses the triplets of a batch: (B, 128) encodings, (B,) labels, chance -> indices."""
    if mining == "random":
        return lambda encodings, labels, rng: random_triplets(labels, rng)
    distance = distance_named(settings.distance)
    if mining == "hard":
        miner = BatchHardMiner(distance=distance)
    else:
        miner = TripletMarginMiner(settings.margin, mining, distance=distance)
    return lambda encodings, labels, rng: miner(encodings, labels)


def random_triplets(labels: Tensor, rng: np.random.Generator) -> Triplets:
    """For each picture as anchor one random positive and one random negative."""
    table = labels.cpu().numpy()
    same = table[:, None] == table[None]
    np.fill_diagonal(same, False)
    other = table[:, None] != table[None]
    draw = rng.random((2, *same.shape))
    chosen = [
        torch.from_numpy(np.where(mask, numbers, -1).argmax(1)).to(labels.device)
        for mask, numbers in zip((same, other), draw, strict=True)
    ]
    return torch.arange(len(table), device=labels.device), *chosen


def valid_triplets(labels: np.ndarray) -> int:
    """How many triplets a batch has, whatever their loss; 1 where it has none."""
    counts = np.bincount(labels)
    return max(int((counts * (counts - 1) * (len(labels) - counts)).sum()), 1)


def distance_matrix(encodings: np.ndarray, distance: str) -> np.ndarray:
    """(B, B) distances between encodings of length 1, in units of the setting."""
    cosine = np.clip(1 - encodings @ encodings.T, 0, 2)
    if distance == "cosine":
        return cosine
    return 2 * cosine if distance == "squared" else np.sqrt(2 * cosine)


def kind_of(ap: float, an: float, margin: float) -> str:
    """`hard`, `semihard` or `easy`; see `step.Triplet`."""
    if an <= ap:
        return "hard"
    return "semihard" if an < ap + margin else "easy"


def scene(
    encodings: np.ndarray,
    labels: np.ndarray,
    indices: np.ndarray,
    mined: tuple[np.ndarray, np.ndarray, np.ndarray],
    settings: Settings,
    ordered: bool = True,
) -> Scene:
    """What the theatre shows of a step.

    Args:
        encodings, labels, indices: (B, 128), (B,), (B,) of the batch.
        mined: Positions in the batch of the anchors, positives and negatives that count.
        ordered: Whether those with the largest loss come first; otherwise as they are given.
    """
    table = distance_matrix(encodings, settings.distance)
    anchors, positives, negatives = mined
    ap, an = table[anchors, positives], table[anchors, negatives]
    order = np.argsort(-(ap - an), kind="stable") if ordered else np.arange(len(ap))
    hardest: list[Triplet] = []
    seen: set[int] = set()
    for i in order:
        if int(anchors[i]) in seen:
            continue
        seen.add(int(anchors[i]))
        loss = max(float(ap[i] - an[i]) + settings.margin, 0.0)
        members = (int(indices[part[i]]) for part in mined)
        kind = kind_of(ap[i], an[i], settings.margin)
        hardest.append(Triplet(*members, float(ap[i]), float(an[i]), loss, kind))
        if len(hardest) == SHOWN:
            break
    centre = int(anchors[order[0]]) if len(order) else 0
    points = two_directions(encodings - encodings[centre])
    return Scene(
        shares(table, labels, settings.margin),
        tuple(hardest),
        indices,
        table[centre],
        labels == labels[centre],
        points - points[centre],
    )


def shares(table: np.ndarray, labels: np.ndarray, margin: float) -> tuple[float, float, float]:
    """Of all valid triplets of a batch the shares that are easy, semi-hard and hard."""
    same = labels[:, None] == labels[None]
    counts = np.zeros(3)
    for i in range(len(table)):
        positive = same[i].copy()
        positive[i] = False
        far = np.sort(table[i][~same[i]])
        near = table[i][positive]
        # Negatives at most as far as the positive are hard; those short of the ring semi-hard.
        hard = np.searchsorted(far, near, side="right")
        ring = np.searchsorted(far, near + margin, side="left")
        ring = np.maximum(ring, hard)
        counts += (len(far) * len(near) - ring.sum(), (ring - hard).sum(), hard.sum())
    total = counts.sum()
    easy, semihard, hard = counts / total if total else (1.0, 0.0, 0.0)
    return float(easy), float(semihard), float(hard)
