"""Networks that have learnt signals as one safetensors file."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from plugins.shared.classification.model_file import About, ModelFormat, classes_in
from plugins.signal_classification.learning.doubt import Doubt
from plugins.signal_classification.learning.familiar import Familiar
from plugins.signal_classification.learning.input_form import Form
from plugins.signal_classification.learning.network import build
from plugins.signal_classification.learning.rocket import Rocket
from plugins.signal_classification.learning.trained import Trained
from plugins.signal_classification.settings import Settings

__all__ = ["About", "from_bytes", "load", "save", "to_bytes"]

FAMILIAR, MISFITS = "familiar.", "misfits"
TOLD = {"steps": int, "wanted": int, "chance": bool}
"""What a file tells of a `Doubt` beside its tensors."""


def _apart(trained: Trained) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The networks, and after them the Rocket, if there is one."""
    parts = (*trained.networks, trained.rocket) if trained.rocket else trained.networks
    tensors = {
        f"{i}.{name}": tensor
        for i, network in enumerate(parts)
        for name, tensor in network.state_dict().items()
    }
    doubt = trained.doubt
    if doubt.familiar:
        arrays = doubt.familiar.plain()
        tensors |= {FAMILIAR + name: torch.from_numpy(array) for name, array in arrays.items()}
    tensors |= {MISFITS: torch.from_numpy(doubt.misfits)} if len(doubt.misfits) else {}
    config = {
        "doubt": {name: getattr(doubt, name) for name in TOLD},
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
    parts = {name.partition(".")[0] for name in tensors if name[0].isdigit()}
    if not 1 - settings.rocket <= many <= len(parts):
        raise ValueError(f"it tells of {many} networks, and its tensors are of another number")
    doubt = Doubt(
        _familiar(tensors, form),
        np.sort(tensors.get(MISFITS, torch.empty(0)).flatten().numpy()),
        **{name: kind(config.get("doubt", {}).get(name, 0)) for name, kind in TOLD.items()},
    )
    for i in range(many + settings.rocket):
        if i < many:
            network = build(settings, form, len(classes), 0)
        else:
            network = Rocket(form.channels, form.length, len(classes))
        own = {k.partition(".")[2]: v for k, v in tensors.items() if k.partition(".")[0] == str(i)}
        network.load_state_dict(own)
        networks.append(network.eval())
    rocket = networks[many] if settings.rocket else None
    return Trained(tuple(networks[:many]), form, classes, settings, rocket, doubt)


def _familiar(tensors: dict[str, torch.Tensor], form: Form) -> Familiar | None:
    arrays = {
        name.removeprefix(FAMILIAR): tensor.numpy()
        for name, tensor in tensors.items()
        if name.startswith(FAMILIAR)
    }
    return Familiar.made(arrays, form.channels, form.length) if arrays else None


FORMAT = ModelFormat("paragone-signals-1", _apart, _trained)
to_bytes, save, load, from_bytes = FORMAT.to_bytes, FORMAT.save, FORMAT.load, FORMAT.from_bytes
