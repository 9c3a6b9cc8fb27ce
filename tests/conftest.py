"""What every test may use."""

from __future__ import annotations

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
