"""One server for all endpoints, with a folder of uploads that must be empty after every call."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from serving import Server

from tests.endpoints.leftovers import left


@pytest.fixture(scope="package")
def server(tmp_path_factory) -> Iterator[Server]:
    """A server whose uploads lie in `temp`, and which keeps a gallery in `kept`."""
    temp = tmp_path_factory.mktemp("uploads")
    kept = tmp_path_factory.mktemp("kept") / "gallery.sqlite"
    server = Server({"GRADIO_TEMP_DIR": str(temp), "PARAGONE_GALLERY": str(kept)})
    server.temp, server.kept = temp, kept
    yield server
    server.stop()


@pytest.fixture(scope="package")
def client(server, tmp_path_factory) -> Client:
    return Client(server.url, verbose=False, download_files=str(tmp_path_factory.mktemp("down")))


@pytest.fixture(autouse=True)
def uploads_are_gone(request) -> Iterator[None]:
    """Whatever was sent, and whatever came of it, the upload is gone afterwards."""
    yield
    if "server" in request.fixturenames:
        server = request.getfixturevalue("server")
        deadline = time.monotonic() + 300
        while kept := left(server):
            assert time.monotonic() < deadline, kept
            time.sleep(0.02)


@pytest.fixture
def call(client) -> Callable[..., Any]:
    """Ask an endpoint: paths are sent as files, `settings` as JSON."""

    def ask(endpoint: str, **fields: Any) -> Any:
        sent = {
            name: handle_file(str(value)) if isinstance(value, Path) else value
            for name, value in fields.items()
        }
        if "settings" in sent and not isinstance(sent["settings"], str):
            sent["settings"] = json.dumps(sent["settings"])
        return client.predict(**sent, api_name=f"/{endpoint}")

    return ask
