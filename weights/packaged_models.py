"""What timm needs to fill a network of ours from a file that an installed package carries."""

from __future__ import annotations

from typing import Any

from timm.models import build_model_with_cfg
from torch import nn

from .catalog import CATALOG, read_catalog
from .hub import Hub
from .store import Store


def build(
    network: type[nn.Module], variant: str, weights: str, pretrained: bool, **kwargs: Any
) -> nn.Module:
    """A network as timm builds it; `pretrained=True` reads the packaged weights, checked as always.

    Args:
        network: Has `load_pretrained`, as timm asks for it (`custom_load`).
        variant: The architecture's name. `weights`: the card's.
    """
    if pretrained:
        overlay = dict(kwargs.pop("pretrained_cfg_overlay", None) or {})
        if "file" not in overlay:
            cards = read_catalog(CATALOG)
            found = Store(Hub(), cards.__getitem__).locate(cards[weights])
            overlay["file"] = str(found.path)
        kwargs["pretrained_cfg_overlay"] = {**overlay, "custom_load": True}
    return build_model_with_cfg(network, variant, pretrained, **kwargs)
