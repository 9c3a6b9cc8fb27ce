"""What a plug-in may implement, and the marks to do so."""

from __future__ import annotations

from collections.abc import Callable

import pluggy

PROJECT = "paragone"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_tasks(register: Callable[..., None]) -> None:
    """Call `register(name=…, title=…, build="package.tab:build", …)` once for each task."""


@hookspec
def register_backbones(register: Callable[..., None]) -> None:
    """Call `register(name="architecture.tag", source=…, …)` once for each backbone."""
