"""Weights for tests, offline and quick: what would be fetched is a tiny untrained network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .backbone import Backbone
from .backbones import Weights
from .catalog import Card
from .errors import WeightsError
from .store import Availability, Origin

STUB = "test_resnet.stub_in1k"
"""A network that is always there, in the list too. `*in1k` accepts it."""
ARCHITECTURE = "test_resnet"
INPUT = {"input_size": (3, 160, 160), "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
WHY = "For a test, a tiny network with random numbers stands in."


class StubWeights(Weights):
    """Packaged weights as they are; any other name gives one of timm's tiny `test_*` networks, with
    the same random numbers each time. Nothing is fetched.

    Args:
        architecture: The timm name of the network that stands in.
    """

    def __init__(self, architecture: str = ARCHITECTURE, **options: Any):
        super().__init__(**{"device": "cpu", "offline": True, **options})
        self.architecture = architecture
        self.register(name=STUB, source="local:stub", title="A tiny network for tests", **INPUT)

    def availability(self, name: str) -> Availability:
        """Every name that means something can be had."""
        found = super().availability(name)
        if found.ready or not self._stands_in(name):
            return found
        return Availability(True, "local", WHY)

    def _stands_in(self, name: str) -> bool:
        try:
            return self.card(name).kind == "backbone"
        except WeightsError:
            return False

    def _load(self, card: Card) -> tuple[Backbone, int]:
        if card.kind != "backbone" or super().availability(card.name).ready and card.name != STUB:
            return super()._load(card)
        import timm
        import torch

        from .backbones import _nbytes
        from .transform import Transform

        with torch.random.fork_rng(devices=()):
            torch.manual_seed(0)
            module = timm.create_model(
                self.architecture, pretrained=False, num_classes=card.encoding_size or 1000
            )
        if card.input_size is None:
            card = replace(card, **INPUT)
        module = module.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        transform = Transform(card.input_size[1:], card.mean, card.std, self.device)
        origin = Origin("local", card.name, "local:stub", "", "", pinned=False, why=WHY)
        return Backbone(module, transform, card, origin), _nbytes(module)
