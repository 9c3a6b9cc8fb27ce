"""From what a plug-in passes to `register` to a task."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from registry.card_picture import PictureError, read_picture
from registry.task import API_VERSION, Incompatible, Task, TaskError

FIELDS = tuple(field.name for field in fields(Task))


def make_task(offer: dict[str, Any], folder: Path | None = None) -> Task:
    """Check what a plug-in passed to `register` and make a Task of it.

    Args:
        folder: That of the plug-in's module, in which its picture lies.

    Raises:
        Incompatible: Made for a newer host, or a requirement is unmet.
        TaskError: A field is missing, unknown, or wrong.
    """
    # The version first: an offer to a newer host may well hold fields that are unknown here.
    version = str(offer.get("api_version", API_VERSION))
    if version.isdecimal() and int(version) > API_VERSION:
        raise Incompatible(
            f"It was made for host API {version}; this host speaks {API_VERSION}",
            "Update Paragone, or install a version of the plug-in made for this one, and restart.",
        )
    where = f"Task {offer.get('name', '(no name)')!r}"
    if unknown := sorted(set(offer) - set(FIELDS)):
        raise TaskError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(FIELDS)}")
    if missing := [name for name in ("name", "title", "build") if name not in offer]:
        raise TaskError(f"{where}: field {missing[0]!r} is missing")
    if offer.get("picture") is not None:
        try:
            offer = {**offer, "picture": read_picture(offer["picture"], folder)}
        except PictureError as error:
            raise TaskError(f"{where}: field 'picture' {error}") from error
    task = Task(**offer)
    if unmet := unmet_requirements(task.requires):
        wanted = " ".join(f'"{text}"' for text in task.requires)
        raise Incompatible(f"It needs {', '.join(unmet)}", f"pip install {wanted}, and restart.")
    return task


def unmet_requirements(requirements: tuple[str, ...]) -> list[str]:
    """Name each requirement that this environment does not meet, with what is here instead."""
    unmet = []
    for text in requirements:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate():
            continue
        try:
            installed = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            unmet.append(f"{wanted.name}{wanted.specifier} (not installed)")
            continue
        if not wanted.specifier.contains(installed, prereleases=True):
            unmet.append(f"{wanted.name}{wanted.specifier} ({installed} is installed)")
    return unmet


def folder_of(function: Callable[..., Any]) -> Path | None:
    """The folder of the module that holds a function."""
    module = sys.modules.get(getattr(function, "__module__", ""))
    file = getattr(module, "__file__", None)
    return Path(file).parent if file else None
