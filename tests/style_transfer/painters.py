"""Networks and pictures for the tests of style transfer."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from PIL import Image

from weights import Backbone

MEAN = STD = (0.5, 0.5, 0.5)


@lru_cache(maxsize=4)
def network(name: str = "test_resnet") -> Backbone:
    """A timm network with random weights, the same ones each time."""
    import timm
    import torch

    from weights.store import Origin
    from weights.transform import Transform

    torch.manual_seed(0)
    module = timm.create_model(name).eval().requires_grad_(False)
    card = SimpleNamespace(
        name=f"{name}.untrained", title=name, licence="none", training_data="none"
    )
    origin = Origin("session", card.name, "", "", sha256="0" * 64, pinned=False)
    return Backbone(module, Transform((64, 64), MEAN, STD, "cpu"), card, origin)


def photograph(height: int = 72, width: int = 96) -> np.ndarray:
    """uint8 (H, W, 3): a disc before a sky."""
    y, x = np.mgrid[:height, :width]
    disc = np.hypot(y - height / 2, x - width / 2) < min(height, width) / 4
    picture = np.stack([200 * y / height, 120 + 0 * x, 255 - 200 * x / width], axis=-1)
    picture[disc] = (240, 210, 40)
    return picture.astype(np.uint8)


def painting(side: int = 80) -> np.ndarray:
    """uint8 (H, W, 3): slanting strokes of two colours."""
    y, x = np.mgrid[:side, :side]
    wave = (np.sin((x + 2 * y) / 3) > 0)[..., None]
    return np.where(wave, (30, 60, 160), (230, 200, 90)).astype(np.uint8)


def png(pixels: np.ndarray, path) -> str:
    """Write a picture; gives the path as text."""
    Image.fromarray(pixels).save(path)
    return str(path)
