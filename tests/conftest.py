"""What every test may use."""

from __future__ import annotations

import tempfile

import pytest
from serving import Server


@pytest.fixture(scope="session")
def serve():
    """Start servers with `serve({"PARAGONE_…": …})`; they are stopped at the end."""
    servers: list[Server] = []

    def start(environ: dict[str, str], *options: str) -> Server:
        servers.append(Server(environ, *options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def nothing_stays_in_the_temp_folder(tmp_path, monkeypatch):
    """A temp folder of the test's own, which must be empty at its end."""
    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    yield
    assert list(temp.rglob("*")) == []
