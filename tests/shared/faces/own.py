"""A network as a visitor trains it: tiny, real, for whole pictures; and what was measured of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.encode import encode
from plugins.shared.faces.measured.measuring import measure
from plugins.shared.faces.measured.stored_curves import StoredCurve
from plugins.shared.faces.measured.trained import remember
from plugins.shared.files.pictures import Picture, read_picture
from tests.shared.faces import made
from weights import Card, Weights

if TYPE_CHECKING:
    from torch import nn

TITLE = "Colours, fine-tuned"
HUES = {"red": (200, 30, 30), "green": (30, 180, 40), "blue": (20, 40, 210)}
SIDE = 32


def picture(who: str, copy: int = 0, size: tuple[int, int] = (24, 24)) -> Picture:
    """A plain picture of one colour with a little noise; smaller than any face may be."""
    noise = np.random.default_rng(copy).normal(0, 12, (size[1], size[0], 3))
    pixels = np.clip(np.array(HUES[who]) + noise, 0, 255).astype(np.uint8)
    return read_picture(file(Image.fromarray(pixels)), f"{who} {copy}.png")


def file(image: Image.Image) -> bytes:
    return made.encoded(image)


def module(seed: int = 0) -> nn.Module:
    """16 numbers of a picture."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())


def adopt(
    weights: Weights, title: str = TITLE, seed: int = 0, alignment: str = f"whole-{SIDE}"
) -> Card:
    """Hand the network to the host; nothing is remembered of it yet."""
    from weights.transform import Transform

    net = module(seed)
    state = b"".join(t.numpy().tobytes() for t in net.state_dict().values())
    card = Card(
        name="colours.net",
        source="local:/nowhere",
        title=title,
        input_size=(3, SIDE, SIDE),
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        encoding_size=16,
        alignment=alignment,
        normalise=True,
        distance="euclidean",
        training_data="colours",
    )
    transform = Transform((SIDE, SIDE), card.mean, card.std, "cpu")
    return weights.adopt(card, net, transform, hashlib.sha256(state).hexdigest())


def examples() -> tuple[Picture, ...]:
    return tuple(picture(who, copy) for copy in range(5) for who in HUES)


def curve(weights: Weights, card: Card) -> StoredCurve:
    """The operating curves of the network, measured on its examples."""
    from plugins.shared.faces.align import whole

    people = [one.name.split()[0] for one in examples()]
    table = encode(weights.backbone(card.name), [whole(e.pixels, SIDE) for e in examples()])
    return StoredCurve(
        title="the held-out identities of this run",
        source="colours made for the test",
        people=len(HUES),
        pictures=len(people),
        faces=len(people),
        date="2026-01-01",
        command="a test",
        by_metric={
            name: measure(distances(table, table, name), people, metric.top)
            for name, metric in METRICS.items()
        },
        whole=True,
    )


def trained(weights: Weights, title: str = TITLE) -> Card:
    """The same, with its curve and its examples remembered, as the end of a run does it."""
    card = adopt(weights, title)
    remember(card, curve(weights, card), examples())
    return card
