"""What the local Hub needs so that the real client can push: accounts, storage, and commits.

As on the Hub: a repository is made, every file is asked about, large ones go to storage at an
address that is open to whoever has it (no token may go there), and one commit makes all of it
visible or none.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import yaml

REPO = r"(?P<repo>[^/]+/[^/]+)"
ROUTES = {
    r"/api/validate-yaml": "validate",
    r"/api/repos/create": "create",
    rf"/api/models/{REPO}/preupload/main": "preupload",
    rf"/{REPO}\.git/info/lfs/objects/batch": "batch",
    rf"/{REPO}\.git/info/lfs/objects/verify": "verify",
    r"/upload/(?P<oid>[0-9a-f]{64})": "put",
    rf"/api/models/{REPO}/commit/main": "commit",
}
LARGE = (".safetensors",)


@dataclass(frozen=True)
class Account:
    """Whose token it is, and whether it may write."""

    name: str
    writes: bool = True


@dataclass(frozen=True)
class Commit:
    """One commit: the names that it wrote and removed."""

    repo: str
    summary: str
    written: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(kw_only=True)
class Uploads:
    """The part of the local Hub that takes files in.

    Attributes:
        accounts: By token.
        failures: An answer of this status instead, by what is asked, as in `{"commit": 500}`.
        commits: What was committed, in order.
        storage: Large files by their SHA-256, committed or not.
        tokens: Every token that any upload request showed.
        made: What was asked for when each repository was made.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)
    storage: dict[str, bytes] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    made: dict[str, dict] = field(default_factory=dict)

    def account(self, token: str, name: str, writes: bool = True) -> str:
        """Let a token be known. Returns the token."""
        self.accounts[token] = Account(name, writes)
        return token


