"""Which pictures a step sees: a function of (seed, step) alone."""

from __future__ import annotations

import numpy as np

from plugins.shared.classification.labelled import spread
from plugins.triplet_finetuning.settings import Settings

LOOKED_AT = 240
"""At most this many held-out pictures are looked at during a run, and as many for validation."""


def draw(by_identity: list[np.ndarray], settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """A P x K batch (Hermans et al. 2017, arXiv:1703.07737): K pictures of each of P identities; of
    an identity with fewer, some twice.

    Args:
        by_identity: The pictures of each identity, as indices.
    """
    many = min(settings.identities, len(by_identity))
    parts = []
    for identity in rng.choice(len(by_identity), many, replace=False):
        own = by_identity[identity]
        parts.append(rng.choice(own, settings.pictures, replace=len(own) < settings.pictures))
    return np.concatenate(parts)


def hold_back(labels: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Divide the training pictures: those to learn from, and a seventh of each identity with six
    pictures or more (two at least) to choose the best weights by.
    """
    rng = np.random.default_rng((settings.seed, 0))
    learn, validate = [], []
    for label in np.unique(labels):
        own = rng.permutation(np.flatnonzero(labels == label))
        back = max(2, len(own) // 7) if len(own) >= 6 else 0
        validate.append(own[:back])
        learn.append(own[back:])
    chosen = np.concatenate(validate)
    return np.sort(np.concatenate(learn)), chosen[spread(labels[chosen], LOOKED_AT)]
