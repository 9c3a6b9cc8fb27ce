"""The app in this process, so that a test can hand its weights a network and take it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from serving import free_port

import app
from weights import Weights


@dataclass(frozen=True)
class OwnHouse:
    """A running app.

    Attributes:
        url: Its address, with a slash at the end. `temp`: where uploads lie for a moment.
    """

    url: str
    weights: Weights
    temp: Path


@contextmanager
def own_house(temp: Path) -> Iterator[OwnHouse]:
    """Serve the app from this process; its Hub is offline."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(temp))
        weights = Weights(device="cpu", offline=True)
        demo = app.build_app(weights, {})
        demo.launch(
            server_name="127.0.0.1", server_port=free_port(), quiet=True, prevent_thread_lock=True
        )
        try:
            yield OwnHouse(demo.local_url, weights, temp)
        finally:
            demo.close()
