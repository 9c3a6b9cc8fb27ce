"""Folders of one run: the private one for uploads, and the one where something may be kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from registry.limits import SettingError
from registry.stopping import at_end

PREFIX = "paragone-"


def private_temp(environ: MutableMapping[str, str]) -> Path:
    """Give gradio a folder of its own for what visitors hand in, gone when the process ends.

    A folder that the user chose in GRADIO_TEMP_DIR is used as it is, and never cleared.
    """
    if chosen := environ.get("GRADIO_TEMP_DIR"):
        return Path(chosen)
    _clear_leftovers(Path(tempfile.gettempdir()))
    # mkdtemp makes it with mode 0700.
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    at_end(lambda: shutil.rmtree(folder, ignore_errors=True))
    environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder


def data_folder(text: str) -> Path | None:
    """The folder where tasks may keep something; None for an empty text.

    Raises:
        SettingError: It cannot be made, or nothing can be written there.
    """
    if not text.strip():
        return None
    folder = Path(text).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingError(
            f"The data folder {folder} cannot be written: {reason}. "
            "Choose another one with --data or PARAGONE_DATA."
        ) from error
    return folder


def not_served(environ: Mapping[str, str]) -> list[str]:
    """Files and folders that are never sent to anybody, whatever gradio thinks of them.

    Raises:
        SettingError: GRADIO_TEMP_DIR holds one of them, or is in one. A visitor may name a file of
            that folder as their upload, and uploads are deleted when they have been read.
    """
    gallery = environ.get("PARAGONE_GALLERY", "").strip().removeprefix("sqlite:///")
    listed = {
        "PARAGONE_DATA": [environ.get("PARAGONE_DATA", "")],
        "PARAGONE_AUTH": [environ.get("PARAGONE_AUTH", "")],
        "PARAGONE_GALLERY": [gallery + end for end in ("", "-wal", "-shm", "-journal")],
        "PARAGONE_PLUGIN_DIRS": environ.get("PARAGONE_PLUGIN_DIRS", "").split(os.pathsep),
    }
    if "://" in gallery or not gallery:  # A server, or none.
        del listed["PARAGONE_GALLERY"]
    if not Path(environ.get("PARAGONE_AUTH", "").strip()).is_file():  # The pairs themselves.
        del listed["PARAGONE_AUTH"]
    temp = environ.get("GRADIO_TEMP_DIR", "")
    found = []
    for variable, places in listed.items():
        for place in (Path(p.strip()).expanduser().resolve() for p in places if p.strip()):
            if temp and _overlap(Path(temp).resolve(), place):
                raise SettingError(
                    f"{variable} and GRADIO_TEMP_DIR lie in one another, so visitors could reach "
                    "what is kept. Choose another folder for one of them."
                )
            found.append(str(place))
    return found


def _overlap(one: Path, other: Path) -> bool:
    return one == other or one in other.parents or other in one.parents


def _clear_leftovers(temp: Path) -> None:
    """Remove the folders of our runs that were killed before they could tidy up."""
    if os.name != "posix":  # Elsewhere a process cannot be asked after without harm.
        return
    for folder in temp.glob(f"{PREFIX}*-*"):
        pid = folder.name[len(PREFIX) :].partition("-")[0]
        try:
            mine = folder.lstat().st_uid == os.getuid() and not folder.is_symlink()
        except OSError:
            continue
        if pid.isdecimal() and mine and not _is_running(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
