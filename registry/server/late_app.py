"""Blocks whose application is made when it is asked for."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.routes import App


class LateApp(gr.Blocks):
    """See `gradio_patches.create_app_once`, which leaves out the applications that gradio makes
    before the launch.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        self._app: App | None = None
        super().__init__(*args, **kwargs)

    @property
    def app(self) -> App:
        """That of the launch; where a page is mounted and never launched, the queue has its own."""
        if self._app is None:
            self._app = App.create_app(self, app_kwargs={}, mcp_server=False)
        return self._app

    @app.setter
    def app(self, made: App | None) -> None:
        self._app = made
