"""A trained model as one safetensors file, whose header says what it is and where it comes from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError

from plugins.signal_classification.errors import ModelFileError
from plugins.signal_classification.form import Form
from plugins.signal_classification.network import build
from plugins.signal_classification.rocket import Rocket
from plugins.signal_classification.settings import Settings
from plugins.signal_classification.trained import Trained
from weights.errors import ParagoneError

FORMAT = "paragone-signals-1"
AGAIN = "Download or copy it again, and do not change it."
MOST_BYTES = 256 * 2**20
FAULTS = (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RuntimeError)
"""What a damaged or foreign file may raise while it is taken apart."""


@dataclass(frozen=True)
class About:
    """What is known of a trained model, beside its tensors.

    Attributes:
        licence: Of the tensors.
        data: The signals it was trained on, and whose they are.
        command: What makes it again.
        figures: Measures on the test signals, by name.
    """

    licence: str = ""
    data: str = ""
    command: str = ""
    figures: dict[str, float] = field(default_factory=dict)


def save(trained: Trained, about: About, path: Path) -> str:
    """Write a model. The same model gives the same bytes.

    Returns:
        The SHA-256 of the file, in hexadecimal.

    Raises:
        ModelFileError: It cannot be written.
    """
    body = to_bytes(trained, about)
    try:
        path.write_bytes(body)
    except OSError as error:
        what = f"The model cannot be written: {error.strerror}"
        raise ModelFileError(what, where=path.name, todo="Choose another place.") from error
    return hashlib.sha256(body).hexdigest()


def to_bytes(trained: Trained, about: About) -> bytes:
    """The file as bytes."""
    from safetensors.torch import save as packed

    tensors = {
        f"{i}.{name}": tensor.detach().cpu().clone().contiguous()
        for i, network in enumerate(_parts(trained))
        for name, tensor in network.state_dict().items()
    }
    config = {
        "format": FORMAT,
        "networks": len(trained.networks),
        "classes": list(trained.classes),
        "form": trained.form.plain(),
        "settings": trained.settings.plain(),
        "licence": about.licence,
        "data": about.data,
        "command": about.command,
        "figures": about.figures,
    }
    raw = packed(tensors, {"format": "pt", "config": json.dumps(config, sort_keys=True)})
    # The library writes the metadata in an order that changes.
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.dumps(json.loads(raw[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + raw[end:]


def load(path: Path, sha256: str = "") -> tuple[Trained, About]:
    """Read a model; nothing in the file is executed.

    Args:
        sha256: What the file must be; "": whatever a visitor brings.

    Raises:
        ModelFileError: It is missing, another one, damaged, or no model of ours.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            what = "The file is larger than any model of ours"
            raise ModelFileError(what, where=path.name, todo="Choose another file.")
        raw = path.read_bytes()
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}"
        raise ModelFileError(what, where=path.name, todo=AGAIN) from error
    if sha256 and (found := hashlib.sha256(raw).hexdigest()) != sha256:
        what = f"The file is not the one that was written: its SHA-256 is {found[:12]}…"
        raise ModelFileError(f"{what}, not {sha256[:12]}…", where=path.name, todo=AGAIN)
    return from_bytes(raw, path.name)


def from_bytes(raw: bytes, where: str) -> tuple[Trained, About]:
    """Read the bytes of a model; nothing in them is executed.

    Args:
        where: What messages call it.

    Raises:
        ModelFileError: They are damaged, or no model of ours.
    """
    from safetensors.torch import load as unpacked

    try:
        tensors = unpacked(raw)
        header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
        config = json.loads(header["__metadata__"]["config"])
        if config["format"] != FORMAT:
            raise KeyError(f"format {config['format']!r}")
        return _trained(config, tensors), _about(config)
    except FAULTS as error:
        reason = str(error).strip().partition("\n")[0][:160]
        what = f"It is no model of this page ({FORMAT}): {reason}"
        raise ModelFileError(what, where=where, todo=AGAIN) from error
    except ParagoneError as error:
        what = f"The model in it cannot be made: {error.what}"
        raise ModelFileError(what, where=where, todo=AGAIN) from error


def _trained(config: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Trained:
    settings, values = Settings.from_plain(config["settings"]), config["form"]
    form = Form(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    classes = tuple(str(one) for one in config["classes"])
    networks = []
    many = int(config["networks"])
    if many < 1 or len(classes) < 2:
        raise ValueError("it holds no network or fewer than two classes")
    for i in range(many + settings.rocket):
        if i < many:
            network = build(settings, form, len(classes), 0)
        else:
            network = Rocket(form.channels, form.length, len(classes))
        own = {k.partition(".")[2]: v for k, v in tensors.items() if k.partition(".")[0] == str(i)}
        network.load_state_dict(own)
        if not all(np.isfinite(t.numpy()).all() for t in own.values() if t.is_floating_point()):
            raise ValueError("a tensor holds no numbers")
        networks.append(network.eval())
    rocket = networks[many] if settings.rocket else None
    return Trained(tuple(networks[:many]), form, classes, settings, rocket)


def _parts(trained: Trained) -> tuple[torch.nn.Module, ...]:
    """The networks, and after them the Rocket, if there is one."""
    return (*trained.networks, trained.rocket) if trained.rocket else trained.networks


def _about(config: dict[str, Any]) -> About:
    figures = {str(k): float(v) for k, v in config["figures"].items()}
    return About(*(str(config[name]) for name in ("licence", "data", "command")), figures)
