"""What a plug-in may implement, and the marks to do so.

What a visitor brings belongs into a `gr.State`. If its value has a method `forget()`, the host
calls it once the visit has ended: the tab was closed, the visitor rested for
`PARAGONE_VISIT_MINUTES`, or the visit made room for others. Drop there what was brought, delete
what was written, and let running work end. It runs in a thread of its own, and may be called again.
"""

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
