"""The line to a Milvus server: short waits, and its failures in words that help."""

from __future__ import annotations

import logging
import socket
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from plugins.shared.faces.gallery.stores.contract import StoreError
from plugins.shared.files.file_kinds import printable
from weights.messages import say

CONNECT_SECONDS = 5.0
WAKE_SECONDS = 20.0
"""How long a server that has just started may take until it has its collections in memory."""
STRONG = {"consistency_level": "Strong"}
"""A read that sees every write that was acknowledged before, no matter who made it."""
MOST_ROWS = 16384  # The server's own limit for one answer.
ANSWER_BYTES = 16 * 2**20
PORTS = {"http": 19530, "https": 443}
PACKAGE = "pymilvus>=3,<4"
SETTING = "PARAGONE_GALLERY"
TRY_AGAIN = "Try again; the server's log says more."
REFUSED = "The Milvus server refuses the user or the token"
GONE = ("unavailable", "connect", "channel", "cancelled")
# What Milvus says of a failure, and what that means to anyone who runs it.
FAULTS = {
    ("auth", "unauthenticated", "permission"): (
        REFUSED,
        "Give `user:password` or the API key as PARAGONE_GALLERY_TOKEN.",
    ),
    ("deadline", "timeout", "timed out"): ("The Milvus server did not answer in time", TRY_AGAIN),
    GONE: (
        "The Milvus server went away",
        "Start it again. What it had acknowledged is kept.",
    ),
    ("quota", "deny", "limit exceeded", "rate limit"): (
        "The Milvus server takes no more: it is short of memory or disk, or over a rate limit",
        "Give it more room, or wait.",
    ),
}
ASLEEP = ("not loaded", "not fully loaded", "not ready", "not healthy", "no available", "initializ")


class Link:
    """A connection that is made anew after a failure.

    Args:
        uri: `http://host:port` or `https://…`, with the database as its path.
        token: `user:password` or an API key.

    Raises:
        StoreError: pymilvus is missing, the URI is no such URI, or the server does not answer.
    """

    def __init__(self, uri: str, token: str = ""):
        try:
            import grpc
            import pymilvus
        except ImportError as error:
            raise StoreError(
                say("The client of Milvus cannot be imported: {error}", error=error),
                where=SETTING,
                todo=say("Install it: pip install '{package}'", package=PACKAGE),
            ) from error
        # It logs whole requests, and with them names; what fails is raised anyway.
        for name in ("pymilvus", "pymilvus.milvus_client"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self.schema_of, self.types = pymilvus.MilvusClient.create_schema, pymilvus.DataType
        self._make, self._errors = pymilvus.MilvusClient, (pymilvus.MilvusException, grpc.RpcError)
        self._uri, self._token = uri, token
        self._host, self._port = _address(uri)
        self.place = f"{self._host}:{self._port}"
        self._lock, self._client, self._closed = threading.Lock(), None, False
        self._connected()

    def call(self, method: str, *args: Any, seconds: float = 10.0, **options: Any) -> Any:
        """Call a method of the client, at most this many seconds.

        Raises:
            StoreError: The server is gone, refuses, or does not answer in time.
        """
        self._knock()
        until = time.monotonic() + WAKE_SECONDS
        while True:
            client = self._connected()
            try:
                return getattr(client, method)(*args, timeout=seconds, **options)
            except (*self._errors, ValueError) as error:  # ValueError: its channel was closed.
                fault = str(error).lower()
                if any(word in fault for word in GONE):
                    self._drop(client)
                if time.monotonic() > until or not any(word in fault for word in ASLEEP):
                    raise self._failure(error) from error
            time.sleep(0.3)

    def scan(
        self, name: str, where: str, fields: list[str], row_bytes: int
    ) -> list[dict[str, Any]]:
        """All rows that a filter lets through, in as many answers as they need.

        Args:
            row_bytes: About the size of one of them.
        """
        most = max(1, min(MOST_ROWS, ANSWER_BYTES // row_bytes))
        rows = self.query(name, where, fields, limit=most)
        if len(rows) < most:
            return list(rows)
        # Keys are hashes, so that equal slices of them hold about equally many rows.
        count = self.count(name, where)
        edges = [f"{place * 16**8 * most // (2 * count):08x}" for place in range(2 * count // most)]
        rows = []
        for low, high in zip(edges, [*edges[1:], "g"], strict=True):
            rows += self.query(name, f'{where} and pk >= "{low}" and pk < "{high}"', fields)
        return rows

    def count(self, name: str, where: str) -> int:
        """How many rows a filter lets through."""
        return self.query(name, where, ["count(*)"])[0]["count(*)"]

    def query(self, name: str, where: str, fields: list[str], **options: Any) -> Any:
        """The rows that a filter lets through, in one answer."""
        return self.call("query", name, filter=where, output_fields=fields, **STRONG, **options)

    def index(self) -> Any:
        """An empty list of index parameters."""
        return self._make.prepare_index_params()

    def close(self) -> None:
        """Safe to call twice; every later call raises."""
        self._closed = True
        if self._client is not None:
            self._drop(self._client)

    def _knock(self) -> None:
        """See that somebody listens at all: gRPC itself would try for as long as it may."""
        if self._closed:
            raise StoreError("The gallery is closed", where=self.place, todo="Open it again.")
        try:
            socket.create_connection((self._host, self._port), CONNECT_SECONDS).close()
        except OSError as error:
            raise StoreError(
                say("No Milvus server answers: {reason}", reason=error.strerror or error),
                where=self.place,
                todo=say("Start it, or correct {setting}.", setting=SETTING),
            ) from error

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._knock()
                try:
                    self._client = self._make(
                        self._uri, token=self._token, timeout=CONNECT_SECONDS, dedicated=True
                    )
                except (*self._errors, ValueError) as error:
                    raise self._stranger(error) from error
            return self._client

    def _drop(self, client: Any) -> None:
        """Close a connection; the next call makes a new one."""
        with self._lock:
            if self._client is client:
                self._client = None
        try:
            client.close()
        except (*self._errors, ValueError):  # It is gone already.
            pass

    def _stranger(self, error: Exception) -> StoreError:
        """Somebody listens, but no connection came of it."""
        cause = error.__cause__ or error  # pymilvus hides what the server said.
        if (failure := self._failure(cause)).what == REFUSED:
            return failure
        what = "Something listens there, but it does not answer as a Milvus server does"
        todo = say("Wait until it has started, or correct {setting}.", setting=SETTING)
        return StoreError(what, where=self.place, todo=todo)

    def _failure(self, error: Exception) -> StoreError:
        said = " ".join(printable(str(getattr(error, "message", "") or error)).split())
        for words, (what, todo) in FAULTS.items():
            if any(word in said.lower() for word in words):
                return StoreError(what, where=self.place, todo=todo)
        what = say("The Milvus server could not do it: {error}", error=said[:200])
        return StoreError(what, where=self.place, todo=TRY_AGAIN)


def _address(uri: str) -> tuple[str, int]:
    try:
        parts = urlsplit(uri)
        if parts.scheme in PORTS and parts.hostname:
            return parts.hostname, parts.port or PORTS[parts.scheme]
    except ValueError:  # The port is no number.
        pass
    what = "This is no address of a Milvus server"
    raise StoreError(what, where=SETTING, todo="Give http://host:19530.")
