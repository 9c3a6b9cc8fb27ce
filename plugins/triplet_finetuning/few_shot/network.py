"""The network behind the first act: pooled features of EfficientNet-Lite0, as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from plugins.triplet_finetuning.data.objects import EACH, FILE, NAMES, objects

NETWORK = "tf_efficientnet_lite0.in1k"
SIDE = 160
"""Pixels of a picture: it knows objects at this size nearly as well as at 224, twice as fast."""
PER = 8
"""Pictures of each category of the built-in objects in the cohort."""
BATCH = 16
STORED = FILE.with_name("encodings.safetensors")


def features(ctx: Any, chips: Sequence[np.ndarray]) -> np.ndarray:
    """(N, 1280) of pictures: the mean of each and of its mirror image.

    Args:
        chips: uint8 RGB, square.
    """
    import torch

    from weights.transform import Transform

    backbone = ctx.backbone(NETWORK)
    card, device = backbone.card, backbone.transform.device
    transform = Transform((SIDE, SIDE), card.mean, card.std, device)
    parts = []
    for start in range(0, len(chips), BATCH):
        x = transform(list(chips[start : start + BATCH]))
        with torch.inference_mode():
            both = torch.cat([x, x.flip(3)])
            pooled = backbone.module.forward_head(
                backbone.module.forward_features(both), pre_logits=True
            )
        parts.append((pooled[: len(x)] + pooled[len(x) :]).float().cpu().numpy() / 2)
    return np.concatenate(parts)


@lru_cache(maxsize=1)
def stored() -> tuple[np.ndarray, dict[bytes, np.ndarray]]:
    """Encodings of all built-in objects, (480, 1280), and each by its picture's digest: what this
    network made of them when they were recorded, to 8 bits.
    """
    from safetensors.numpy import load_file

    found = load_file(STORED)
    rows = found["rows"] * found["scale"][:, None]
    return rows, dict(zip(map(digest, objects(96).chips), rows, strict=True))


def cohort() -> tuple[np.ndarray, np.ndarray]:
    """Encodings of `PER` pictures of each built-in category, (24 * PER, 1280), and (24 * PER,)
    their categories: what is seen when what is shown is none of a visitor's classes.
    """
    kinds = np.repeat(np.arange(len(NAMES)), PER)
    return stored()[0].reshape(len(NAMES), EACH, -1)[:, -PER:].reshape(len(kinds), -1), kinds


def digest(picture: np.ndarray) -> bytes:
    """Of a picture's pixels."""
    return hashlib.sha256(picture.tobytes()).digest()


def write(ctx: Any) -> None:
    """Encode them anew: `python -m plugins.triplet_finetuning.record encodings`."""
    from safetensors.numpy import save_file

    rows = features(ctx, objects(96).chips)
    scale = np.abs(rows).max(axis=1) / 127
    packed = np.rint(rows / scale[:, None]).astype(np.int8)
    save_file({"rows": packed, "scale": scale.astype(np.float32)}, STORED)
