"""Which numbers a network computes its activations in: 32-bit, or 16-bit where that is quicker."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from weights.layers.encoder import MultiLayerEncoder

TRIED = 96
"""Pixels of each side of the picture that is looked at to find out."""
WORTH = 0.7
"""16 bits are used where they take less than this share of the time. A network of depthwise
convolutions gains nothing, one of wide ones half of the time, on a processor that has bfloat16."""
_known: dict[tuple, torch.dtype] = {}
_lock = threading.Lock()


def chosen(
    precision: str, encoder: MultiLayerEncoder, name: str, layers: Sequence[str]
) -> torch.dtype:
    """The type that a setting means for a network and the layers that are looked at.

    Losses, gradients of the picture and the picture itself are always 32-bit. `auto` is measured
    once a process, network and layers, so that a painting comes out the same again.

    Args:
        precision: `auto`, `float32` or `bfloat16`.
        encoder: Of the network.
        name: Of the network.
        layers: The layers that are looked at.
    """
    if precision != "auto":
        return getattr(torch, precision)
    device = encoder.device
    if device.type != "cpu" or not _has_bfloat16():
        return torch.float32
    key = (name, str(device), tuple(layers))
    with _lock:
        if key not in _known:
            plain, half = (_seconds(encoder, layers, t) for t in (torch.float32, torch.bfloat16))
            _known[key] = torch.bfloat16 if half < WORTH * plain else torch.float32
        return _known[key]


def _has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; where nobody can tell, it does not."""
    try:
        can = torch.cpu.get_capabilities()
    except (AttributeError, RuntimeError):
        return False
    return bool(can.get("avx512_bf16") or can.get("amx_bf16") or can.get("bf16"))


def _seconds(encoder: MultiLayerEncoder, layers: Sequence[str], kind: torch.dtype) -> float:
    """The quickest of two looks forth and back; what is made ready on the first is not counted."""
    spent = []
    for _ in range(3):
        picture = torch.full((1, 3, TRIED, TRIED), 0.5, requires_grad=True)
        started = time.perf_counter()
        found = activations_of(encoder, picture, layers, kind)
        sum(activations.square().mean() for activations in found.values()).backward()
        spent.append(time.perf_counter() - started)
    return min(spent[1:])


def activations_of(
    encoder: MultiLayerEncoder, picture: torch.Tensor, layers: Sequence[str], kind: torch.dtype
) -> dict[str, torch.Tensor]:
    """32-bit activations by layer of a picture (1, 3, H, W) in 0..1, computed in `kind`."""
    if not layers:
        return {}
    x = encoder.normalise(picture).contiguous(memory_format=torch.channels_last)
    with torch.autocast(x.device.type, torch.bfloat16, enabled=kind == torch.bfloat16):
        found = encoder(x, layers)
    encoder.forget()
    return {name: activations.float() for name, activations in found.items()}
