"""Reload on save, as `gradio app.py --watch-dirs FOLDER` does it, which sets these variables."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from gradio_client import Client
from serving import ROOT, Server

from tests.registry.authoring.test_check import SOUND, changed


def test_what_an_author_saves_is_served_without_a_restart(tmp_path):
    file = tmp_path / "letters.py"
    file.write_text(SOUND, encoding="utf-8")
    watch = {
        "GRADIO_WATCH_DIRS": str(tmp_path),
        "GRADIO_WATCH_MODULE_NAME": "app",
        "GRADIO_WATCH_DEMO_NAME": "demo",
        "GRADIO_WATCH_DEMO_PATH": str(ROOT / "app.py"),
        "GRADIO_WATCH_ENCODING": "utf-8",
    }
    house = {"PARAGONE_PLUGIN_DIRS": str(tmp_path), "PARAGONE_PLUGINS": "letters"}
    server = Server({**watch, **house})
    try:
        assert 'label": "Text' in server.get("config").replace('":"', '": "')
        assert Client(server.url, verbose=False).predict("abc", api_name="/letters") == 3
        _wait(lambda: "Watching demo" in server.log)
        source = changed('return len(text or "")', "return 7").replace('"Text"', '"Words"')
        _save(file, source, lambda: "Words" in server.get("config"))
        assert Client(server.url, verbose=False).predict("abc", api_name="/letters") == 7
        _save(file, "def broken(:", lambda: "SyntaxError" in server.get("config"))
        _save(file, source, lambda: "Words" in server.get("config"))
    finally:
        server.stop()


def _save(file: Path, text: str, served: Callable[[], bool]) -> None:
    """Save until it is served: the watcher passes over what changes during its first look."""
    file.write_text(text, encoding="utf-8")
    saved = time.monotonic()

    def again() -> bool:
        nonlocal saved
        if time.monotonic() - saved > 5:
            file.write_text(text, encoding="utf-8")
            saved = time.monotonic()
        return served()

    _wait(again)


def _wait(true, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "nothing was reloaded"
        time.sleep(0.1)
