"""How a face lies in Milvus: the fields of a row, its key, and the collection of a space.

Namespaces, people and faces go into keys and filters as hashes, so that no name, however strange,
has to be quoted, and none stands in the requests that a server may log.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from plugins.shared.faces.gallery.stores.contract import EnrolledFace, Enrolment, Space, StoreError
from plugins.shared.faces.gallery.stores.milvus_link import Link
from weights.messages import say

FACE, MEAN, STALE = 0, 1, 2
"""Kinds of rows. A stale row stands in a mean's place until the mean is made anew; it holds
neither a name nor numbers of a face."""
VERSION = 1
PREFIX = "paragone_"
METRICS = {"euclidean": "L2", "cosine": "COSINE"}
TEXTS = {  # Field -> the most bytes that it takes.
    "room": 32,
    "who": 32,
    "content": 32,
    "face": 128,
    "person": 1024,
    "label": 4096,
    "chip": 65535,
    "picture": 65535,
    "landmarks": 4096,
}
NUMBERS = {"kind": "INT8", "parts": "INT8", "placed": "INT64"}
CHIP, PICTURE = 1, 2  # Bits of `parts`: what a row has.
SHOWN = ["face", "person", "label", "chip", "picture", "landmarks", "placed"]
"""The fields of an `EnrolledFace`, and its place in the order of enrolment."""
BATCH_BYTES = 16 * 2**20
Row = dict[str, Any]


def digest(*parts: str | bytes) -> str:
    """32 hex digits that no other sequence of parts has."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "big") + data)
    return found.hexdigest()[:32]


def face_key(namespace: str, face: str) -> str:
    """Primary key of a face's row."""
    return digest(namespace, "face", face)


def mean_key(namespace: str, who: str) -> str:
    """Primary key of a person's mean, or of the stale row in its place; `who` is a digest."""
    return digest(namespace, "mean", who)


def given(field: str, values: Sequence[str]) -> str:
    """A filter for rows whose field is one of these hashes."""
    return f"{field} in {json.dumps(list(values))}"


def room(namespace: str) -> str:
    """A filter for all rows of a namespace."""
    return f'room == "{digest(namespace)}"'


def of(namespace: str, kind: int) -> str:
    """A filter for the rows of a namespace that are of a kind."""
    return f"{room(namespace)} and kind == {kind}"


# --- rows -----------------------------------------------------------------------------------------


def packed(namespace: str, face: Enrolment, placed: int) -> Row:
    """The row of a face.

    Args:
        placed: Its place in the order of enrolment.

    Raises:
        StoreError: A text or picture is longer than Milvus can keep.
    """
    landmarks = json.dumps(face.landmarks)
    row = {
        "pk": face_key(namespace, face.id),
        "room": digest(namespace),
        "who": digest(face.person),
        "kind": FACE,
        "parts": CHIP * bool(face.chip) + PICTURE * bool(face.picture),
        "content": digest(face.person, face.label, face.chip, face.picture, landmarks),
        "face": face.id,
        "person": face.person,
        "label": face.label,
        "chip": base64.b64encode(face.chip).decode(),
        "picture": base64.b64encode(face.picture).decode(),
        "landmarks": landmarks,
        "placed": placed,
        "encoding": np.asarray(face.encoding, np.float32),
    }
    for field, most in TEXTS.items():
        if len(row[field].encode()) > most:
            kept = most * 3 // 4 if field in ("chip", "picture") else most
            what = "Milvus keeps at most {most} bytes of a {field}, and this one is longer"
            what = say(what, most=kept, field=field)
            raise StoreError(what, where=face.label, todo="Shorten it.")
    return row


def mean_row(namespace: str, size: int, faces: Sequence[Row]) -> Row:
    """The row of a person's mean, made of the rows of all their faces."""
    first = min(faces, key=lambda row: row["placed"])
    mean = np.mean([row["encoding"] for row in faces], axis=0, dtype=np.float64)
    row = stale_row(namespace, size, first["who"])
    shown = {field: first[field] for field in ("face", "person", "placed")}
    return row | shown | {"kind": MEAN, "encoding": mean.astype(np.float32)}


