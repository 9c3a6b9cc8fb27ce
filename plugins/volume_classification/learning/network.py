"""Three networks from one timm ConvNet: for the central slice, for a few slices around it, and for
the whole volume.

Each is a body, which keeps the places, and a linear head on the mean over the places. So what the
head says of the mean it also says of each place: that is the class-activation map (Zhou et al.,
"Learning Deep Features for Discriminative Localization", 2016).
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from plugins.shared.classification.timm_check import check_name
from plugins.volume_classification.errors import VolumeError
from plugins.volume_classification.settings import FLAT, WHOLE, Settings
from weights.errors import ParagoneError
from weights.messages import say


class Network(nn.Module):
    """(N, depth, height, width) to (N, classes).

    Args:
        body: (N, channels, [depth,] height, width) to (N, features, places...).
        slices: How many around the centre the body takes as channels; 0: the whole volume.
    """

    def __init__(self, body: nn.Module, features: int, classes: int, slices: int):
        super().__init__()
        self.body, self.slices = body, slices
        self.head = nn.Linear(features, classes)

    def forward(self, volumes: Tensor) -> Tensor:
        return self.head(self._places(volumes).flatten(2).mean(-1))

    def evidence(self, volumes: Tensor) -> Tensor:
        """(N, classes, depth, height, width) at the places of the last feature map; a network that
        sees slices has depth 1. Its mean over the places is the answer of the head.
        """
        places = self._places(volumes)
        if self.slices:
            places = places[:, :, None]
        return self.head(places.movedim(1, -1)).movedim(-1, 1)

    def seen(self, volumes: Tensor) -> Tensor:
        """The slices that the network looks at, of (N, depth, height, width); what it has seen
        already stays as it is.

        Raises:
            VolumeError: The volumes have fewer slices than that.
        """
        if not self.slices:
            return volumes
        if (depth := volumes.shape[1]) < self.slices:
            what = say(
                "It has {depth} slices, and the network looks at {slices}",
                depth=depth,
                slices=self.slices,
            )
            raise VolumeError(what, where="slices", todo="Choose fewer slices.")
        first = (depth - self.slices + 1) // 2  # The slice depth // 2 is in the middle.
        return volumes[:, first : first + self.slices]

    def _places(self, volumes: Tensor) -> Tensor:
        return self.body(self.seen(volumes) if self.slices else volumes[:, None])


def slices_of(settings: Settings) -> int:
    """How many slices a network of these settings sees; 0: all."""
    return {FLAT: 1, WHOLE: 0}.get(settings.kind, settings.slices)


def build(settings: Settings, classes: int, seed: int) -> Network:
    """A network with random weights; the same seed gives the same.

    Raises:
        ParagoneError: timm has no such network, it cannot be narrowed, or it has no 3-D twin.
    """
    from weights.ndim import to_ndim

    slices = slices_of(settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        body = _body(settings, slices or 1)
        features = body.num_features
        if not slices:
            body = _fresh(to_ndim(body, 3, inflation="mean", along="same"))
        return Network(body, features, classes, slices)


def check_size(network: Network, size: int, name: str) -> None:
    """See that a network takes cubes of this size and keeps the places in them, without counting.

    Raises:
        ParagoneError: It does not.
    """
    shadow = copy.deepcopy(network).to("meta").eval()
    try:
        with torch.no_grad():
            found = shadow.evidence(torch.empty((2, size, size, size), device="meta"))
        if found.ndim == 5 and len(found) == 2:
            return
        said = say("its features are {map}", map=" x ".join(map(str, found.shape[2:])))
    except (AssertionError, RuntimeError, ValueError, IndexError) as error:
        said = (str(error).strip() or repr(error)).partition("\n")[0][:160]
    what = say(
        "{name} cannot look at cubes of {size} voxels as a ConvNet does: {said}",
        name=name,
        size=size,
        said=say(said),
    )
    raise ParagoneError(what, where="timm", todo="Choose a timm ConvNet, such as resnet10t.")


def _body(settings: Settings, channels: int) -> nn.Module:
    import timm

    width, narrow = settings.width, {}
    if width:
        narrow = {
            "channels": tuple(width * 2**i for i in range(4)),
            "stem_width": max(width // 2, 4),
            "output_stride": 16,
        }
    options = {"in_chans": channels, "num_classes": 0, "global_pool": "", **narrow}
    try:
        check_name(settings.timm, **options)
        body = timm.create_model(settings.timm, **options)
    except (RuntimeError, TypeError, ValueError) as error:
        todo = "Give the name of a timm ConvNet, such as resnet10t."
        if width and isinstance(error, TypeError):
            todo = "Only timm's ResNets can be narrowed; set the width to 0 for any other network."
        what = say("timm cannot make a network called {timm}", timm=repr(settings.timm))
        raise ParagoneError(what, where="timm", todo=todo) from error
    if width and isinstance(getattr(body, "maxpool", None), nn.Module):
        body.maxpool = nn.Identity()
        first = next(part for part in body.modules() if isinstance(part, nn.Conv2d))
        first.stride = (settings.stem, settings.stem)
    return body


def _fresh(body: nn.Module) -> nn.Module:
    """New random kernels, since inflated ones of random weights all look alike along the depth."""
    for module in body.modules():
        weight = getattr(module, "weight", None)
        if isinstance(module, nn.modules.conv._ConvNd) and isinstance(weight, Tensor):
            nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")
    return body
