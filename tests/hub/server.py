"""A small Hub on 127.0.0.1, for the real `huggingface_hub` client.

It speaks what the client needs to find and fetch files of models and datasets: HEAD and GET of
`resolve`, the model API, file lists, ranges, and a storage host of its own for large files, to
which no token may go. Faults are set per file. Every request is kept in `log`. What it needs to
take files in is in `uploads`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from tests.hub.uploads import UploadHandler, Uploads

RESOLVE = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
TREE = re.compile(r"/api/models/(?P<repo>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)")
OTHERS = re.compile(r"^(/api)?/(datasets|spaces)/")
"""Datasets and Spaces answer as models do, at addresses of their own; here they share one shelf."""
API = re.compile(r"/api/models/(?P<repo>[^/]+/[^/]+)(/revision/(?P<revision>[^/]+))?")


@dataclass
class Repo:
    """A repository with one commit. `token`: who reads it must show it. `gated`: nobody may."""

    files: dict[str, bytes]
    token: str = ""
    gated: bool = False

    @property
    def commit(self) -> str:
        state = hashlib.sha1(usedforsecurity=False)
        for name, body in sorted(self.files.items()):
            state.update(name.encode() + body)
        return state.hexdigest()


@dataclass
class Fault:
    """What goes wrong with a file's body.

    Attributes:
        body: Other bytes of the same length are sent than were declared.
        cut_after: The connection is cut after so many bytes of the file.
        times: How often to cut it.
        status: An answer of this status instead.
        pause: Seconds to wait before each 64 KiB.
    """

    body: bytes | None = None
    cut_after: int | None = None
    times: int = 1 << 30
    status: int = 0
    pause: float = 0.0


@dataclass
class Seen:
    """One request, kept before its answer leaves; `sent` grows with the body."""

    method: str
    path: str
    status: int
    range: str
    authorised: bool
    sent: int = 0


@dataclass
class LocalHub(Uploads):
    """Use it as a context manager; `url` is the endpoint."""

    repos: dict[str, Repo] = field(default_factory=dict)
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    log: list[Seen] = field(default_factory=list)

    def __enter__(self) -> LocalHub:
        handler = type("BoundHandler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str, files: dict[str, bytes], **fields) -> Repo:
        """Put a repository on the Hub, or another in its place."""
        self.repos[name] = Repo(files, **fields)
        return self.repos[name]

    def bodies(self) -> list[Seen]:
        """The requests that fetched file contents."""
        return [seen for seen in self.log if seen.method == "GET" and seen.sent]


class _Handler(UploadHandler, BaseHTTPRequestHandler):
    hub: LocalHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    @staticmethod
    def on_the_shelf(path: str) -> str:
        return OTHERS.sub(lambda match: "/api/models/" if match[1] else "/", path)

    def _answer(self) -> None:
        self.path = self.on_the_shelf(unquote(urlsplit(self.path).path))
        try:
            if match := API.fullmatch(self.path):
                self._api(match)
            elif match := TREE.fullmatch(self.path):
                self._tree(match)
            elif match := RESOLVE.fullmatch(self.path):
                self._resolve(match)
            elif self.path.startswith("/storage/"):
                self._storage(self.path)
            else:
                self._reply(404)
        except ConnectionError:
            self.close_connection = True

    def _repo(self, match: re.Match) -> Repo | None:
        """The repository asked for, or None when a refusal was sent, as the real Hub words it."""
        repo = self.hub.repos.get(match["repo"])
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if repo is None or (repo.token and token != repo.token):
            self._reply(404 if token else 401, {"X-Error-Code": "RepoNotFound"})
        elif repo.gated:
            self._reply(403 if token else 401, {"X-Error-Code": "GatedRepo"})
        elif (match["revision"] or "main") not in ("main", repo.commit):
            self._reply(404, {"X-Error-Code": "RevisionNotFound"})
        else:
            return repo
        return None

    def _api(self, match: re.Match) -> None:
        if repo := self._repo(match):
            files = [{"rfilename": name} for name in sorted(repo.files)]
            model = {"id": match["repo"], "sha": repo.commit, "siblings": files}
            self._reply(
                200,
                {"Content-Type": "application/json"},
                json.dumps({**model, "private": bool(repo.token), "gated": False}).encode(),
            )

    def _tree(self, match: re.Match) -> None:
        if repo := self._repo(match):
            rows = [
                {"type": "file", "path": name, "size": len(body), "oid": "0" * 40}
                for name, body in sorted(repo.files.items())
            ]
            self._reply(200, {"Content-Type": "application/json"}, json.dumps(rows).encode())

    def _resolve(self, match: re.Match) -> None:
        repo = self._repo(match)
        if repo is None:
            return
        commit = {"X-Repo-Commit": repo.commit}
        body = repo.files.get(match["file"])
        fault = self.hub.faults.get((match["repo"], match["file"]), Fault())
        if body is None:
            self._reply(404, {**commit, "X-Error-Code": "EntryNotFound"})
        elif fault.status:
            self._reply(fault.status, commit)
        elif match["file"].endswith(".safetensors"):
            digest = hashlib.sha256(body).hexdigest()
            # On the Hub large files lie on another host. "localhost" is one, to the client.
            place = f"http://localhost:{self.hub.port}/storage/{match['repo']}/{match['file']}"
            linked = {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(body))}
            self._reply(302, {**commit, **linked, "Location": place})
        else:
            blob = hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False)
            self._send(body, fault, {**commit, "ETag": f'"{blob.hexdigest()}"'})

    def _storage(self, path: str) -> None:
        owner, name, file = path.removeprefix("/storage/").split("/", 2)
        repo = f"{owner}/{name}"
        self._send(self.hub.repos[repo].files[file], self.hub.faults.get((repo, file), Fault()), {})

    def _send(self, body: bytes, fault: Fault, headers: dict[str, str]) -> None:
        body = body if fault.body is None else fault.body
        start = 0
        if match := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start = int(match[1])
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self._head(206 if start else 200, {**headers, "Content-Length": str(len(body) - start)})
        if self.command == "HEAD":
            return
        end = len(body)
        if fault.cut_after is not None and fault.times > 0:
            fault.times -= 1
            end = max(start, min(end, fault.cut_after))
        for position in range(start, end, 1 << 16):
            time.sleep(fault.pause)
            chunk = body[position : min(end, position + (1 << 16))]
            self.seen.sent += len(chunk)
            self.wfile.write(chunk)
        if end < len(body):
            self.close_connection = True

    def _reply(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self._head(status, {**(headers or {}), "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.seen.sent = len(body)
            self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.seen = Seen(
            self.command,
            self.path,
            status,
            self.headers.get("Range", ""),
            "Authorization" in self.headers,
        )
        self.hub.log.append(self.seen)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