def stale_row(namespace: str, size: int, who: str) -> Row:
    """The row that says that a person's mean must be made anew."""
    row: Row = dict.fromkeys(TEXTS, "") | dict.fromkeys(NUMBERS, 0)
    own = {"pk": mean_key(namespace, who), "room": digest(namespace), "who": who, "kind": STALE}
    return row | own | {"encoding": np.eye(1, size, dtype=np.float32)[0]}


def enrolled(row: Row) -> EnrolledFace:
    return EnrolledFace(
        id=row["face"],
        person=row["person"],
        label=row["label"],
        chip=base64.b64decode(row["chip"]),
        picture=base64.b64decode(row["picture"]),
        landmarks=tuple(tuple(point) for point in json.loads(row["landmarks"])),
    )


def enrolment(row: Row) -> Enrolment:
    return Enrolment(**vars(enrolled(row)), encoding=np.asarray(row["encoding"], np.float32))


def batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows in parts that fit one request each."""
    batch: list[Row] = []
    room = BATCH_BYTES
    for row in rows:
        size = 1024 + len(row["chip"]) + len(row["picture"]) + 4 * len(row["encoding"])
        if batch and size > room:
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(row)
        room -= size
    if batch:
        yield batch


# --- collections ----------------------------------------------------------------------------------


def collection_of(space: Space) -> str:
    """The name of the collection that a space's faces lie in, those of all namespaces."""
    return PREFIX + digest(space.network, space.revision, str(space.size), space.distance)


def description_of(space: Space) -> str:
    """What the collection says of itself; the namespace is left out."""
    return json.dumps({"paragone": VERSION} | asdict(replace(space, namespace="")))


def space_of(name: str, found: dict[str, Any], namespace: str, place: str) -> Space:
    """The space of a namespace that a collection keeps, from the server's description of it.

    Raises:
        StoreError: The collection is not as this version makes it.
    """
    try:
        said = json.loads(found["description"])
        if said.pop("paragone") != VERSION:
            raise ValueError(name)
        space = replace(Space(**said), namespace=namespace)
        fields = {field["name"]: field["params"] for field in found["fields"]}
        wanted = {"pk", "encoding", *TEXTS, *NUMBERS}
        if collection_of(space) != name or fields.keys() != wanted:
            raise ValueError(name)
        if int(fields["encoding"]["dim"]) != space.size:
            raise ValueError(name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = "The collection {name} in Milvus has another shape than this version makes"
        raise StoreError(
            say(what, name=name),
            where=place,
            todo="Use another database of the server (http://host:port/database), or drop it.",
        ) from error
    return space


def create(link: Link, space: Space) -> None:
    """Make the collection of a space, with an exact index, and have it loaded.

    One shard, so that the rows of one request come into sight together.
    """
    schema = link.schema_of(auto_id=False, description=description_of(space))
    schema.add_field("pk", link.types.VARCHAR, is_primary=True, max_length=32)
    for field, most in TEXTS.items():
        schema.add_field(field, link.types.VARCHAR, max_length=most)
    for field, kind in NUMBERS.items():
        schema.add_field(field, link.types[kind])
    schema.add_field("encoding", link.types.FLOAT_VECTOR, dim=space.size)
    name = collection_of(space)
    link.call("create_collection", name, schema=schema, num_shards=1, consistency_level="Strong")
    load(link, space)


def load(link: Link, space: Space) -> None:
    """See that a collection is indexed and in the server's memory; quick where it is."""
    name, index = collection_of(space), link.index()
    if link.call("get_load_state", name)["state"].name == "Loaded":
        return
    index.add_index("encoding", index_type="FLAT", metric_type=METRICS[space.distance])
    link.call("create_index", name, index_params=index, seconds=60)
    link.call("load_collection", name, seconds=60)
