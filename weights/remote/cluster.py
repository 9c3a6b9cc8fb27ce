"""Ray, where it is installed: the cluster that RAY_ADDRESS names, or a local one of our own.

It lies in the lowest room, because the replicas of the page and the commands of tasks both need it.
Importing this imports no Ray.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from weights.errors import ParagoneError

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
STORE_BYTES = 300 << 20
"""Of a local Ray's object store."""
TRIES = 2
"""A start can time out on a machine that is busy."""
INSTALL = "Install it with `pip install -r requirements-ray.txt`."
LEFT_OUT = ["/.git/", "/.venv/", "/venv/", "/data/", "/shared/", "__pycache__"]
OURS = ("PARAGONE_", "HF_")
ENVIRON = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray would tell its makers of every start.
    "RAY_TRAIN_V2_ENABLED": "1",
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",  # So often checkpoints are taken up, too.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_SERVE_LOG_TO_STDERR": "0",
}


class ClusterError(ParagoneError):
    """Ray is missing, does not start, cannot be reached or lacks what is needed."""


@contextmanager
def connected(cpus: int) -> Iterator[ModuleType]:
    """Connect to the cluster that RAY_ADDRESS names, or start a local one with this many logical
    CPUs. Only what was started here is shut down; a Ray that is connected already is left so.

    Yields:
        The module `ray`.

    Raises:
        ClusterError: Ray is not installed, or it does not start or answer, tried twice.
    """
    ray = load()
    if ray.is_initialized():
        yield ray
        return
    address = os.environ.get("RAY_ADDRESS", "").strip()
    with _own_signals():
        _start(ray, _options(address, cpus), address)
    try:
        yield ray
    finally:
        ray.shutdown()


def load(module: str = "ray") -> ModuleType:
    """Import Ray or a part of it.

    Raises:
        ClusterError: It is not installed.
    """
    for name, value in ENVIRON.items():
        os.environ.setdefault(name, value)
    try:
        return importlib.import_module(module)
    except ImportError as error:
        what = f"Ray is needed for more than one process, and it cannot be imported: {error}"
        raise ClusterError(what, where=module, todo=INSTALL) from error


def check_room(ray: ModuleType, cpus: float, gpus: float = 0) -> None:
    """Refuse what would wait for ever.

    Raises:
        ClusterError: The whole cluster has less than is asked for.
    """
    there = ray.cluster_resources()
    for kind, wanted in (("CPU", cpus), ("GPU", gpus)):
        if wanted > there.get(kind, 0):
            what = f"The cluster has {there.get(kind, 0):g} {kind}s, and {wanted:g} are needed"
            raise ClusterError(what, where="RAY_ADDRESS", todo="Use fewer workers.")


def settings_of(environ: Any = os.environ) -> dict[str, str]:
    """The variables that a process on another machine needs to work as this one does."""
    return {name: value for name, value in environ.items() if name.startswith(OURS)}


def _options(address: str, cpus: int) -> dict[str, Any]:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if not address:
        size = {"num_cpus": cpus, "object_store_memory": STORE_BYTES}
        return {"address": "local", "include_dashboard": False, **size, **quiet}
    # Its machines need not have the app: they get a copy.
    copy = {"working_dir": str(ROOT), "excludes": LEFT_OUT}
    return {"address": address, "runtime_env": copy, **quiet}


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep our way of being told to stop; Ray's own aborts the process."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and before is not None:
            signal.signal(signal.SIGTERM, before)


def _start(ray: ModuleType, options: dict[str, Any], address: str) -> None:
    if str(ROOT) not in sys.path:  # Ray's processes get this path.
        sys.path.append(str(ROOT))
    for attempt in range(1, TRIES + 1):
        try:
            ray.init(**options)
            return
        except Exception as error:
            ray.shutdown()
            if attempt < TRIES:
                log.warning("Ray did not start (%s); once more", type(error).__name__)
                continue
            first = " ".join(str(error).split())[:200]
            what = f"Ray does not {'answer' if address else 'start'}, tried {TRIES} times: {first}"
            todo = (
                "Check that the address is right, that the cluster runs, and that it has the same "
                "versions of Python and Ray."
                if address
                else "Try again when the machine is less busy, or go without --workers."
            )
            raise ClusterError(what, where=address or "this machine", todo=todo) from error
