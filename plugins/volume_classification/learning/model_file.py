"""A network that has learnt as one safetensors file."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from plugins.shared.classification.model_file import ModelFormat, classes_in
from plugins.volume_classification.learning.input_form import Form
from plugins.volume_classification.learning.network import build
from plugins.volume_classification.learning.trained import Trained
from plugins.volume_classification.settings import Settings


def _apart(trained: Trained) -> tuple[dict[str, Any], dict[str, Tensor]]:
    config = {
        "classes": list(trained.classes),
        "form": trained.form.plain(),
        "settings": trained.settings.plain(),
    }
    return config, trained.network.state_dict()


def _trained(config: dict[str, Any], tensors: dict[str, Tensor]) -> Trained:
    settings, form = Settings.from_plain(config["settings"]), Form(**config["form"])
    classes = classes_in(config, tensors)
    network = build(settings, len(classes), 0)
    network.load_state_dict(tensors)
    return Trained(network.eval(), form, classes, settings)


FORMAT = ModelFormat("paragone-volumes-1", _apart, _trained)
to_bytes, save, load = FORMAT.to_bytes, FORMAT.save, FORMAT.load
