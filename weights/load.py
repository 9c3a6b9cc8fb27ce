"""A verified file becomes a network. Importing this imports torch and timm."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import SafetensorError, safe_open
from timm.models import PretrainedCfg
from torch import nn

from weights.messages import say

from . import dlib_resnet, sface  # noqa: F401  (registers the architectures with timm)
from .catalog import NOT_STATED, Card
from .errors import BadConfig, BadWeightsFile, TensorMismatch, UnknownArchitecture

# Formats of packaged files that we parse ourselves, as plain numbers, and the only network of each.
PARSED = {".dat": "dlib_resnet", ".onnx": "sface_mobilefacenet"}
# Arguments of timm.create_model that decide what is loaded from where. A config may not set them.
RESERVED = {"pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path"} | {
    "cache_dir",
    "model_name",
    "scriptable",
    "exportable",
    "features_only",
}


def load_network(card: Card, path: Path, config: Path | None = None) -> tuple[nn.Module, Card]:
    """Build the architecture and fill it from a file whose digest was checked.

    Args:
        card: What to build.
        path: .safetensors; dlib's .dat; SFace's .onnx; or, only for pinned packaged files, .pth.
        config: A timm config.json that names the architecture. None: the card's name does.

    Returns:
        The network in evaluation mode, and the card with what only the network knew filled in.

    Raises:
        WeightsError: The subclass says what does not fit.
    """
    if path.suffix == ".safetensors":
        _check_safetensors(path)
        overlay = {"file": str(path), "source": ""}
    elif PARSED.get(path.suffix) == card.architecture:
        overlay = {"file": str(path)}
    elif path.suffix == ".pth" and card.scheme == "package" and card.sha256:
        return _finish(_load_in_order(card, path), card)
    else:
        raise BadWeightsFile(
            say(
                "Files that end in {suffix} are not read from {scheme} sources",
                suffix=path.suffix or "nothing",
                scheme=card.scheme,
            ),
            where=card.name,
            todo="Use a .safetensors file.",
        )
    if config is None:
        name = card.address if card.scheme == "timm" and "/" not in card.address else card.name
        architecture = name.partition(".")[0]
        name = name if timm.is_model_pretrained(name) else architecture
        keys: tuple[str, ...] = ()
    else:
        architecture, keys = _check_config(config)
        name = f"local-dir:{config.parent}"
    _check_architecture(architecture, card.name)
    try:
        module = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay)
    except RuntimeError as error:
        raise TensorMismatch(
            say(
                "The tensors do not fit the architecture {architecture}: {first_lines}",
                architecture=architecture,
                first_lines=_first_lines(error),
            ),
            where=str(path),
            todo="Check that the file and the architecture belong together.",
        ) from error
    except (
        *(TypeError, ValueError, AssertionError, KeyError, AttributeError),
        OverflowError,
    ) as error:
        if config is None:
            raise
        raise BadConfig(
            say(
                "{architecture} cannot be built with {keys}: {first_lines}",
                architecture=architecture,
                keys=", ".join(keys) or "these settings",
                first_lines=_first_lines(error),
            ),
            where=str(config),
        ) from error
    return _finish(module, card)


def _check_safetensors(path: Path) -> None:
    try:
        with safe_open(str(path), "pt") as file:
            names = file.keys()
    except (SafetensorError, OSError, ValueError) as error:
        raise BadWeightsFile(
            say(
                "The file is no whole safetensors file: {first_lines}",
                first_lines=_first_lines(error),
            ),
            where=str(path),
            todo="Fetch or write it again.",
        ) from error
    if not names:
        raise BadWeightsFile("The file holds no tensors", where=str(path))


def _check_config(path: Path) -> tuple[str, tuple[str, ...]]:
    """The architecture that a config.json names, and the arguments it sets."""
    todo = "A timm config.json names architecture, pretrained_cfg and perhaps model_args."
    try:
        config: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadConfig(
            say("It is no JSON: {error}", error=error), where=str(path), todo=todo
        ) from error
    if not isinstance(config, dict) or not isinstance(config.get("architecture"), str):
        raise BadConfig("It names no architecture", where=str(path), todo=todo)
    arguments, cfg = config.get("model_args", {}), config.get("pretrained_cfg", {})
    if not isinstance(arguments, dict) or not isinstance(cfg, dict):
        raise BadConfig("model_args and pretrained_cfg must be tables", where=str(path), todo=todo)
    if forbidden := sorted(RESERVED & set(arguments)):
        raise BadConfig(
            say("model_args may not set {forbidden}", forbidden=forbidden[0]),
            where=str(path),
            todo=todo,
        )
    return config["architecture"], tuple(arguments)


def _check_architecture(architecture: str, where: str) -> None:
    if not timm.is_model(architecture):
        raise UnknownArchitecture(
            say("timm knows no architecture {architecture}", architecture=repr(architecture)),
            where=where,
            todo="Check the name, or install the plug-in or the timm version that has it.",
        )


def _load_in_order(card: Card, path: Path) -> nn.Module:
    """Fill a timm network from a state dict that names its tensors otherwise, in the same order.

    The file is a pickle, so it is read with `weights_only=True`, and only because its digest is
    the one in the catalogue.
    """
    _check_architecture(card.architecture, card.name)
    module = timm.create_model(card.architecture)
    theirs = list(torch.load(path, map_location="cpu", weights_only=True).items())
    ours = module.state_dict()
    if len(theirs) != len(ours):
        raise TensorMismatch(
            say(
                "The file holds {theirs} tensors, {architecture} has {ours}",
                theirs=len(theirs),
                architecture=card.architecture,
                ours=len(ours),
            ),
            where=str(path),
        )
    renamed = {}
    for (name, wanted), (other, tensor) in zip(ours.items(), theirs, strict=True):
        if wanted.shape != tensor.shape:
            raise TensorMismatch(
                say(
                    "{other} is {tuple}, but {name} is {tuple_2}",
                    other=other,
                    tuple=tuple(tensor.shape),
                    name=name,
                    tuple_2=tuple(wanted.shape),
                ),
                where=str(path),
            )
        renamed[name] = tensor
    module.load_state_dict(renamed)
    return module


def _finish(module: nn.Module, card: Card) -> tuple[nn.Module, Card]:
    cfg = PretrainedCfg(**module.pretrained_cfg)
    outputs = getattr(module, "num_classes", cfg.num_classes)
    if outputs != cfg.num_classes:
        # timm then leaves the head out without a word, and its weights would be random.
        raise TensorMismatch(
            say(
                "The network has {outputs} outputs, but its weights are for {num_classes}",
                outputs=outputs,
                num_classes=cfg.num_classes,
            ),
            where=card.name,
            todo="Let num_classes in config.json and in model_args agree.",
        )
    known = {
        "input_size": tuple(cfg.input_size),
        "mean": tuple(cfg.mean),
        "std": tuple(cfg.std),
        "encoding_size": outputs or getattr(module, "num_features", 0),
    }
    missing = {name: value for name, value in known.items() if not getattr(card, name)}
    if card.licence == NOT_STATED and cfg.license:
        missing["licence"] = cfg.license
    return module.eval(), dataclasses.replace(card, **missing)


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
