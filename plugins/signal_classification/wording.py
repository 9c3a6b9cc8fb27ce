"""What things are called on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.signal_classification.settings import NETWORKS, TWIN
from weights.messages import say

if TYPE_CHECKING:
    from plugins.signal_classification.learning.trained import Trained
    from plugins.signal_classification.settings import Settings


def network_name(settings: Settings) -> str:
    """A kind of network, such as `ResNet-1D` or `1-D twin of resnet10t`."""
    if settings.network == TWIN:
        return say("1-D twin of {timm}", timm=settings.timm)
    return NETWORKS[settings.network].partition(",")[0]


def title_of(trained: Trained) -> str:
    """Trained networks, such as `2 voting ResNet-1D`."""
    count, name = len(trained.networks), network_name(trained.settings)
    return say("{count} voting {name}", count=count, name=name) if count > 1 else name
