"""What there is of the machine: cores, memory, a graphics card. Nothing heavy is imported."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

import psutil

CGROUPS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where a container's own limit stands, in the newer and in the older way."""
NVIDIA = Path("/dev/nvidiactl")
MOST_WORKERS = 4
"""With more calls at once each waits longer and none is done sooner: of each, about 10 ms in the
server are done one at a time."""


def cores() -> int:
    """The processors that this process may use; a container may have fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> int:
    """Bytes of memory that there are, in this container or else in the machine."""
    total = psutil.virtual_memory().total
    for path in CGROUPS:
        try:
            text = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():  # It is "max" where there is no limit.
            total = min(total, int(text))
    return total


def resident() -> int:
    """Bytes of memory that this process holds now."""
    return psutil.Process().memory_info().rss


def has_gpu(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the networks will run on a graphics card. torch, which would know for sure, is not
    asked, because it takes seconds to import.
    """
    wanted = environ.get("PARAGONE_DEVICE", "").strip().lower()
    hidden = environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    return wanted != "cpu" and not hidden and NVIDIA.exists()


def share_threads(threads: int, environ: MutableMapping[str, str] = os.environ) -> None:
    """Let every call of a network use this many threads; to be said before torch is imported.

    With torch's own choice, all cores for each call, two calls at once fight for the cores: their
    threads wait for one another in loops that never sleep. Who set OMP_NUM_THREADS and not
    PARAGONE_THREADS has chosen already.
    """
    if environ.get("OMP_NUM_THREADS", "").strip() and not environ.get("PARAGONE_THREADS", ""):
        return
    environ["OMP_NUM_THREADS"] = environ["MKL_NUM_THREADS"] = str(threads)
