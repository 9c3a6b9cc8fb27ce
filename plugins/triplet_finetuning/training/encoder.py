"""The network that learns: a backbone, and a head that gives encodings of length 1.

f(x) of the course's Siamese network: every picture of a triplet goes through this one network, with
the same weights (course week 4; Schroff et al. 2015, arXiv:1503.03832).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from plugins.triplet_finetuning.settings import ENCODING_SIZE, SCRATCH, Settings, alignment_for
from weights.errors import ParagoneError
from weights.messages import say
from weights.transform import Transform

if TYPE_CHECKING:
    from weights import Backbone

SMALL = {"group": SCRATCH, "batch": f"{SCRATCH}_bn"}
"""The small ConvNets' architectures by their normalisation."""
NORMS = (nn.modules.batchnorm._BatchNorm,)
# torch's random state is one for all threads.
_CHANCE = threading.Lock()


class SmallConvNet(nn.Module):
    """Four convolutions for small pictures; 0.2 million weights.

    Args:
        norm: `group`: no batch statistics, so that a batch that is shared out learns exactly as a
            whole one. `batch`.
    """

    num_features = 128

    def __init__(self, norm: str = "group") -> None:
        super().__init__()
        sizes = (3, 32, 64, 96, 128)
        self.stages = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(sizes[i], sizes[i + 1], 3, 2 if i < 3 else 1, 1),
                    nn.GroupNorm(8, sizes[i + 1])
                    if norm == "group"
                    else nn.BatchNorm2d(sizes[i + 1]),
                    nn.ReLU(inplace=True),
                )
                for i in range(4)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 128)."""
        return self.stages(x).mean((2, 3))


class Encoder(nn.Module):
    """Pictures to encodings of length 1.

    Attributes:
        alignment: How chips are cut for it. `size`: pixels of a chip's side.
        transform: uint8 chips to its input tensor.
    """

    def __init__(self, body: nn.Module, head: nn.Module, config: dict[str, Any], device: str):
        super().__init__()
        self.body, self.head, self._config = body, head, config
        self.alignment: str = config["alignment"]
        self.size: int = config["size"]
        mean, std = tuple(config["mean"]), tuple(config["std"])
        self.transform = Transform((self.size, self.size), mean, std, device)
        self.to(device)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, S, S) to (N, 128), each row of length 1."""
        return F.normalize(self.head(self.body(x)))

    def train(self, mode: bool = True) -> Encoder:
        """Batch norms keep the statistics of their pre-training: a batch of a few identities has
        none of its own worth knowing. Those of the small ConvNet have none yet.
        """
        super().train(mode)
        if self._config["architecture"] == SMALL["batch"]:
            return self
        for module in self.modules():
            if isinstance(module, NORMS):
                module.eval()
        return self

    def config(self) -> dict[str, Any]:
        """What `rebuild` needs beside the tensors, as plain values."""
        return dict(self._config)


def build(settings: Settings, backbone: Backbone | None) -> Encoder:
    """Put a head on a backbone and free the layers that learn.

    A face encoder of 128 numbers keeps its own last layer as the head. Any other backbone gets a
    new one, with orthogonal rows: at the start it nearly keeps the distances of the features.

    Args:
        backbone: A copy of your own, which is changed; None: the small ConvNet with random
            weights.
    """
    with _CHANCE, torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        if backbone is None:
            body = SmallConvNet(settings.norm)
            config = {"architecture": SMALL[settings.norm], "outputs": 0}
            mean, std, device, size = (0.5,) * 3, (0.5,) * 3, _device(), 32
            features, keeps_head = body.num_features, False
        else:
            card, body = backbone.card, backbone.module
            keeps_head = bool(card.alignment) and card.encoding_size == ENCODING_SIZE
            if not keeps_head:
                body.reset_classifier(0)
            config = _architecture(body)
            mean, std, device = card.mean, card.std, backbone.transform.device
            features = getattr(body, "head_hidden_size", 0) or body.num_features
            size = card.input_size[1]
        alignment = alignment_for(backbone and backbone.card)
        if alignment.startswith("whole-"):
            size = int(alignment.removeprefix("whole-"))
        head = nn.Identity() if keeps_head else _head(features)
    config |= {
        "backbone": settings.backbone,
        "features": 0 if keeps_head else features,
        "alignment": alignment,
        "size": size,
        "mean": list(mean),
        "std": list(std),
        "encoding_size": ENCODING_SIZE,
    }
    encoder = Encoder(body, head, config, device)
    _free(encoder, settings.layers)
    return encoder


