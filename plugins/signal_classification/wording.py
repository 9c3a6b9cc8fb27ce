"""What things are called on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.signal_classification.settings import INCEPTION, RESNET, ROCKET, TWIN, VOTE
from weights.messages import say

if TYPE_CHECKING:
    from plugins.signal_classification.learning.trained import Trained
    from plugins.signal_classification.settings import Settings

TITLES = {
    VOTE: "ResNet-1D and a Rocket",
    RESNET: "ResNet-1D",
    INCEPTION: "InceptionTime",
    ROCKET: "Rocket alone",
}


def network_name(settings: Settings) -> str:
    """A kind of network, such as `ResNet-1D` or `1-D twin of resnet10t`."""
    if settings.network == TWIN:
        return say("1-D twin of {timm}", timm=settings.timm)
    return say(TITLES[settings.network])


def title_of(trained: Trained) -> str:
    """Trained networks, such as `2 voting ResNet-1D`."""
    count, name = len(trained.networks), network_name(trained.settings)
    if trained.networks and trained.rocket is not None:
        return say("{count} ResNet-1D and a Rocket, voting", count=count)
    return say("{count} voting {name}", count=count, name=name) if count > 1 else name
