"""What the environment says of devices and memory."""

from __future__ import annotations

import os

from weights.messages import say

from .errors import SettingError


def on_zero_gpu() -> bool:
    """Whether this is a ZeroGPU Space, where a graphics card is there for single calls only, and
    torch says that it always is.
    """
    return os.environ.get("SPACES_ZERO_GPU", "").strip().lower() in ("1", "true")


def choose_device(wanted: str | None) -> str:
    """ "cuda" or "cpu": what is wanted, or PARAGONE_DEVICE, or the best there is. Imports torch.

    Raises:
        SettingError: There is no such device here.
    """
    import torch

    device = (wanted or os.environ.get("PARAGONE_DEVICE", "")).strip().lower()
    if device not in ("", "auto", "cpu", "cuda"):
        raise SettingError(
            say("There is no device {device}", device=repr(device)),
            where="PARAGONE_DEVICE",
            todo="Use cpu or cuda.",
        )
    there = torch.cuda.is_available() and not on_zero_gpu()
    if device == "cuda" and not there:
        raise SettingError(
            "CUDA was asked for, but torch finds none", where="PARAGONE_DEVICE", todo="Use cpu."
        )
    return device if device in ("cpu", "cuda") else ("cuda" if there else "cpu")


def mebibytes(variable: str, default: int) -> int:
    """The bytes that a variable gives in MiB.

    Raises:
        SettingError: It holds no whole number.
    """
    text = os.environ.get(variable, "").strip() or str(default)
    if not (text.isascii() and text.isdigit()):
        raise SettingError(
            say("{text} is no number of mebibytes", text=repr(text)),
            where=variable,
            todo=say("Give a whole number, such as {default}.", default=default),
        )
    return int(text) << 20
