"""The house, served from this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from serving import free_port

import app


@pytest.fixture(scope="module")
def launched() -> Iterator[Callable[..., Any]]:
    """Serve the page with these variables: `launched(PARAGONE_AUTH=…)`; two of its tasks only."""
    pages = []

    def launch(**environ: str) -> Any:
        only = {"PARAGONE_PLUGINS": "face_verification,signal_classification"}
        page = app.build_app(environ={**only, **environ})
        pages.append(page)
        page.launch(
            server_name="127.0.0.1", server_port=free_port(), quiet=True, prevent_thread_lock=True
        )
        return page

    yield launch
    for page in pages:
        page.close()
