"""The distributed store: a Milvus server, which shards and replicates by itself.

One collection for every network holds the faces of all namespaces; a face lies in the collection
of each network that it has an encoding of. Milvus has no transactions, so the order of the writes
keeps what is seen whole:

- The rows of one `write`, up to 16 MiB, become visible together. A larger one that is cut leaves
  whole faces and no half ones; repeating it completes it, as every write replaces what is there.
- The same request puts a stale row in the place of the mean of everybody whom it touches. The
  mean is made anew when it is next asked for.
- A new name, a deletion or its undoing reaches one collection after the other. Where that is cut,
  the face is under both names, or there for some networks only, until the same is asked for again.
"""

from __future__ import annotations

import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Lock

import numpy as np

from plugins.shared.faces.gallery.stores.contract import (
    Candidate,
    Counts,
    EnrolledFace,
    Enrolment,
    Erased,
    Space,
    StoreError,
    Template,
)
from plugins.shared.faces.gallery.stores.milvus_collections import Collections, parts
from plugins.shared.faces.gallery.stores.milvus_link import ANSWER_BYTES, Link
from plugins.shared.faces.gallery.stores.milvus_rows import (
    CHIP,
    FACE,
    MEAN,
    PICTURE,
    SHOWN,
    Row,
    collection_of,
    digest,
    enrolled,
    enrolment,
    face_key,
    given,
    of,
    packed,
    room,
)
from plugins.shared.faces.gallery.stores.milvus_search import nearest, refresh_means, renew_means
from weights.messages import say

FULL_BYTES = 140_000  # A row with a chip and a picture, at most.
ERASED = (
    "Deleted in Milvus, written down and looked for again: no row of them is found. The server"
    " drops its old files and its message log itself, when its settings dataCoord.gc.dropTolerance"
    " and rocksmq.retentionTimeInMinutes let it: 3 hours and 3 days as it is delivered."
)
UNSURE = "The faces are deleted, but Milvus could not write that down or look for them: {reason}."
ENROLLED_AGAIN = "{n} rows were found in Milvus after the deletion: somebody enrols them again."


