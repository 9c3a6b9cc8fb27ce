"""Files that must be what they claim: digests, and files that installed packages carry."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from weights.messages import say

from .errors import PackageMissing

_digests: dict[tuple[str, int, int], str] = {}
_lock = threading.Lock()


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal. A file that has not changed is read once per process."""
    real = path.resolve()
    stat = real.stat()
    key = (str(real), stat.st_mtime_ns, stat.st_size)
    with _lock:
        known = _digests.get(key)
    if known is None:
        known = _hash(real, hashlib.sha256())
        with _lock:
            _digests[key] = known
    return known


def matches(path: Path, digest: str) -> bool:
    """Whether a file has a digest as the Hub declares it.

    Args:
        path: The file.
        digest: 64 digits are the SHA-256 of a large file; 40 are git's SHA-1 of a small one.
    """
    if len(digest) == 64:
        return sha256_of(path) == digest
    blob = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    return _hash(path, blob) == digest


def digest_in(etag: str) -> str:
    """An ETag of the Hub is a SHA-256 or git's SHA-1. Others, of mirrors, tell nothing: ""."""
    return etag if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", etag) else ""


def known_digest(path: Path) -> str:
    """What the Hub's cache tells of a file that it keeps: the digest by which a link names it, or
    where it could not make links, as is usual on Windows, the one that `note_digest` wrote down.
    "" where it tells nothing.
    """
    if path.is_symlink():
        return digest_in(Path(os.readlink(path)).name)
    with suppress(OSError, ValueError):
        return digest_in(_note(path).read_text(encoding="ascii").strip())
    return ""


def note_digest(path: Path, digest: str) -> None:
    """Write down what a file of the cache was found to be, where no link says so."""
    if not path.is_symlink():
        with suppress(OSError):  # Then it is asked of the Hub again.
            _note(path).write_text(digest, encoding="ascii")


def _note(path: Path) -> Path:
    return path.with_name(f".{path.name}.digest")


def discard(path: Path) -> None:
    """Remove a file of the Hub's cache with everything that it links to."""
    while path.is_symlink():
        target = path.parent / os.readlink(path)
        path.unlink()
        path = target
    path.unlink(missing_ok=True)
    _note(path).unlink(missing_ok=True)


def _hash(path: Path, state) -> str:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            state.update(chunk)
    return state.hexdigest()


def packaged_file(address: str) -> Path:
    """A file inside an installed distribution, found without importing it.

    Args:
        address: "DISTRIBUTION/PATH", the path as in the wheel.

    Raises:
        PackageMissing: The distribution is not installed, or the file is not in it.
    """
    name, _, inner = address.partition("/")
    try:
        path = Path(metadata.distribution(name).locate_file(inner))
    except metadata.PackageNotFoundError:
        raise PackageMissing(
            say("The package {name} is not installed", name=name),
            where=inner,
            todo=say("Run: pip install {name}", name=name),
        ) from None
    if not path.is_file():
        raise PackageMissing(
            say("The package {name} is installed, but the file is not in it", name=name),
            where=str(path),
            todo=say("Run: pip install --force-reinstall {name}", name=name),
        )
    return path
