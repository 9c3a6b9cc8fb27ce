"""Write a result: its files, in a folder or as one zip. The same result gives the same bytes."""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import asdict
from pathlib import Path

from plugins.shared.classification.safetensors_bytes import packed
from plugins.triplet_finetuning.export.model_card import model_card
from plugins.triplet_finetuning.export.plain import ResultError, write_json
from plugins.triplet_finetuning.export.result import (
    ABOUT,
    CARD,
    FIGURES,
    FORMAT,
    HEADS,
    LOSSES,
    MODEL,
    SETTINGS,
    Result,
)
from plugins.triplet_finetuning.training.history import write_losses
from weights.messages import say

ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # The same result is the same zip.


def files(result: Result) -> dict[str, bytes]:
    """Every file of a result, by name; the same result gives the same bytes."""
    model = packed(result.state, result.config)
    digests = {MODEL: hashlib.sha256(model).hexdigest()}
    contents = {MODEL: model}
    if result.heads:
        flat = {
            f"{kind}/{name}": a for kind, head in result.heads.items() for name, a in head.items()
        }
        contents[HEADS] = packed(flat, {})
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


def _cannot_write(path: Path, error: OSError) -> ResultError:
    what = say("The result cannot be written: {strerror}", strerror=error.strerror or error)
    return ResultError(what, where=str(path), todo="Choose another place.")