class MilvusStore:
    """Faces on a Milvus server.

    Every read is strongly consistent: nobody who was deleted is ever shown. That costs the wait
    for the server's next time tick, 200 ms as it is delivered (`proxy.timeTickInterval`).

    Args:
        uri: `http://host:port`, or https, with the database as its path.
        token: `user:password` or an API key.

    Raises:
        StoreError: pymilvus is missing, or the server does not answer or refuses.
    """

    kept = True

    def __init__(self, uri: str, token: str = ""):
        self._link = Link(uri, token)
        self.place = say("on the Milvus server {place}", place=self._link.place)
        self._all = Collections(self._link)
        self._means = Lock()

    # --- change ---------------------------------------------------------------------------------

    def write(self, space: Space, rows: Sequence[Enrolment]) -> None:
        latest = {row.id: row for row in rows}
        if not latest:
            return
        self._all.make(space)
        known = self._all.known(space.namespace, list(latest), ["who", "placed", "content"])
        placed = {i: time.time_ns() + count for count, i in enumerate(latest)}
        for row in (row for found in known.values() for row in found):
            placed[row["face"]] = min(placed[row["face"]], row["placed"])
        written = {i: packed(space.namespace, face, placed[i]) for i, face in latest.items()}
        self._all.put(space, list(written.values()), known.get(space, ()))
        for other, found in known.items():  # Their copies of what is shown and whose it is follow.
            old = [r["face"] for r in found if r["content"] != written[r["face"]]["content"]]
            if other != space and old:
                self._rewrite(other, old, lambda f: replace(latest[f.id], encoding=f.encoding))

    def restore(self, rows: Mapping[Space, Sequence[Enrolment]]) -> None:
        for space, faces in rows.items():
            self.write(space, faces)

    def relabel(self, namespace: str, names: Mapping[str, str]) -> None:
        for space in self._all.spaces(namespace):
            touched = self._rewrite(space, list(names), lambda f: replace(f, person=names[f.id]))
            with self._means:
                renew_means(self._link, space, touched)

    def remove(self, namespace: str, ids: Sequence[str] | None) -> Erased:
        keys = None if ids is None else [face_key(namespace, i) for i in ids]
        if keys is None:
            holding = self._delete_all(namespace)
        else:
            holding = self._delete(namespace, ids, keys)
        try:
            self._all.each(namespace, self._all.write_down, holding)
            left = sum(
                self._all.each(namespace, lambda space: self._all.left(space, keys)).values()
            )
        except StoreError as error:
            return Erased(False, say(UNSURE, reason=say(error.what)))
        if left:
            return Erased(False, say(ENROLLED_AGAIN, n=left))
        return Erased(True, ERASED)

    def _delete_all(self, namespace: str) -> list[Space]:
        counts = self._all.each(namespace, lambda space: self._all.left(space, None))
        holding = [space for space, count in counts.items() if count]
        for space in holding:
            self._link.call("delete", collection_of(space), filter=room(namespace), seconds=30)
        return holding

    def _delete(self, namespace: str, ids: Sequence[str], keys: Sequence[str]) -> list[Space]:
        """Delete faces; the means that they had a part in are made anew at once."""
        known = self._all.known(namespace, ids, ["who"])
        for space, found in known.items():
            touched = {row["who"] for row in found}
            self._all.put(space, [], found)
            for part in parts(keys):
                self._link.call("delete", collection_of(space), filter=given("pk", part))
            with self._means:
                renew_means(self._link, space, touched)
        return list(known)

    def _rewrite(
        self, space: Space, ids: Sequence[str], change: Callable[[Enrolment], Enrolment]
    ) -> set[str]:
        """Write faces again as they shall be from now on.

        Returns:
            The hashed names of those who lose or gain one.
        """
        keys = [face_key(space.namespace, i) for i in ids]
        size = FULL_BYTES + 4 * space.size
        before = self._all.fetch(space, keys, [*SHOWN, "who", "encoding"], size)
        after = [packed(space.namespace, change(enrolment(row)), row["placed"]) for row in before]
        self._all.put(space, after, before)
        return {row["who"] for row in (*before, *after)}

    # --- search ---------------------------------------------------------------------------------

    def search(
        self, space: Space, encodings: np.ndarray, top: int, template: Template
    ) -> list[list[Candidate]]:
        probes = np.atleast_2d(np.asarray(encodings, np.float32))
        if not self._all.is_there(space):
            return [[] for _ in probes]
        if template == "mean":
            with self._means:
                refresh_means(self._link, space)
        return nearest(self._link, space, probes, top, MEAN if template == "mean" else FACE)

    # --- read -----------------------------------------------------------------------------------

    def owners(self, namespace: str, ids: Sequence[str]) -> dict[str, str]:
        known = self._all.known(namespace, ids, ["person"])
        return {row["face"]: row["person"] for found in known.values() for row in found}

    def encoded(self, space: Space, ids: Sequence[str]) -> set[str]:
        if not self._all.is_there(space):
            return set()
        keys = [face_key(space.namespace, i) for i in ids]
        return {row["face"] for row in self._all.fetch(space, keys, ["face"], 256)}

    def people(self, namespace: str) -> dict[str, int]:
        found = self._all.every_face(namespace, ["person"])
        counts = Counter(name for _, name in {(row["face"], row["person"]) for row in found})
        return dict(sorted(counts.items(), key=lambda item: (item[0].casefold(), item[0])))

    def faces(self, namespace: str, person: str) -> list[EnrolledFace]:
        where = f" and {given('who', [digest(person)])}"
        rows = {
            row["face"]: row for row in self._all.every_face(namespace, SHOWN, where, FULL_BYTES)
        }
        return [enrolled(row) for row in sorted(rows.values(), key=lambda row: row["placed"])]

    def chips(self, namespace: str, ids: Sequence[str]) -> dict[str, bytes]:
        known = self._all.known(namespace, ids, ["chip"], FULL_BYTES // 2)
        return {r["face"]: b64decode(r["chip"]) for found in known.values() for r in found}

    def covers(self, namespace: str, people: Sequence[str]) -> dict[str, bytes]:
        where = f" and {given('who', [digest(person) for person in people])}"
        fields = ["face", "person", "placed", "chip"]
        found = self._all.every_face(namespace, fields, where, FULL_BYTES // 2) if people else ()
        last_first = sorted(found, key=lambda row: -row["placed"])
        return {row["person"]: b64decode(row["chip"]) for row in last_first}

    def rows(self, space: Space, ids: Sequence[str] | None = None) -> Iterator[Enrolment]:
        if not self._all.is_there(space):
            return
        keys = self._all.in_order(space, ids)
        size = FULL_BYTES + 4 * space.size
        for part in parts(keys, ANSWER_BYTES // size):
            batch = self._all.fetch(space, part, [*SHOWN, "encoding"], size)
            yield from map(enrolment, sorted(batch, key=lambda row: row["placed"]))

    def spaces(self, namespace: str) -> dict[Space, int]:
        where = of(namespace, FACE)
        counts = self._all.each(namespace, lambda s: self._link.count(collection_of(s), where))
        return {space: count for space, count in counts.items() if count}

    def count(self, space: Space) -> Counts:
        def rows(each: Space) -> list[Row]:
            fields = ["face", "who", "parts"]
            return self._link.scan(collection_of(each), of(space.namespace, FACE), fields, 256)

        found = self._all.each(space.namespace, rows)
        parts = {row["face"]: row["parts"] for part in found.values() for row in part}
        return Counts(
            people=len({row["who"] for part in found.values() for row in part}),
            faces=len(parts),
            chips=sum(bool(has & CHIP) for has in parts.values()),
            pictures=sum(bool(has & PICTURE) for has in parts.values()),
            encodings=sum(map(len, found.values())),
            index_rows=len(found.get(space, ())),
        )

    def close(self) -> None:
        self._all.close()
        self._link.close()