class UploadHandler:
    """Answers POST and PUT; mixed into the Hub's handler."""

    def do_PUT(self) -> None:
        self._take_in()

    def do_POST(self) -> None:
        self._take_in()

    def _take_in(self) -> None:
        self.path = self.on_the_shelf(unquote(urlsplit(self.path).path))
        body = self._body()
        if "Authorization" in self.headers:
            self.hub.tokens.append(self.headers["Authorization"].removeprefix("Bearer "))
        matches = ((re.fullmatch(route, self.path), method) for route, method in ROUTES.items())
        match, method = next((found for found in matches if found[0]), (None, ""))
        try:
            if match is None:
                self._reply(404)
            elif status := self.hub.failures.get(method):
                self._refuse(status, "the server was told to fail")
            elif method in ("validate", "put"):
                getattr(self, f"_{method}")(body, **match.groupdict())
            elif account := self._account():
                getattr(self, f"_{method}")(account, body, **match.groupdict())
        except ConnectionError:
            self.close_connection = True

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _account(self) -> Account | None:
        """Whose token it is, or None when a refusal was sent."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        account = self.hub.accounts.get(token)
        if account is None:
            self._refuse(401, "Invalid credentials in Authorization header")
        elif not account.writes:
            self._refuse(403, "Forbidden: you must use a write token")
            return None
        return account

    def _refuse(self, status: int, why: str) -> None:
        self._reply(status, {"X-Error-Message": why}, json.dumps({"error": why}).encode())

    def _json(self, value: object, status: int = 200) -> None:
        self._reply(status, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def _validate(self, body: bytes) -> None:
        content = json.loads(body)["content"]
        match = re.match(r"---\n(.*?)\n---\n", content, re.DOTALL)
        try:
            front = yaml.safe_load(match[1]) if match else None
            says = "" if isinstance(front, dict) else "there is no front matter"
        except yaml.YAMLError as error:
            says = str(error)
        errors = [{"message": says}] if says else []
        self._json({"errors": errors, "warnings": []}, 400 if says else 200)

    def _create(self, account: Account, body: bytes) -> None:
        asked = json.loads(body)
        owner = asked.get("organization") or account.name
        repo = f"{owner}/{asked['name']}"
        if owner != account.name:
            why = f"You don't have the rights to create a model under the namespace {owner!r}"
            self._refuse(403, why)
        elif repo in self.hub.repos:
            self._json({"error": "exists", "url": f"{self.hub.url}/{repo}"}, 409)
        else:
            token = self.headers["Authorization"].removeprefix("Bearer ")
            private = asked.get("visibility") == "private"
            self.hub.add(repo, {".gitattributes": b"*.safetensors filter=lfs\n"})
            self.hub.repos[repo].token = token if private else ""
            self.hub.made[repo] = asked
            self._json({"url": f"{self.hub.url}/{repo}"})

    def _writable(self, account: Account, repo: str) -> dict[str, bytes] | None:
        """The files of a repository that the account owns, or None when a refusal was sent."""
        if repo not in self.hub.repos:
            self._reply(404, {"X-Error-Code": "RepoNotFound"})
        elif repo.split("/")[0] != account.name:
            self._refuse(403, "Forbidden: you have no write access to this repository")
        else:
            return self.hub.repos[repo].files
        return None

    def _preupload(self, account: Account, body: bytes, repo: str) -> None:
        files = self._writable(account, repo)
        if files is None:
            return
        answers = []
        for asked in json.loads(body)["files"]:
            name = asked["path"]
            large = name.endswith(LARGE)
            known = {"oid": _oid(files[name], large)} if name in files else {}
            mode = "lfs" if large else "regular"
            answers.append({"path": name, "uploadMode": mode, "shouldIgnore": False, **known})
        self._json({"files": answers})

    def _batch(self, account: Account, body: bytes, repo: str) -> None:
        if self._writable(account, repo) is None:
            return
        objects = []
        for asked in json.loads(body)["objects"]:
            # Storage is another host, to the client.
            place = f"http://localhost:{self.hub.port}/upload/{asked['oid']}?signature=secret"
            verify = f"{self.hub.url}/{repo}.git/info/lfs/objects/verify"
            actions = {"upload": {"href": place}, "verify": {"href": verify}}
            known = asked["oid"] in self.hub.storage
            objects.append({**asked, **({} if known else {"actions": actions})})
        self._json({"transfer": "basic", "objects": objects})

    def _put(self, body: bytes, oid: str) -> None:
        if "Authorization" in self.headers:
            self._refuse(400, "a token was sent to the storage")
        elif hashlib.sha256(body).hexdigest() != oid:
            self._refuse(400, "the body is not what was announced")
        else:
            self.hub.storage[oid] = body
            self._reply(200)

    def _verify(self, account: Account, body: bytes, repo: str) -> None:
        asked = json.loads(body)
        stored = self.hub.storage.get(asked["oid"])
        fits = stored is not None and len(stored) == asked["size"]
        self._reply(200 if fits else 404)

    def _commit(self, account: Account, body: bytes, repo: str) -> None:
        files = self._writable(account, repo)
        if files is None:
            return
        lines = [json.loads(line) for line in body.splitlines()]
        fresh, written, removed = dict(files), [], []
        for line in lines[1:]:
            value, path = line["value"], line["value"]["path"]
            if line["key"] == "file":
                fresh[path] = base64.b64decode(value["content"])
                written.append(path)
            elif line["key"] == "lfsFile" and value["oid"] in self.hub.storage:
                fresh[path] = self.hub.storage[value["oid"]]
                written.append(path)
            elif line["key"] == "deletedFile" and path in fresh:
                del fresh[path]
                removed.append(path)
            else:
                self._refuse(400, f"{line['key']} {path} cannot be committed")
                return
        self.hub.repos[repo].files = fresh
        summary = lines[0]["value"]["summary"]
        self.hub.commits.append(Commit(repo, summary, tuple(written), tuple(removed)))
        oid = self.hub.repos[repo].commit
        url = f"{self.hub.url}/{repo}/commit/{oid}"
        self._json({"success": True, "commitUrl": url, "commitOid": oid})


def _oid(body: bytes, large: bool) -> str:
    if large:
        return hashlib.sha256(body).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
