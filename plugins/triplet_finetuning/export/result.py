"""The result of a fine-tuning run as files: what it is, how it came about, and how good it is.

No name of a person and no name of a picture is in any of them: a `Result` does not know them.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plugins.triplet_finetuning.export import tensors
from plugins.triplet_finetuning.export.described import Base, Data, versions
from plugins.triplet_finetuning.export.model_card import model_card
from plugins.triplet_finetuning.export.plain import ResultError, plain, read_json, write_json
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.history import Row, read_losses, write_losses

if TYPE_CHECKING:
    from torch import Tensor

MODEL, HEADS, ABOUT = "model.safetensors", "heads.safetensors", "config.json"
SETTINGS, FIGURES, LOSSES, CARD = "settings.json", "figures.json", "losses.csv", "README.md"
FILES = (MODEL, HEADS, SETTINGS, FIGURES, LOSSES, CARD, ABOUT)
"""Every file that a result may consist of. `ABOUT` is written last: without it there is none."""
FORMAT = "paragone-triplet-1"
TOGETHER = "Use the files of one result together, as they were written."
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # The same result is the same zip.


@dataclass(frozen=True, eq=False)
class Result:
    """A fine-tuned encoder, and what is known of it.

    Attributes:
        config: `Encoder.config()`: what rebuilds the encoder beside the tensors.
        state: Its tensors by name, those of step `best_step`.
        settings: Of the run.
        figures: Numbers in tables and lists; `before` and `after` hold measures on the held-out
            identities, each a number or [number, low, high] with its 95 % interval.
        data: The pictures, in numbers.
        base: What the run started from.
        date: Of the run, YYYY-MM-DD.
        best_step: The step whose tensors were kept.
        curve: What every step told.
        heads: Siamese heads by kind, each with its arrays by name.
        versions: Of Python and the packages that computed it.
    """

    config: dict[str, Any]
    state: Mapping[str, Tensor] = field(repr=False)
    settings: Settings
    figures: dict[str, Any]
    data: Data
    base: Base
    date: str
    best_step: int = 0
    curve: tuple[Row, ...] = field(default=(), repr=False)
    heads: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict, repr=False)
    versions: dict[str, str] = field(default_factory=versions)

    def __post_init__(self) -> None:
        for name in ("config", "figures"):
            object.__setattr__(self, name, plain(getattr(self, name)))
        if _holds_text(self.figures):
            what = "They hold a text, which could be a name"
            raise ResultError(what, where="figures", todo="Give numbers only.")


def files(result: Result) -> dict[str, bytes]:
    """Every file of a result, by name; the same result gives the same bytes."""
    model = tensors.write(result.state, result.config)
    digests = {MODEL: hashlib.sha256(model).hexdigest()}
    contents = {MODEL: model}
    if result.heads:
        flat = {
            f"{kind}/{name}": a for kind, head in result.heads.items() for name, a in head.items()
        }
        contents[HEADS] = tensors.write(flat, {})
        digests[HEADS] = hashlib.sha256(contents[HEADS]).hexdigest()
    about = {
        "format": FORMAT,
        "encoder": result.config,
        "sha256": digests,
        "base": asdict(result.base),
        "data": asdict(result.data),
        "date": result.date,
        "best_step": result.best_step,
        "versions": result.versions,
    }
    contents |= {
        SETTINGS: write_json(result.settings.plain()),
        FIGURES: write_json(result.figures),
        LOSSES: write_losses(result.curve),
        CARD: model_card(result, digests[MODEL]).encode(),
        ABOUT: write_json(about),
    }
    return contents


def digest(result: Result) -> str:
    """SHA-256 of the file with the encoder's tensors, in hexadecimal."""
    return hashlib.sha256(tensors.write(result.state, result.config)).hexdigest()


def save(result: Result, folder: str | Path) -> list[Path]:
    """Write the files of a result, over those of an earlier one.

    Raises:
        ResultError: The folder cannot be written.
    """
    folder, contents = Path(folder), files(result)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (ABOUT, HEADS):
            (folder / name).unlink(missing_ok=True)
        for name, body in contents.items():
            (folder / name).write_bytes(body)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    return [folder / name for name in contents]


def zipped(result: Result, path: str | Path) -> Path:
    """Write the files of a result as one zip; there is a whole one or none.

    Raises:
        ResultError: It cannot be written.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, body in files(result).items():
                info = zipfile.ZipInfo(name, ZIP_DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, body)
        part.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def load(folder: str | Path) -> Result:
    """Read a result and check that its files belong together; nothing in them is executed.

    Raises:
        ResultError: A file is missing, is no such file, or is not the one that was written.
    """
    folder = Path(folder)
    about = read_json(folder / ABOUT)
    if about.get("format") != FORMAT:
        what = f"It is no result of a fine-tuning run that this version reads ({FORMAT})"
        raise ResultError(what, where=str(folder / ABOUT), todo=TOGETHER)
    try:
        digests = about["sha256"]
        state, config = tensors.read(folder / MODEL, digests[MODEL])
        if config != about["encoder"]:
            what = "The encoder it describes is not the one in the tensors' file"
            raise ResultError(what, where=str(folder / ABOUT), todo=TOGETHER)
        heads: dict[str, dict[str, np.ndarray]] = {}
        if HEADS in digests:
            for name, tensor in tensors.read(folder / HEADS, digests[HEADS])[0].items():
                kind, _, part = name.partition("/")
                heads.setdefault(kind, {})[part] = tensor.numpy()
        return Result(
            about["encoder"],
            state,
            Settings.from_plain(read_json(folder / SETTINGS)),
            read_json(folder / FIGURES),
            Data(**about["data"]),
            Base(**about["base"]),
            about["date"],
            about["best_step"],
            read_losses(folder / LOSSES),
            heads,
            about["versions"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        what = f"A field is missing or of another kind: {error}"
        raise ResultError(what, where=str(folder / ABOUT), todo=TOGETHER) from error


def _holds_text(value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, str) or (isinstance(value, list) and any(map(_holds_text, value)))


def _cannot_write(path: Path, error: OSError) -> ResultError:
    what = f"The result cannot be written: {error.strerror or error}"
    return ResultError(what, where=str(path), todo="Choose another place.")
