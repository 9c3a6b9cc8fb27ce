"""A trained model as one safetensors file, whose header says what it is and where it comes from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from plugins.shared.classification.errors import ModelFileError
from plugins.shared.classification.safetensors_bytes import config_in, packed
from weights.errors import ParagoneError
from weights.messages import say

T = TypeVar("T")

AGAIN = "Download or copy it again, and do not change it."
MOST_BYTES = 256 * 2**20
FAULTS = (
    *(SafetensorError, ValueError, KeyError, TypeError, AttributeError, RuntimeError),
    *(OverflowError, MemoryError),  # Of a whole number such as 10**400, and of a huge shape.
)
"""What a damaged or foreign file may raise while it is taken apart."""
DIGEST = re.compile(r"SHA-256: `([0-9a-f]{64})`")
"""How a card tells what the file beside it must be."""


@dataclass(frozen=True)
class About:
    """What is known of a trained model, beside its tensors.

    Attributes:
        licence: Of the tensors.
        data: What it was trained on, and whose that is.
        command: What makes it again.
        figures: Measures on the test part, by name.
    """

    licence: str = ""
    data: str = ""
    command: str = ""
    figures: dict[str, float] = field(default_factory=dict)


class ModelFormat(Generic[T]):
    """Models of one kind as files.

    Args:
        name: Stands in the header, and says whose file it is.
        apart: Takes a model apart: its configuration as plain values, and its tensors.
        make: Makes the model of the configuration and the tensors, all of them finite.
    """

    def __init__(
        self,
        name: str,
        apart: Callable[[T], tuple[dict[str, Any], dict[str, Tensor]]],
        make: Callable[[dict[str, Any], dict[str, Tensor]], T],
    ):
        self.name, self._apart, self._make = name, apart, make

    def to_bytes(self, trained: T, about: About) -> bytes:
        """The file as bytes; the same model gives the same. Tensors that lose nothing by it are
        kept in half precision.
        """
        config, tensors = self._apart(trained)
        kept = {name: _compact(tensor) for name, tensor in tensors.items()}
        return packed(kept, {"format": self.name} | config | asdict(about))

    def save(self, trained: T, about: About, path: Path) -> str:
        """Write a model and give the SHA-256 of the file, in hexadecimal.

        Raises:
            ModelFileError: It cannot be written.
        """
        body = self.to_bytes(trained, about)
        try:
            path.write_bytes(body)
        except OSError as error:
            what = say("The model cannot be written: {strerror}", strerror=error.strerror)
            raise ModelFileError(what, where=path.name, todo="Choose another place.") from error
        return hashlib.sha256(body).hexdigest()

    def load(self, path: Path, sha256: str = "") -> tuple[T, About]:
        """Read a model; nothing in the file is executed.

        Args:
            sha256: What the file must be; "": whatever a visitor brings.

        Raises:
            ModelFileError: It is missing, another one, damaged, or no model of ours.
        """
        raw = _read(path)
        if sha256 and (found := hashlib.sha256(raw).hexdigest()) != sha256:
            what = say(
                "The file is not the one that was written: its SHA-256 is {found}…",
                found=found[:12],
            )
            raise ModelFileError(
                say("{what}, not {sha256}…", what=say(what), sha256=sha256[:12]),
                where=path.name,
                todo=AGAIN,
            )
        return self.from_bytes(raw, path.name)

    def from_bytes(self, raw: bytes, where: str) -> tuple[T, About]:
        """Read the bytes of a model, as `load` does.

        Args:
            where: What messages call it.

        Raises:
            ModelFileError: They are damaged, or no model of ours.
        """
        from safetensors.torch import load as unpacked

        try:
            config = config_in(raw)
            if config["format"] != self.name:
                raise KeyError(f"format {config['format']!r}")
            tensors = {name: _full(tensor) for name, tensor in unpacked(raw).items()}
            figures = {str(k): float(v) for k, v in config["figures"].items()}
            about = About(*(str(config[name]) for name in ("licence", "data", "command")), figures)
            return self._make(config, tensors), about
        except FAULTS as error:
            reason = str(error).strip().partition("\n")[0][:160]
            what = say(
                "It is no model of this page ({name}): {reason}", name=self.name, reason=reason
            )
            raise ModelFileError(what, where=where, todo=AGAIN) from error
        except ParagoneError as error:
            what = say("The model in it cannot be made: {what}", what=error.what)
            raise ModelFileError(what, where=where, todo=AGAIN) from error


def classes_in(config: dict[str, Any], tensors: dict[str, Tensor]) -> tuple[str, ...]:
    """The names of the classes. Before any network is made for them, their number must be that of
    the rows of some tensor: a header alone may name millions.

    Raises:
        ValueError: There are fewer than two, or no tensor has a row for each.
        KeyError, TypeError: There are none.
    """
    listed = config["classes"]
    if not isinstance(listed, list) or len(listed) < 2:
        raise ValueError("it knows fewer than two classes")
    if all(tensor.shape[:1] != (len(listed),) for tensor in tensors.values()):
        raise ValueError(f"it names {len(listed):,} classes, and its tensors have another number")
    return tuple(map(str, listed))


def digest_in(card: Path) -> str:
    """What a packaged model's card says that the file must be.

    Raises:
        ModelFileError: The card is missing or does not say so.
    """
    todo = "Install the page anew."
    try:
        found = DIGEST.search(card.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFileError("The model's card is missing", where=card.name, todo=todo) from error
    if not found:
        raise ModelFileError("The card tells no digest", where=card.name, todo=todo)
    return found.group(1)


@torch.no_grad()
def halve(network: nn.Module) -> None:
    """Round all numbers to those of half precision, so that the file is half as large."""
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(tensor.half())


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            what = "The file is larger than any model of ours"
            raise ModelFileError(what, where=path.name, todo="Choose another file.")
        return path.read_bytes()
    except OSError as error:
        what = say("The file cannot be read: {strerror}", strerror=error.strerror)
        raise ModelFileError(what, where=path.name, todo=AGAIN) from error


def _compact(tensor: Tensor) -> Tensor:
    if tensor.dtype == torch.float32 and torch.equal(tensor.half().float(), tensor):
        tensor = tensor.half()
    return tensor


def _full(tensor: Tensor) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    if not tensor.isfinite().all():
        raise ValueError("a tensor holds no numbers")
    return tensor.float() if tensor.dtype == torch.float16 else tensor
