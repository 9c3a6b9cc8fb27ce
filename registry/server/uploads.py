"""What visitors hand in: every upload in a folder of its own, and gone when its page is left.

gradio puts an upload below a hash of its content, so two visitors who bring the same picture share
one file: the first to be served deletes it under the other. A class that tries the teacher's
picture together does just that. And anyone who knows a picture could ask for the file that somebody
else brought. A handler deletes what it has read; what no handler ever read would stay for an hour,
so the browser says whose an upload is, and says goodbye.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from registry.server import temp_folder
from registry.server.file_values import uploads_in
from registry.server.middleware import path_of
from registry.server.sessions import while_there

log = logging.getLogger("paragone.uploads")

UPLOAD, FILE = "/gradio_api/upload", "/gradio_api/file="
DEEP_LINK, RECORDING = "/gradio_api/deep_link", "/gradio_api/process_recording"
LEAVE = "/leave/"
HEADER = b"x-paragone-visit"
VISIT = re.compile(r"[0-9a-f]{32}")
MOST_VISITS = MOST_FROM_CODE = 10_000
SCRIPT = (Path(__file__).parent / "uploads.js").read_text(encoding="utf-8")
HEAD = '<script src="./uploads.js"></script>'


def end_old_uploads(page: Any, minutes: float) -> None:
    """Delete what was handed in or made longer ago, wherever it lies in the folder for uploads, as
    long as the page is there. gradio's own clean-up knows of files that became values alone.
    """

    def sweep(there: Any) -> None:
        kept = {path for each in there.blocks.values() for path in each.keep_in_cache}
        if count := temp_folder.sweep(Path(get_upload_folder()), minutes * 60, kept):
            log.info("%d old files were deleted from the folder for uploads", count)

    while_there(page, minutes, sweep)


class Brought:
    """Which files each visit has brought, and which came from code, without a visit."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, list[Path]] = OrderedDict()
        self._left: OrderedDict[str, None] = OrderedDict()
        self._from_code: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, visit: str, paths: list[Path]) -> None:
        """Remember files; of very many visits, the oldest are left to gradio's own clean-up. What
        arrives after its page was left goes at once.
        """
        with self._lock:
            late = visit in self._left
            if not late:
                self._files.setdefault(visit, []).extend(paths)
                self._files.move_to_end(visit)
                while len(self._files) > MOST_VISITS:
                    self._files.popitem(last=False)
        for path in paths if late else ():
            temp_folder.delete(path)

    def add_from_code(self, paths: list[str]) -> None:
        """Remember files of callers that have no page; the oldest are left to the sweep."""
        with self._lock:
            self._from_code.update(dict.fromkeys(map(os.path.realpath, paths)))
            while len(self._from_code) > MOST_FROM_CODE:
                self._from_code.popitem(last=False)

    def discard(self, value: Any) -> int:
        """Delete the uploads that a refused call names; how many it was. Those of a visit stay,
        since its page still shows them, and so does what the server made itself.
        """
        folder, count = get_upload_folder(), 0
        for path in uploads_in(value, folder):
            with self._lock:
                ours = path in self._from_code
                self._from_code.pop(path, None)
            if ours:
                temp_folder.delete(Path(path))
                count += 1
        return count

    def forget(self, visit: str) -> int:
        """Delete what a visit has brought and nobody has read. Returns how many files it was."""
        with self._lock:
            paths = self._files.pop(visit, [])
            self._left[visit] = None
            while len(self._left) > MOST_VISITS:
                self._left.popitem(last=False)
        there = [path for path in paths if path.exists()]
        for path in paths:
            temp_folder.delete(path)
        return len(there)


class Uploads:
    """ASGI middleware that learns whose an upload is, deletes it at `POST /leave/VISIT` and what
    was cut at once, says so where the disk is full, and fetches nothing in a visitor's name.

    Args:
        page: Whether one of its components makes deep links decides whether there are any.
    """

    def __init__(self, app: Any, page: Any):
        self.app, self._page, self.brought = app, page, page.brought

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or hand on to the next."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, method = path_of(scope), scope["method"]
        answer = await self._answer(path, method)
        visit = dict(scope["headers"]).get(HEADER, b"").decode("latin-1")
        if answer is None and (method, path.rstrip("/")) == ("POST", UPLOAD):
            send = self._listening(visit, send)
        if answer is None and method == "POST":
            await self._receive(scope, receive, send)
        else:
            await (answer or self.app)(scope, receive, send)

    async def _receive(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand on what may bring files; those that have not become uploads go with the request."""
        begun, readers = False, []

        async def sending(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        token = temp_folder.parsers.set(readers)
        try:
            await self.app(scope, receive, sending)
        except OSError as error:
            if error.errno not in temp_folder.FULL or begun:
                raise
            log.error("The disk is full: an upload was refused")
            no_room = PlainTextResponse(temp_folder.NO_ROOM, temp_folder.INSUFFICIENT_STORAGE)
            await no_room(scope, receive, send)
        finally:
            temp_folder.parsers.reset(token)
            for reader in readers:
                reader.tidy()

    def _makes_deep_links(self) -> bool:
        return any(isinstance(each, gr.DeepLinkButton) for each in self._page.blocks.values())

    async def _answer(self, path: str, method: str) -> Response | None:
        if path == "/uploads.js" and method == "GET":
            kind, keep = "text/javascript", {"Cache-Control": "max-age=300"}
            return Response(SCRIPT, media_type=kind, headers=keep)
        if path.startswith(LEAVE) and method == "POST":
            visit = path.removeprefix(LEAVE)
            if not VISIT.fullmatch(visit):
                return PlainTextResponse("No such visit", 404)
            if count := await run_in_threadpool(self.brought.forget, visit):
                log.info("A visitor left; %d of their uploads were deleted unread", count)
            return Response(status_code=204)
        if path.rstrip("/") == RECORDING:
            # gradio would run ffmpeg on it, for anybody, beside all queues.
            return PlainTextResponse("Recordings are not processed here", 404)
        if path == DEEP_LINK and not self._makes_deep_links():
            return PlainTextResponse("No page here makes deep links", 404)
        if path.startswith(FILE) and re.match(r"\w+:/", path.removeprefix(FILE)):
            # gradio would fetch it from there and pass it on.
            return PlainTextResponse("Only files of this house are served", 403)
        return None

    def _listening(self, visit: str, send: Any) -> Any:
        """`send`, which also notes the paths in the answer."""
        parts: list[bytes] = []

        async def listening(message: Any) -> None:
            if message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    with suppress(ValueError, TypeError):  # A refusal is no list of paths.
                        paths = json.loads(b"".join(parts))
                        if VISIT.fullmatch(visit):
                            self.brought.add(visit, [Path(path) for path in paths])
                        else:
                            self.brought.add_from_code(paths)
            await send(message)

        return listening
