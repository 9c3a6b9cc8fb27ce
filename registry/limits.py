"""Every limit of the house in one place, with the variable that changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from registry import resources

MIB = 1024 * 1024
MEMORY_SHARE = 0.85
"""Of the memory that there is. The rest is for the system and for what runs at that moment."""


class SettingError(ValueError):
    """An environment variable or option has a value that cannot be used."""


def _workers() -> int:
    return min(resources.cores(), resources.MOST_WORKERS)


def _memory() -> int:
    return max(1, int(resources.memory() * MEMORY_SHARE) // MIB)


def _limit(default: int | Callable[[], int], variable: str) -> int:
    metadata = {"variable": variable}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Limits:
    """How much a visitor may hand in and hold, and how much the house does at once.

    Attributes:
        upload_bytes: One uploaded file.
        picture_bytes: One picture file.
        picture_pixels: Width times height of one picture.
        archive_files: Files in one archive.
        archive_bytes: All files of one archive, unpacked.
        queue_length: Calls that may wait, all together; further ones are turned away.
        sessions: Visits whose state is kept; the oldest make room.
        session_mb: MiB of memory that one visit may hold.
        session_minutes: A visit that has done nothing for so long is forgotten.
        memory_mb: MiB of memory that the process may hold before it turns new work away.
        workers: Calls of networks at a time on the CPU.
        gpu_workers: Calls of networks at a time on a graphics card.
        gpu_seconds: How long one call may have a card that is lent (ZeroGPU).
        run_steps: Steps that one run (training, painting) may ask for.
        run_seconds: How long one run may hold the turn, pauses counted; then it ends as if its
            visitor had stopped it, or, called from code, with what it has or an error.
        threads: Threads of torch in each of them; 0: the cores, shared out among the workers.
        uploads_bytes: All that lies in the folder for uploads at a time.
    """

    upload_bytes: int = _limit(256 * MIB, "PARAGONE_MAX_UPLOAD_BYTES")
    picture_bytes: int = _limit(64 * MIB, "PARAGONE_MAX_PICTURE_BYTES")
    picture_pixels: int = _limit(100_000_000, "PARAGONE_MAX_PICTURE_PIXELS")
    archive_files: int = _limit(5000, "PARAGONE_MAX_ARCHIVE_FILES")
    archive_bytes: int = _limit(1024 * MIB, "PARAGONE_MAX_ARCHIVE_BYTES")
    queue_length: int = _limit(64, "PARAGONE_MAX_QUEUE")
    sessions: int = _limit(1000, "PARAGONE_MAX_SESSIONS")
    session_mb: int = _limit(1024, "PARAGONE_SESSION_MB")
    session_minutes: int = _limit(60, "PARAGONE_VISIT_MINUTES")
    memory_mb: int = _limit(_memory, "PARAGONE_MEMORY_MB")
    workers: int = _limit(_workers, "PARAGONE_WORKERS")
    gpu_workers: int = _limit(1, "PARAGONE_GPU_WORKERS")
    gpu_seconds: int = _limit(60, "PARAGONE_GPU_SECONDS")
    run_steps: int = _limit(20_000, "PARAGONE_MAX_STEPS")
    run_seconds: int = _limit(3600, "PARAGONE_MAX_RUN_SECONDS")
    threads: int = _limit(0, "PARAGONE_THREADS")
    uploads_bytes: int = _limit(4096 * MIB, "PARAGONE_MAX_UPLOADS_BYTES")

    def __post_init__(self) -> None:
        if not self.threads:
            object.__setattr__(self, "threads", max(1, resources.cores() // self.workers))

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Limits:
        """Read the limits that the environment changes.

        Raises:
            SettingError: A variable is not a whole number above zero.
        """
        changed = {}
        for each in fields(cls):
            variable = each.metadata["variable"]
            if text := environ.get(variable, "").strip():
                if not (text.isascii() and text.isdecimal()) or int(text) == 0:
                    raise SettingError(f"{variable} is {text!r}; give a whole number above zero.")
                changed[each.name] = int(text)
        return cls(**changed)
