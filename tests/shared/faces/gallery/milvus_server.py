"""A real Milvus server for the tests: the standalone one that the PyPI package `milvus` carries.

The server runs below a supervisor, this very file as a script, which ends it when its standard
input closes. So none is left behind, however the tests end.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

START_SECONDS = 120
QUICK = {"proxy.timeTickInterval": 20, "dataCoord.compaction.check.interval": 1}
"""As it is delivered, each read waits for a tick of 200 ms, and compacting takes 10 s."""


class MilvusServer:
    """One server on free ports of 127.0.0.1.

    Args:
        folder: Where it keeps its data; starting a second one there finds what the first left.
        port: Where it listens; 0: on a free port.
        settings: Names of settings in milvus.yaml, with dots, and their values.
    """

    def __init__(self, folder: Path, port: int = 0, **settings: object):
        # The server takes settings from the environment, too, and those win.
        own = {name.replace(".", "_").upper(): str(value) for name, value in settings.items()}
        self._supervisor = subprocess.Popen(
            [sys.executable, __file__, str(folder), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | own,
        )
        started = self._supervisor.stdout.readline()
        if not started:
            self.stop()
            raise RuntimeError(f"Milvus did not start; look into {folder}/logs")
        self.port = int(started)
        self.uri = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End the server and wait for it. Safe to call twice."""
        self._supervisor.stdin.close()
        self._supervisor.wait(300)
        self._supervisor.stdout.close()


def need_milvus() -> None:
    """Skip the test where the server or its client is not installed."""
    for package in ("milvus", "pymilvus"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"the package {package} is not installed")


@functools.cache
def shared() -> MilvusServer:
    """The server that all tests of a session share; it starts at the first call."""
    need_milvus()
    folder = Path(tempfile.mkdtemp(prefix="paragone-milvus-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = MilvusServer(folder, **QUICK)
    atexit.register(server.stop)
    return server


def stop_shared() -> None:
    """End the shared server, if it was started; the next call of `shared` starts another."""
    if shared.cache_info().currsize:
        shared().stop()
        shared.cache_clear()


def supervise(folder: Path, port: int) -> None:
    """Run a server until standard input closes; its port goes to standard output."""
    import milvus

    folder.mkdir(parents=True, exist_ok=True)
    os.environ["ETCD_CONFIG_PATH"] = str(etcd_settings(folder))
    config = milvus.MilvusServerConfig(data_dir=str(folder))
    config.try_bind_port = reusable
    ports = [key for key in config.configurable_items if key.endswith("_port")]
    config.update(**dict(zip(ports, free_ports(len(ports)), strict=True)))
    if port:
        config.update(proxy_port=port)
    server = milvus.MilvusServer(config, wait_for_started=False)
    (server.webservice_port,) = free_ports(1)
    try:
        server.start()
        server.wait_started(START_SECONDS * 1000)
        print(server.listen_port, flush=True)
        sys.stdin.read()
    finally:
        server.stop()


def etcd_settings(folder: Path) -> Path:
    """Free ports for etcd, which the server brings along: with its own a second does not start."""
    client, peer = (f"http://localhost:{port}" for port in free_ports(2))
    path = folder / "etcd.yaml"
    path.write_text(
        f"name: default\nlisten-client-urls: {client}\nadvertise-client-urls: {client}\n"
        f"listen-peer-urls: {peer}\ninitial-advertise-peer-urls: {peer}\n"
        f"initial-cluster: default={peer}\n"
    )
    return path


def reusable(port: int) -> socket.socket | None:
    """The package's own check of a port, which refuses the one of a server that has just ended."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        return None
    return listener


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


if __name__ == "__main__":
    supervise(Path(sys.argv[1]), int(sys.argv[2]))
