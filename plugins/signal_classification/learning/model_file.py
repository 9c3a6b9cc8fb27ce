"""Networks that have learnt signals as one safetensors file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from plugins.shared.classification import model_file as common
from plugins.shared.classification.model_file import About
from plugins.signal_classification.learning.input_form import Form
from plugins.signal_classification.learning.network import build
from plugins.signal_classification.learning.rocket import Rocket
from plugins.signal_classification.learning.trained import Trained
from plugins.signal_classification.settings import Settings

__all__ = ["FORMAT", "About", "from_bytes", "load", "save", "to_bytes"]
FORMAT = "paragone-signals-1"


def save(trained: Trained, about: About, path: Path) -> str:
    """Write a model. The same model gives the same bytes.

    Returns:
        The SHA-256 of the file, in hexadecimal.

    Raises:
        ModelFileError: It cannot be written.
    """
    return common.write(to_bytes(trained, about), path)


def to_bytes(trained: Trained, about: About) -> bytes:
    """The file as bytes."""
    tensors = {
        f"{i}.{name}": tensor
        for i, network in enumerate(_parts(trained))
        for name, tensor in network.state_dict().items()
    }
    config = {
        "format": FORMAT,
        "networks": len(trained.networks),
        "classes": list(trained.classes),
        "form": trained.form.plain(),
        "settings": trained.settings.plain(),
    }
    return common.to_bytes(tensors, config, about)


def load(path: Path, sha256: str = "") -> tuple[Trained, About]:
    """Read a model; nothing in the file is executed.

    Args:
        sha256: What the file must be; "": whatever a visitor brings.

    Raises:
        ModelFileError: It is missing, another one, damaged, or no model of ours.
    """
    return common.load(path, FORMAT, _trained, sha256)


def from_bytes(raw: bytes, where: str) -> tuple[Trained, About]:
    """Read the bytes of a model; nothing in them is executed.

    Args:
        where: What messages call it.

    Raises:
        ModelFileError: They are damaged, or no model of ours.
    """
    return common.from_bytes(raw, FORMAT, _trained, where)


def _trained(config: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Trained:
    settings, values = Settings.from_plain(config["settings"]), config["form"]
    form = Form(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    classes = common.classes_in(config, tensors)
    networks = []
    many = int(config["networks"])
    if not 1 <= many <= len({name.partition(".")[0] for name in tensors}):
        raise ValueError(f"it tells of {many} networks, and its tensors are of another number")
    for i in range(many + settings.rocket):
        if i < many:
            network = build(settings, form, len(classes), 0)
        else:
            network = Rocket(form.channels, form.length, len(classes))
        own = {k.partition(".")[2]: v for k, v in tensors.items() if k.partition(".")[0] == str(i)}
        network.load_state_dict(own)
        networks.append(network.eval())
    rocket = networks[many] if settings.rocket else None
    return Trained(tuple(networks[:many]), form, classes, settings, rocket)


def _parts(trained: Trained) -> tuple[torch.nn.Module, ...]:
    """The networks, and after them the Rocket, if there is one."""
    return (*trained.networks, trained.rocket) if trained.rocket else trained.networks