def centre(encoder: Encoder, chips: np.ndarray) -> None:
    """Give a new head the bias that makes the mean encoding of these pictures zero. Pooled features
    are positive, so all pictures would start as near neighbours, and hard mining would collapse.
    """
    if not isinstance(encoder.head, nn.Linear):
        return
    with torch.inference_mode():
        parts = [chips[i : i + 64] for i in range(0, len(chips), 64)]
        mean = torch.cat([encoder.body(encoder.transform(part)) for part in parts]).mean(0)
        bias = -(encoder.head.weight @ mean)
    with torch.no_grad():
        encoder.head.bias.copy_(bias)


def rebuild(config: dict[str, Any], state: dict[str, Tensor], device: str = "cpu") -> Encoder:
    """Make an encoder again from what was saved.

    Raises:
        ParagoneError: The configuration or the tensors do not fit.
    """
    import timm

    import weights.load  # noqa: F401  (registers dlib's architecture with timm)

    try:
        name, outputs = config["architecture"], int(config["outputs"])
        small = {architecture: norm for norm, architecture in SMALL.items()}
        if name not in small and not timm.is_model(name):  # A name could also point elsewhere.
            raise ValueError(f"timm knows no architecture {name!r}")
        body = (
            SmallConvNet(small[name])
            if name in small
            else timm.create_model(name, num_classes=outputs)
        )
        head = _head(config["features"]) if config["features"] else nn.Identity()
        encoder = Encoder(body, head, config, device)
        encoder.load_state_dict(state)
    except (KeyError, TypeError, RuntimeError, ValueError) as error:
        first = " ".join(str(error).split())[:200]
        todo = "Use the files of one result together, as they were written."
        what = say("The encoder cannot be rebuilt: {first}", first=first)
        raise ParagoneError(what, where="config.json", todo=todo) from error
    return encoder.eval()


def encode(encoder: Encoder, chips: np.ndarray, batch: int = 128) -> np.ndarray:
    """Encode (N, S, S, 3) uint8 chips, as (N, 128) float32. The encoder's mode is as before
    afterwards.
    """
    mode = encoder.training
    encoder.eval()
    parts = [np.empty((0, ENCODING_SIZE), np.float32)]
    with torch.inference_mode():
        for start in range(0, len(chips), batch):
            out = encoder(encoder.transform(chips[start : start + batch]))
            parts.append(out.float().cpu().numpy())
    encoder.train(mode)
    return np.concatenate(parts)


def stages(body: nn.Module) -> list[list[nn.Parameter]]:
    """The weights of a backbone, stage by stage from the input to the output."""
    named = dict(body.named_parameters())
    if hasattr(body, "group_matcher"):
        from timm.models import group_parameters

        groups = group_parameters(body, body.group_matcher(coarse=True))
        return [[named[name] for name in groups[key]] for key in sorted(groups)]
    found: dict[str, list[nn.Parameter]] = {}
    for name, parameter in named.items():
        parts = name.split(".")
        found.setdefault(".".join(parts[:2] if parts[0] == "stages" else parts[:1]), []).append(
            parameter
        )
    return list(found.values())


def _free(encoder: Encoder, layers: int) -> None:
    """Let the head and the last stages learn; a backbone that is its own head lends its last."""
    parts = stages(encoder.body)
    own_head = isinstance(encoder.head, nn.Identity)
    learning = len(parts) if layers < 0 else layers + own_head
    for number, part in enumerate(parts):
        for parameter in part:
            parameter.requires_grad_(number >= len(parts) - learning)


def _head(features: int) -> nn.Linear:
    head = nn.Linear(features, ENCODING_SIZE)
    nn.init.orthogonal_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def _architecture(body: nn.Module) -> dict[str, Any]:
    cfg = getattr(body, "pretrained_cfg", None) or {}
    name = cfg.get("architecture") if isinstance(cfg, dict) else getattr(cfg, "architecture", None)
    return {"architecture": name, "outputs": int(getattr(body, "num_classes", 0) or 0)}


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"
