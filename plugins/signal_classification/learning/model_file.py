"""Networks that have learnt signals as one safetensors file."""

from __future__ import annotations

from typing import Any

import torch

from plugins.shared.classification.model_file import About, ModelFormat, classes_in
from plugins.signal_classification.learning.input_form import Form
from plugins.signal_classification.learning.network import build
from plugins.signal_classification.learning.rocket import Rocket
from plugins.signal_classification.learning.trained import Trained
from plugins.signal_classification.settings import Settings

__all__ = ["About", "from_bytes", "load", "save", "to_bytes"]


def _apart(trained: Trained) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The networks, and after them the Rocket, if there is one."""
    parts = (*trained.networks, trained.rocket) if trained.rocket else trained.networks
    tensors = {
        f"{i}.{name}": tensor
        for i, network in enumerate(parts)
        for name, tensor in network.state_dict().items()
    }
    config = {
        "networks": len(trained.networks),
        "classes": list(trained.classes),
        "form": trained.form.plain(),
        "settings": trained.settings.plain(),
    }
    return config, tensors


def _trained(config: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Trained:
    settings, values = Settings.from_plain(config["settings"]), config["form"]
    form = Form(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    classes = classes_in(config, tensors)
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


FORMAT = ModelFormat("paragone-signals-1", _apart, _trained)
to_bytes, save, load, from_bytes = FORMAT.to_bytes, FORMAT.save, FORMAT.load, FORMAT.from_bytes
