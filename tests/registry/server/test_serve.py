"""A page that is served, without the server."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from gradio.exceptions import ServerFailedToStartError

from registry.server.serve import WARM_UP, launch


class Page(SimpleNamespace):
    """What `launch` asks of a page; it runs until its late work was begun, or for one look."""

    def __init__(self, **more):
        super().__init__(mcp_error="", local_url="http://here/", is_running=True, **more)
        self.closed = False

    def launch(self, **options):
        self.options = options

    def close(self, verbose):
        self.closed = True


@pytest.mark.parametrize(("setting", "begun"), [(None, True), ("1", True), ("0", False)])
def test_what_was_left_for_later_is_done_once_served_unless_that_is_switched_off(
    monkeypatch, setting, begun
):
    monkeypatch.delenv(WARM_UP, raising=False)
    if setting is not None:
        monkeypatch.setenv(WARM_UP, setting)
    monkeypatch.setattr("gc.freeze", lambda: None)  # This process goes on to other tests.
    done, page = [], Page()
    page.late = [lambda: done.append(threading.current_thread().daemon)]
    monkeypatch.setattr(
        "registry.server.serve.check_stop", lambda: setattr(page, "is_running", begun and not done)
    )
    launch(page, "127.0.0.1", 7860, False)
    assert done == ([True] if begun else []) and page.closed
    assert page.options["server_port"] == 7860


def test_a_port_that_is_taken_is_an_error_of_the_system():
    def launch_of_gradio(**options):
        raise ServerFailedToStartError("7860 is taken")

    page = Page()
    page.launch = launch_of_gradio
    with pytest.raises(OSError):
        launch(page, "127.0.0.1", 7860, False)
