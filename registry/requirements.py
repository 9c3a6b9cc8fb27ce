"""Whether what a plug-in asks for is installed."""

from __future__ import annotations

import importlib.metadata

from packaging.requirements import Requirement


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
