"""Tensors to safetensors and back. The same tensors give the same bytes.

The format is an 8-byte length, a JSON header and the numbers. The library writes the header's
metadata in an order that changes, so it is written anew here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugins.triplet_finetuning.export.plain import ResultError

if TYPE_CHECKING:
    from torch import Tensor

AGAIN = "Download or copy it again, and do not change it."


def write(tensors: Mapping[str, Any], config: Mapping[str, Any]) -> bytes:
    """A safetensors file with a configuration in its metadata.

    Args:
        tensors: Tensors or arrays by name; on any device.
        config: Plain values.
    """
    import torch
    from safetensors.torch import save

    own = {
        name: torch.as_tensor(t).detach().cpu().clone().contiguous() for name, t in tensors.items()
    }
    raw = save(own, {"format": "pt", "config": json.dumps(config, sort_keys=True)})
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.dumps(json.loads(raw[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + raw[end:]


def read(path: Path, sha256: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors by name, and the configuration.

    Args:
        sha256: What the file must be.

    Raises:
        ResultError: There is no such file, it is another one, or it is no safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        raw = path.read_bytes()
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}"
        raise ResultError(what, where=str(path), todo=AGAIN) from error
    if (found := hashlib.sha256(raw).hexdigest()) != sha256:
        what = f"The file is not the one that was written: its SHA-256 is {found[:12]}…"
        raise ResultError(f"{what}, not {str(sha256)[:12]}…", where=str(path), todo=AGAIN)
    try:
        tensors = load(raw)
        header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
        return tensors, json.loads(header["__metadata__"]["config"])
    except (SafetensorError, ValueError, KeyError) as error:
        what = f"It is no safetensors file of a result: {error}"
        raise ResultError(what, where=str(path), todo=AGAIN) from error
