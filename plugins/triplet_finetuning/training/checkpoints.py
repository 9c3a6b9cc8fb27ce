"""The state of a trainer as one safetensors file, whose header holds what is no tensor."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch

from plugins.shared.classification.safetensors_bytes import packed
from plugins.triplet_finetuning.export import tensors

FILE, DIGEST = "trainer.safetensors", "trainer.sha256"
TENSOR, PAIRS = "tensor", "pairs"


def write(folder: Path, state: dict[str, Any]) -> None:
    """Write a state of nested dictionaries and lists with tensors and plain values in it."""
    found: dict[str, torch.Tensor] = {}
    tree = _taken_apart(state, found)
    body = packed(found, {"state": tree})
    (folder / FILE).write_bytes(body)
    (folder / DIGEST).write_text(hashlib.sha256(body).hexdigest())


def read(folder: Path) -> dict[str, Any]:
    """The state that `write` wrote.

    Raises:
        ResultError: It is missing or damaged.
    """
    path = folder / DIGEST
    digest = path.read_text() if path.is_file() else ""
    found, config = tensors.read(folder / FILE, digest)
    return _put_together(config["state"], found)


def _taken_apart(value: Any, found: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        name = str(len(found))
        found[name] = value
        return {TENSOR: name}
    if isinstance(value, dict):  # As pairs: JSON would turn the numbers among the keys into texts.
        return {PAIRS: [[key, _taken_apart(part, found)] for key, part in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_taken_apart(part, found) for part in value]
    return value


def _put_together(value: Any, found: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, list):
        return [_put_together(part, found) for part in value]
    if isinstance(value, dict) and TENSOR in value:
        return found[value[TENSOR]]
    if isinstance(value, dict):
        return {key: _put_together(part, found) for key, part in value[PAIRS]}
    return value
