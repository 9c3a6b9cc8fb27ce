"""A tiny network with fixed weights, a few pictures, and a host that knows them: for the tests of
the explorer's page."""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from plugins.activation_explorer.pictureset import PictureSet
from plugins.activation_explorer.survey import Survey, survey
from plugins.shared.page.widgets import Upload
from registry import Limits
from registry.context import NotAccepted
from tests.shared.faces.made import encoded
from weights import Backbone, Weights
from weights.store import Origin

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TINY, PLAIN = "test_resnet.fixed_in1k", "test_vit.fixed_in1k"


@lru_cache
def backbone(name: str = TINY) -> Backbone:
    """A network of timm's tiny ones, random but always the same."""
    import timm
    import torch

    from weights.transform import Transform

    torch.manual_seed(0)
    module = timm.create_model(name.partition(".")[0]).eval().requires_grad_(False)
    card = SimpleNamespace(name=name, title=name.title(), input_size=(3, 224, 224), twin="")
    origin = Origin("local", name, "local:memory", "", "0" * 64, pinned=False)
    return Backbone(module, Transform((224, 224), MEAN, STD, "cpu"), card, origin)


def pixels(count: int) -> np.ndarray:
    """Pictures of noise at several scales, (count, 224, 224, 3)."""
    rng = np.random.default_rng(3)
    shapes = [(7, 28, 56, 112)[i % 4] for i in range(count)]
    small = [rng.integers(0, 256, (n, n, 3), np.uint8) for n in shapes]
    return np.stack([s.repeat(224 // len(s), 0).repeat(224 // len(s), 1) for s in small])


@lru_cache
def pictures(count: int = 12) -> PictureSet:
    return PictureSet("noise", [f"noise {i}" for i in range(count)], pixels(count))


@lru_cache
def surveyed(count: int = 12) -> Survey:
    """The finished survey of five layers."""
    *_, last = survey(backbone(), pictures(count), batch=6)
    return last


class House:
    """A host that has the tiny network, and one that is no ConvNet."""

    limits = Limits()

    @staticmethod
    def caller_left() -> bool:
        return False

    def backbones(self):
        return tuple(backbone(name).card for name in (TINY, PLAIN))

    def backbone(self, name: str) -> Backbone:
        if name in (TINY, PLAIN):
            return backbone(name)
        if "in1k" not in name:
            raise NotAccepted(f"It cannot use {name!r}.")
        return Weights(device="cpu", offline=True).backbone(name)


def zip_of(folder: Path, files: dict[str, bytes]) -> Upload:
    """A zip as a visitor uploads it."""
    path = folder / "upload" / "mine.zip"
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return Upload(path, "mine.zip")


def picture_files(count: int) -> dict[str, bytes]:
    """Pictures as files."""
    from PIL import Image

    return {f"a/{i}.png": encoded(Image.fromarray(p), "PNG") for i, p in enumerate(pixels(count))}
