"""A network that has learnt as one safetensors file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from plugins.shared.classification import model_file as common
from plugins.shared.classification.model_file import About
from plugins.volume_classification.learning.input_form import Form
from plugins.volume_classification.learning.network import build
from plugins.volume_classification.learning.trained import Trained
from plugins.volume_classification.settings import Settings

FORMAT = "paragone-volumes-1"


def to_bytes(trained: Trained, about: About) -> bytes:
    """The file as bytes; the same model gives the same."""
    config = {
        "format": FORMAT,
        "classes": list(trained.classes),
        "form": trained.form.plain(),
        "settings": trained.settings.plain(),
    }
    return common.to_bytes(trained.network.state_dict(), config, about)


def save(trained: Trained, about: About, path: Path) -> str:
    """Write a model, and give the SHA-256 of the file, in hexadecimal.

    Raises:
        ModelFileError: It cannot be written.
    """
    return common.write(to_bytes(trained, about), path)


def load(path: Path, sha256: str = "") -> tuple[Trained, About]:
    """Read a model; nothing in the file is executed.

    Args:
        sha256: What the file must be; "": whatever a visitor brings.

    Raises:
        ModelFileError: It is missing, another one, damaged, or no model of ours.
    """
    return common.load(path, FORMAT, _trained, sha256)


def _trained(config: dict[str, Any], tensors: dict[str, Tensor]) -> Trained:
    settings, form = Settings.from_plain(config["settings"]), Form(**config["form"])
    classes = common.classes_in(config, tensors)
    network = build(settings, len(classes), 0)
    network.load_state_dict(tensors)
    return Trained(network.eval(), form, classes, settings)
