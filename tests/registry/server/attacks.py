"""Requests that name files which are no uploads, and the decoys that show whether one was opened.

`python -m tests.registry.server.attacks URL TEMP` tries all on a running server and prints what
became of the decoys; TEMP is the server's folder for uploads.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

MARK = {"_type": "gradio.FileData"}
SECRET = "the words of a decoy"
COLOUR = (201, 33, 77)


class Decoy:
    """A picture in a folder of its own, which no request may open or remove.

    Args:
        home: Where that folder is made.
        picture: The bytes of a PNG file; of one colour when empty.

    Attributes:
        path: Where it lies.
    """

    def __init__(self, home: Path, picture: bytes = b""):
        self.path = Path(tempfile.mkdtemp(prefix="decoy-", dir=home)) / "decoy.png"
        self.path.write_bytes((picture or _plain()) + SECRET.encode())
        os.chmod(self.path.parent, 0o777)  # So that a server of another user could delete it.
        os.chmod(self.path, 0o666)
        # An access time before the time of change is renewed by a read, also on `relatime`.
        os.utime(self.path, (1, self.path.stat().st_mtime))

    @property
    def was_read(self) -> bool:
        return not self.is_there or self.path.stat().st_atime != 1

    @property
    def is_there(self) -> bool:
        return self.path.is_file()


def _plain() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), COLOUR).save(file, "PNG")
    return file.getvalue()


def reads_are_seen(home: Path) -> bool:
    """Whether this file system notes the time of a read."""
    decoy = Decoy(home)
    decoy.path.read_bytes()
    return decoy.was_read


def through(temp: Path, path: Path) -> str:
    """A path that begins in the folder for uploads and leads out of it."""
    return f"{temp}/../{os.path.relpath(path, temp.parent)}"


SHAPES: dict[str, Callable[[Path, Path], Any]] = {
    "bare": lambda path, temp: {"path": str(path)},
    "wrong mark": lambda path, temp: {"path": str(path), "meta": {"_type": "gradio.filedata"}},
    "empty mark": lambda path, temp: {"path": str(path), "meta": {}},
    "right mark": lambda path, temp: {"path": str(path), "meta": MARK},
    "stream": lambda path, temp: {"path": str(path), "meta": MARK, "is_stream": True},
    "upwards": lambda path, temp: {"path": through(temp, path)},
    "upwards with mark": lambda path, temp: {"path": through(temp, path), "meta": MARK},
    "relative": lambda path, temp: {"path": os.path.relpath(path)},
    "vector graphics": lambda path, temp: {"path": str(path), "orig_name": "drawing.svg"},
    "own address": lambda path, temp: {
        "path": str(path),
        "url": f"/gradio_api/file={path}",
        "meta": MARK,
    },
    "file address": lambda path, temp: {"path": f"file://{path}", "url": f"file://{path}"},
    "plain text": lambda path, temp: str(path),
    "list": lambda path, temp: [{"path": str(path)}],
    "nested": lambda path, temp: {"image": {"path": str(path)}, "caption": None},
    "gallery": lambda path, temp: [{"image": {"path": str(path), "meta": {}}, "caption": "x"}],
    "film": lambda path, temp: [{"video": {"path": str(path)}, "caption": "x"}],
    "message": lambda path, temp: {"text": "x", "files": [{"path": str(path)}]},
    "layers": lambda path, temp: {
        "background": {"path": str(path)},
        "layers": [{"path": str(path)}],
        "composite": {"path": str(path)},
    },
    "pair": lambda path, temp: [{"path": str(path)}, {"path": str(path)}],
    "chat": lambda path, temp: [
        {"role": "user", "content": [{"type": "file", "file": {"path": str(path), "meta": MARK}}]}
    ],
    "chat component": lambda path, temp: [
        {
            "role": "user",
            "content": [
                {
                    "type": "component",
                    "component": "button",
                    "value": "x",
                    "constructor_args": {"icon": str(path)},
                    "props": {},
                }
            ],
        }
    ],
    "deep": lambda path, temp: {"a": [{"b": [[{"c": {"path": str(path), "meta": None}}]]}]},
}


def file_fields(endpoint: dict[str, Any]) -> list[int]:
    """Which parameters of an endpoint take a file, by their place."""
    return [
        place
        for place, parameter in enumerate(endpoint["parameters"])
        if '"path"' in json.dumps(parameter["type"])
    ]


def arguments(endpoint: dict[str, Any], value: Any) -> list[Any]:
    """What an endpoint is called with: a value for each of its files, else what is usual."""
    files = file_fields(endpoint) or [0]
    given = [
        p["parameter_default"] if p["parameter_has_default"] else p["example_input"]
        for p in endpoint["parameters"]
    ]
    return [value if place in files else usual for place, usual in enumerate(given)]


def call(
    url: str, name: str, data: list[Any], timeout: float = 60, http: Any = httpx
) -> tuple[bool, str]:
    """Call an endpoint by HTTP; whether it answered, and the words. `http` is a client to share."""
    address = f"{url}gradio_api/call/{name}"
    begun = http.post(address, json={"data": data}, timeout=timeout)
    if begun.status_code != 200:
        return False, begun.text
    told = http.get(f"{address}/{begun.json()['event_id']}", timeout=timeout).text
    return "event: complete" in told, told


def endpoints(url: str) -> dict[str, dict[str, Any]]:
    """The named endpoints of a server."""
    info = httpx.get(f"{url}gradio_api/info", timeout=300).json()["named_endpoints"]
    return {name.removeprefix("/"): told for name, told in info.items()}


def main(url: str, temp: str) -> None:
    """Try every shape on every endpoint that takes a file."""
    home = Path(tempfile.mkdtemp(prefix="decoys-"))
    os.chmod(home, 0o755)
    read = gone = answered = tried = 0
    for name, endpoint in endpoints(url).items():
        if not (file_fields(endpoint) or name.startswith("borrower_")):
            continue
        for shape, made in SHAPES.items():
            decoy = Decoy(home)
            try:
                done, _ = call(url, name, arguments(endpoint, made(decoy.path, Path(temp))), 20)
            except httpx.TimeoutException:
                done = True
            tried, answered = tried + 1, answered + done
            read, gone = read + decoy.was_read, gone + (not decoy.is_there)
            if done or decoy.was_read:
                state = "deleted" if not decoy.is_there else "read" if decoy.was_read else "whole"
                print(f"{name:28} {shape:18} {'answered' if done else 'refused':9} {state}")
    print(f"{tried} requests: {answered} answered, {read} decoys read, {gone} deleted")


if __name__ == "__main__":
    main(*sys.argv[1:])
