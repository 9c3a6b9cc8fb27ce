"""Made-up faces to enrol: random encodings, chips and pictures of noise."""

from __future__ import annotations

import io
import itertools
import json
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from plugins.shared.faces.distances import distances
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.names import face_id
from plugins.shared.faces.gallery.stores.contract import Candidate, Enrolment, Space
from plugins.shared.faces.gallery.stores.sqlite import SqliteStore

SIZE = 24
LANDMARKS = ((10.5, 12.0), (20.0, 12.25), (15.0, 18.0), (11.0, 24.0), (19.0, 24.5))


def space(**changes: object) -> Space:
    """A space of a made-up network, in a namespace that nobody else has."""
    made = Space(uuid.uuid4().hex, "made.v1", "1" * 64, SIZE, "euclidean")
    return replace(made, **changes)


def jpeg(seed: int, side: int = 24) -> bytes:
    """A picture of noise; no two are alike anywhere but in their heads."""
    noise = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", quality=90)
    return file.getvalue()


def encoding(seed: int, size: int = SIZE) -> np.ndarray:
    """(D,) float32 of length 1."""
    vector = np.random.default_rng(seed).normal(size=size)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def enrolment(person: str, seed: int, size: int = SIZE, picture: bool = True) -> Enrolment:
    """One face; everything in it but the name follows from the seed."""
    kept = {"picture": jpeg(seed + 10**6, 48), "landmarks": LANDMARKS} if picture else {}
    return Enrolment(
        face_id(str(seed), 0), person, encoding(seed, size), jpeg(seed), f"{seed}.jpg", **kept
    )


def people(counts: Mapping[str, int], start: int = 0, **more: object) -> list[Enrolment]:
    """So many faces a person."""
    names = [name for name, count in counts.items() for _ in range(count)]
    return [enrolment(name, seed, **more) for seed, name in enumerate(names, start)]


def brute_force(
    rows: Sequence[Enrolment], probe: np.ndarray, top: int, template: str, distance: str
) -> list[Candidate]:
    """The nearest people, by measuring every row in float64."""
    vectors = {row.id: row.encoding.astype(np.float64) for row in rows}
    if template == "mean":
        mine: dict[str, list[Enrolment]] = {}
        for row in rows:
            mine.setdefault(row.person, []).append(row)
        vectors = {
            own[0].id: np.mean([row.encoding.astype(np.float64) for row in own], axis=0)
            for own in mine.values()
        }
    owners = {row.id: row.person for row in rows}
    found = distances(probe, np.stack(list(vectors.values())), distance)[0]
    best: dict[str, Candidate] = {}
    for value, i in sorted(zip(found.tolist(), vectors, strict=True), key=lambda pair: pair[0]):
        best.setdefault(owners[i], Candidate(owners[i], value, i))
    return list(best.values())[:top]


def names_and_distances(candidates: Iterable[Candidate]) -> tuple[list[str], list[float]]:
    found = list(candidates)
    return [each.person for each in found], [each.distance for each in found]


def batch(number: int) -> list[Enrolment]:
    """The faces of a bulk enrolment's batch: one to forty, with chips as large as real ones."""
    random = np.random.default_rng(number)
    return [
        Enrolment(
            face_id(f"{number}.{i}", 0), f"P{number}", encoding(64 * number + i), random.bytes(5000)
        )
        for i in range(1 + int(random.integers(40)))
    ]


def enrol_until_killed(path: str, space_text: str, start: int) -> None:
    """Enrol batch after batch, and say so after each."""
    gallery = Gallery(SqliteStore(path), Space(**json.loads(space_text)))
    print("ready", flush=True)
    for number in itertools.count(start):
        gallery.enrol(batch(number))
        print(number, flush=True)


if __name__ == "__main__":
    enrol_until_killed(sys.argv[1], sys.argv[2], int(sys.argv[3]))
