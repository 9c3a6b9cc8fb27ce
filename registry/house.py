"""The app, as a command or a check of the host may use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr


@dataclass(frozen=True)
class House:
    """The app, as the registry may use it.

    Attributes:
        load: Takes weights and an environment; gives the records first.
        build: The same; gives the page.
        weights: Makes weights that fetch nothing.
        publish: Puts files on the Hub.
    """

    load: Callable[..., tuple]
    build: Callable[..., gr.Blocks]
    weights: Callable[[], Any]
    publish: Callable[..., str]


CALL_SECONDS = 120.0
"""How long a call of an endpoint may take while a plug-in is checked."""
