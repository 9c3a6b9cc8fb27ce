"""The folder for uploads: how much it may hold, what a cut upload leaves there, and how long.

gradio writes an upload to a file of its own first. Where the connection is cut or the disk is
full, that file stays; so does what comes in a field that nobody asks for. Here it goes with the
request.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from gradio import route_utils
from gradio.utils import get_upload_folder
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from registry.limits import MIB
from registry.server.file_values import OWN_FOLDER
from registry.server.workspace import PREFIX

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_ROOM = (
    "There is no room for this upload at the moment. What was kept is whole; try again in a few "
    "minutes, or bring a smaller file."
)
INSUFFICIENT_STORAGE = 507
STEP = 8 * MIB
"""After so many bytes of one request the room is looked at again."""

parsers: ContextVar[list[Any]] = ContextVar("parsers")
"""What reads the uploads of the request that is being answered."""


def stored(folder: str | os.PathLike[str]) -> int:
    """How many bytes lie in a folder and all below it."""
    total, left = 0, [os.fspath(folder)]
    while left:
        with suppress(OSError), os.scandir(left.pop()) as entries:
            for each in entries:
                if each.is_dir(follow_symlinks=False):
                    left.append(each.path)
                else:
                    with suppress(OSError):  # It has just gone.
                        total += each.stat(follow_symlinks=False).st_size
    return total


def check_room(folder: str | os.PathLike[str], most: int, more: int = 0) -> None:
    """Whether a folder may hold so many bytes more.

    Raises:
        HTTPException: 507, in words: it may not, or the disk has no room for them.
    """
    if stored(folder) + more > most or shutil.disk_usage(folder).free < more:
        raise HTTPException(INSUFFICIENT_STORAGE, NO_ROOM)


class CarefulParser(route_utils.GradioMultiPartParser):
    """gradio's reader of uploads, which looks whether there is room for them.

    Attributes:
        most: Bytes that the folder for uploads may hold.
    """

    most: int

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.upload_dir = self.upload_dir or get_upload_folder()
        self.stream = self._with_room(self.stream)
        parsers.get([]).append(self)

    async def _with_room(self, stream: Any) -> AsyncIterator[bytes]:
        length = self.headers.get("content-length", "")
        more = int(length) if length.isdecimal() else 0
        os.makedirs(self.upload_dir, exist_ok=True)
        await run_in_threadpool(check_room, self.upload_dir, self.most, more)
        since = 0
        async for part in stream:
            yield part
            since += len(part)
            if since >= STEP:
                since = 0
                await run_in_threadpool(check_room, self.upload_dir, self.most)

    def tidy(self) -> None:
        """Delete the files that were begun and have not become uploads."""
        for file in self._files_to_close_on_error:
            with suppress(OSError):  # What it still held back may find no room.
                file.close()
            Path(file.name).unlink(missing_ok=True)


def delete(path: Path) -> None:
    """Delete a file, and its folder if that is then empty."""
    path.unlink(missing_ok=True)
    with suppress(OSError):  # Another file, or nothing, is there.
        path.parent.rmdir()


def sweep(folder: Path, seconds: float, kept: Collection[str] = ()) -> int:
    """Delete the files that were last changed longer ago, and folders that are empty then.

    Of a folder that the user chose, only what gradio lays into it is looked at: folders that are
    named after a hash, and deep links.

    Args:
        kept: Paths that stay, such as the pictures of examples.

    Returns:
        How many files it was.
    """
    oldest, count = time.time() - seconds, 0
    ours = folder.name.startswith(PREFIX)
    for top in list(folder.iterdir()) if folder.is_dir() else []:
        if not (ours or OWN_FOLDER.fullmatch(top.name) or top.name == "deep_links"):
            continue
        within = [top] if top.is_symlink() or not top.is_dir() else [*top.rglob("*"), top]
        for path in sorted(within, key=lambda path: len(path.parts), reverse=True):
            with suppress(OSError):  # It is gone, in use, or a folder with something in it.
                state = path.lstat()
                if max(state.st_mtime, state.st_ctime) >= oldest or str(path) in kept:
                    continue
                if path.is_dir() and not path.is_symlink():
                    path.rmdir()
                else:
                    path.unlink()
                    count += 1
    return count
