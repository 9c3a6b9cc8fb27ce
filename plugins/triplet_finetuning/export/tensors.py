"""The tensors of a result, read from the file that `packed` wrote, after a look at its digest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugins.shared.classification.safetensors_bytes import config_in
from plugins.triplet_finetuning.export.plain import ResultError
from weights.messages import say

if TYPE_CHECKING:
    from torch import Tensor

AGAIN = "Download or copy it again, and do not change it."


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
        what = say("The file cannot be read: {strerror}", strerror=error.strerror)
        raise ResultError(what, where=str(path), todo=AGAIN) from error
    if (found := hashlib.sha256(raw).hexdigest()) != sha256:
        what = say(
            "The file is not the one that was written: its SHA-256 is {found}…", found=found[:12]
        )
        raise ResultError(
            say("{what}, not {sha256}…", what=say(what), sha256=str(sha256)[:12]),
            where=str(path),
            todo=AGAIN,
        )
    try:
        return load(raw), config_in(raw)
    except (SafetensorError, ValueError, KeyError) as error:
        what = "It is no safetensors file of a result, or is damaged"
        raise ResultError(what, where=str(path), todo=AGAIN) from error
