"""Tensors and a configuration as the bytes of one safetensors file, always the same ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def packed(tensors: Mapping[str, Any], config: Mapping[str, Any]) -> bytes:
    """A safetensors file with a configuration in its metadata; the same gives the same bytes.

    The format is an 8-byte length, a JSON header and the numbers. The library writes the metadata
    in an order that changes, so the header is written anew here.

    Args:
        tensors: Tensors or arrays by name, on any device.
        config: Plain values.
    """
    import torch
    from safetensors.torch import save

    own = {
        name: torch.as_tensor(t).detach().cpu().clone().contiguous() for name, t in tensors.items()
    }
    raw = save(own, {"format": "pt", "config": json.dumps(dict(config), sort_keys=True)})
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.dumps(json.loads(raw[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + raw[end:]


def config_in(raw: bytes) -> dict[str, Any]:
    """The configuration in the metadata of what `packed` made.

    Raises:
        ValueError, KeyError, TypeError: There is none.
    """
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    return json.loads(header["__metadata__"]["config"])
