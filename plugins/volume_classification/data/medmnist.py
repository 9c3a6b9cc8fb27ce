"""The six sets of volumes of MedMNIST, by name."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path

from plugins.shared.files.file_kinds import size_text
from plugins.shared.files.limits import Limits
from plugins.volume_classification.data.npz_sets import read_array_set
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.errors import VolumeError
from weights.messages import say

SIZES = (28, 64)
PATIENCE = 10.0
"""Seconds that the server may be silent."""
WHOLE = 600.0
"""Seconds that a download may take."""
MOST_BYTES = 1024 * 2**20
BLOCK = 1 << 18
BY_HAND = "Or download {file} from {page} yourself and open it as a labelled set."


@dataclass(frozen=True)
class Listed:
    """A set as MedMNIST lists it.

    Attributes:
        key: Its name there, such as `organmnist3d`. `title`: the same for people.
        classes: Names, in the order of the labels.
        counts: Volumes to train on, to validate with and to test on.
        licence: Of the data.
        description: What the set is, in its makers' words.
        files: URL and MD5 by size.
    """

    key: str
    title: str
    classes: tuple[str, ...]
    counts: tuple[int, int, int]
    licence: str
    description: str = field(repr=False)
    files: dict[int, tuple[str, str]] = field(repr=False)


@lru_cache(1)
def listed() -> dict[str, Listed]:
    """The sets of volumes by name; none where medmnist is not installed.

    Its list is read without importing it: an import loads torchvision and pandas, and makes a
    folder in the user's home.
    """
    spec = importlib.util.find_spec("medmnist")
    if spec is None or not spec.submodule_search_locations:
        return {}
    source = Path(spec.submodule_search_locations[0], "info.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "INFO":
            every = ast.literal_eval(node.value)
            return {key: _listed(key, one) for key, one in every.items() if key.endswith("3d")}
    return {}


def classes_of(stem: str) -> tuple[str, ...]:
    """The names of the classes in a file called like one of the sets; none for any other."""
    one = listed().get(stem.lower().partition("_")[0].partition(".")[0])
    return one.classes if one else ()


def fetch_set(
    key: str,
    limits: Limits,
    size: int = 28,
    folder: Path | None = None,
    offline: bool = False,
    on_share: Callable[[float], None] = lambda share: None,
) -> tuple[VolumeSet, VolumeSet]:
    """One of the sets, to train on and to test on as its makers divide it.

    Args:
        key: Of `listed`.
        size: Voxels along an edge, one of `SIZES`.
        folder: Where the file is kept; None: nowhere.
        offline: Whether no server may be asked. A file that is kept is used.
        on_share: Called with the share that has arrived, 0..1.

    Raises:
        VolumeError: There is no such set, or it cannot be had; it says why.
    """
    one = _known(key, size)
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path = _file(one, size, folder, offline, on_share)
        train, test = read_array_set(path, limits, 0, one.classes)
    return train, test


def _listed(key: str, one: dict) -> Listed:
    files = {size: (one[f"url{tail}"], one[f"MD5{tail}"]) for size, tail in ((28, ""), (64, "_64"))}
    classes = tuple(one["label"][str(i)] for i in range(len(one["label"])))
    counts = tuple(one["n_samples"][part] for part in ("train", "val", "test"))
    return Listed(
        key, one["python_class"], classes, counts, one["license"], one["description"], files
    )


def _known(key: str, size: int) -> Listed:
    if not listed():
        todo = "Install it: pip install medmnist."
        raise VolumeError("The package medmnist is missing", where=key, todo=todo)
    if key not in listed():
        todo = say("Choose one of: {listed}.", listed=", ".join(listed()))
        raise VolumeError(
            say("MedMNIST has no set of volumes called {key}", key=repr(key)),
            where="set",
            todo=todo,
        )
    if size not in SIZES:
        raise VolumeError(
            say("It is {size}", size=repr(size)), where="size", todo="Choose 28 or 64."
        )
    return listed()[key]


def _file(
    one: Listed, size: int, folder: Path, offline: bool, on_share: Callable[[float], None]
) -> Path:
    """The verified file, fetched if it is not kept yet."""
    name = f"{one.key}{'' if size == 28 else f'_{size}'}.npz"
    url, digest = one.files[size]
    path = folder / name
    if path.is_file() and _md5(path) == digest:
        return path
    by_hand = BY_HAND.format(file=name, page=url.partition("/files/")[0])
    if offline:
        what = "Offline mode is on, and the set is not on this machine"
        todo = say("Switch offline mode off (HF_HUB_OFFLINE). {by_hand}", by_hand=by_hand)
        raise VolumeError(what, where=one.title, todo=todo)
    try:
        with _beside(path) as part:
            found, fault = _tried(url, part, on_share)
            if not fault and found != digest:
                fault = "What arrived is not the file that MedMNIST names (its MD5 differs)"
            if not fault:
                os.replace(part, path)
                return path
    except OSError as error:
        fault = say("The file cannot be kept: {strerror}", strerror=error.strerror)
    raise VolumeError(
        fault, where=one.title, todo=say("Try again later. {by_hand}", by_hand=by_hand)
    )


def _tried(url: str, path: Path, on_share: Callable[[float], None]) -> tuple[str, str]:
    """The MD5 of what arrived, and what went wrong."""
    try:
        return _download(url, path, on_share), ""
    except urllib.error.HTTPError as error:
        return "", say("The server answered with {code}", code=error.code)
    except TimeoutError:
        return "", "The server is too slow, or silent"
    except (urllib.error.URLError, ConnectionError) as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            return "", "The server does not answer"
        return "", "The server cannot be reached"
    except (ValueError, HTTPException):
        return "", "The server's answer makes no sense"


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A file next to another, gone at the end unless it was moved."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _download(url: str, path: Path, on_share: Callable[[float], None]) -> str:
    """Fetch a file; its MD5."""
    until, digest, size = time.monotonic() + WHOLE, hashlib.md5(usedforsecurity=False), 0
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer, path.open("wb") as file:
        length = int(answer.headers.get("Content-Length") or 0)
        if length > MOST_BYTES:
            raise ValueError(f"{size_text(length)} are announced")
        while block := answer.read1(BLOCK):
            size += len(block)
            if size > MOST_BYTES:
                raise ValueError("more arrives than any set has")
            if time.monotonic() > until:
                raise TimeoutError
            digest.update(block)
            file.write(block)
            on_share(min(1.0, size / length) if length else 0.0)
    return digest.hexdigest()


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
