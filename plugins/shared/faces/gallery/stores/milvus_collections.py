"""The collections that a gallery has on a Milvus server, and reading from all of them at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from typing import TypeVar

from plugins.shared.faces.gallery.stores.contract import Space, StoreError
from plugins.shared.faces.gallery.stores.milvus_link import ANSWER_BYTES, Link
from plugins.shared.faces.gallery.stores.milvus_rows import (
    FACE,
    PREFIX,
    Row,
    batches,
    collection_of,
    create,
    face_key,
    given,
    load,
    of,
    room,
    space_of,
    stale_row,
)

KEYS_AT_ONCE = 1000
REWRITE_SECONDS = 30
T = TypeVar("T")


def parts(items: Sequence[T], most: int = KEYS_AT_ONCE) -> Iterator[Sequence[T]]:
    """A sequence in pieces of at most this many items."""
    return (items[start : start + most] for start in range(0, len(items), max(most, 1)))


class Collections:
    """Every space's collection, made and loaded when it is first needed.

    Args:
        link: Stays open when this is closed.
    """

    def __init__(self, link: Link):
        self._link = link
        self._ready: dict[str, Space] = {}  # Those that were seen to be right and loaded.
        self._opening = Lock()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="milvus")

    def close(self) -> None:
        """Safe to call twice."""
        self._pool.shutdown(wait=False)

    def known(
        self, namespace: str, ids: Sequence[str], fields: list[str], row_bytes: int = 1500
    ) -> dict[Space, list[Row]]:
        """Fields of those of the faces that are enrolled, by the space; empty spaces left out."""
        keys = [face_key(namespace, i) for i in ids]
        found = self.each(namespace, lambda s: self.fetch(s, keys, ["face", *fields], row_bytes))
        return {space: rows for space, rows in found.items() if rows}

    def every_face(
        self, namespace: str, fields: list[str], where: str = "", row_bytes: int = 512
    ) -> list[Row]:
        """Fields of all faces, or of those that a filter adds; once for each network."""
        where, fields = of(namespace, FACE) + where, ["face", *fields]
        scan = self._link.scan
        found = self.each(namespace, lambda s: scan(collection_of(s), where, fields, row_bytes))
        return [row for rows in found.values() for row in rows]

    def in_order(self, space: Space, ids: Sequence[str] | None = None) -> list[str]:
        """The primary keys of all faces, or of those of the ids, in the order of enrolment."""
        wanted = None if ids is None else {face_key(space.namespace, i) for i in ids}
        where = of(space.namespace, FACE)
        found = self._link.scan(collection_of(space), where, ["pk", "placed"], 256)
        keys = [row["pk"] for row in sorted(found, key=lambda row: row["placed"])]
        return [key for key in keys if wanted is None or key in wanted]

    def fetch(
        self, space: Space, keys: Sequence[str], fields: list[str], row_bytes: int
    ) -> list[Row]:
        """The rows of these primary keys that are there, in any order."""
        pieces = parts(keys, min(KEYS_AT_ONCE, ANSWER_BYTES // row_bytes))
        name = collection_of(space)
        return [row for part in pieces for row in self._link.query(name, given("pk", part), fields)]

    def put(self, space: Space, rows: Sequence[Row], before: Sequence[Row]) -> None:
        """Write rows of faces, and in the same request that the means of all whose faces they are
        or were must be made anew.

        Args:
            before: What lay in their places, or is about to be deleted.
        """
        size = space.size
        owner = {row["face"]: row["who"] for row in before}
        for batch in batches(rows):
            people = {row["who"] for row in batch}
            people |= {owner.pop(row["face"]) for row in batch if row["face"] in owner}
            stale = [stale_row(space.namespace, size, who) for who in sorted(people)]
            self._link.call("upsert", collection_of(space), batch + stale, seconds=30)
        for batch in batches([stale_row(space.namespace, size, who) for who in {*owner.values()}]):
            self._link.call("upsert", collection_of(space), batch, seconds=30)

    def write_down(self, space: Space) -> None:
        """Have a deletion written to the server's files, and those written anew without it.

        The server passes over files that it rewrites at this moment for another reason, and so
        without this deletion: it is asked again until it has taken up every one.

        Raises:
            StoreError: It has not after half a minute.
        """
        name, taken = collection_of(space), set()
        self._link.call("flush", name, seconds=30)
        for _ in range(REWRITE_SECONDS):
            job = self._link.call("compact", name)
            plans = self._link.call("get_compaction_plans", job).plans
            taken |= {source for plan in plans for source in plan.sources}
            files = {each.segment_id for each in self._link.call("list_persistent_segments", name)}
            if files <= taken:
                return
            time.sleep(1)
        what = "it is still busy with rewriting its files"
        raise StoreError(what, where=self._link.place, todo="Delete something again later.")

    def left(self, space: Space, keys: Sequence[str] | None) -> int:
        """How many rows there are of these primary keys; None: of the namespace, means and all."""
        name = collection_of(space)
        if keys is None:
            return self._link.count(name, room(space.namespace))
        return sum(self._link.count(name, given("pk", part)) for part in parts(keys))

    def each(
        self, namespace: str, do: Callable[[Space], T], spaces: Sequence[Space] | None = None
    ) -> dict[Space, T]:
        """Ask all collections, or these, at once, since each waits for the same time tick."""
        if spaces is None:
            spaces = self.spaces(namespace)
        return dict(zip(spaces, self._pool.map(do, spaces), strict=True))

    def spaces(self, namespace: str) -> list[Space]:
        """The namespace's space in every collection of ours."""
        names = [name for name in self._link.call("list_collections") if name.startswith(PREFIX)]
        return [replace(self._open(name), namespace=namespace) for name in sorted(names)]

    def is_there(self, space: Space) -> bool:
        """Whether anything was ever written into the space."""
        name = collection_of(space)
        return self._link.call("has_collection", name) and bool(self._open(name))

    def make(self, space: Space) -> None:
        """See that the space has a collection."""
        self._open(collection_of(space), space)

    def _open(self, name: str, wanted: Space | None = None) -> Space:
        """See that a collection is right and loaded; one that is wanted is made if need be."""
        with self._opening:
            if name not in self._ready:
                if wanted and not self._link.call("has_collection", name):
                    self._create(wanted)
                found = self._link.call("describe_collection", name)
                space = space_of(name, found, "", self._link.place)
                load(self._link, space)
                self._ready[name] = space
            return self._ready[name]

    def _create(self, space: Space) -> None:
        try:
            create(self._link, space)
        except StoreError:  # Another process may have made it at this moment.
            if not self._link.call("has_collection", collection_of(space)):
                raise
