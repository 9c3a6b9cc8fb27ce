"""What was measured before and is kept beside the code: operating curves, and the faces of the
bundled pictures that pages open with.

`python -m plugins.face_verification.measure curve` makes the curves, `python -m
plugins.shared.faces.measured.record` the faces; nothing here is written by hand.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plugins.shared.faces.align import revision_of
from plugins.shared.faces.detect import Face
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.measured.curve_files import read_rows, write_row
from plugins.shared.faces.measured.operating_curves import BINS, OperatingCurve
from plugins.shared.faces.measured.prediction import Evidence
from plugins.shared.files.pictures import Picture
from weights.messages import say

if TYPE_CHECKING:
    from weights import Card

CURVES = Path(__file__).parent
OPENING = Path(__file__).with_name("opening.json")


@dataclass(frozen=True)
class StoredCurve:
    """A network's operating curves on one named set.

    Attributes:
        by_metric: One curve a distance.
        pictures: How many pictures the set has; `faces`: in how many a face was found.
        date: Day of the measurement, ISO 8601. `command`: what made it.
        whole: Whether whole pictures were compared, and no face was searched.
    """

    title: str
    source: str
    people: int
    pictures: int
    faces: int
    date: str
    command: str
    by_metric: dict[str, OperatingCurve]
    whole: bool = False

    @property
    def sentence(self) -> str:
        """Where the curve comes from, in one sentence for the page."""
        curve = next(iter(self.by_metric.values()))
        words = (
            "Measured on {title}: {people} people, {faces} faces found in {pictures} pictures, "
            "{genuine:,} genuine and {impostor:,} impostor pairs, {date}."
        )
        if self.whole:
            words = (
                "Measured on {title}: {people} identities, {faces} whole pictures, "
                "{genuine:,} genuine and {impostor:,} impostor pairs, {date}."
            )
        return say(
            words,
            title=self.title,
            people=self.people,
            faces=self.faces,
            pictures=self.pictures,
            genuine=curve.genuine.sum(),
            impostor=curve.impostor.sum(),
            date=self.date,
        )


def write_curve(curve: StoredCurve, model: str, revision: str, folder: Path = CURVES) -> Path:
    """Add a measured curve to the model's file, replacing an older one on the same set."""
    path = folder / f"{model}.json"
    row = {
        name: getattr(curve, name)
        for name in ("title", "source", "people", "pictures", "faces", "date", "command")
    }
    row["by_metric"] = {metric: _pack(c) for metric, c in curve.by_metric.items()}
    write_row(path, model, revision, row)
    stored_curves.cache_clear()
    return path


@lru_cache
def stored_curves(model: str, revision: str, folder: Path = CURVES) -> tuple[StoredCurve, ...]:
    """The stored curves of a model, if they were measured with exactly this revision."""
    rows = [dict(row) for row in read_rows(folder / f"{model}.json", revision)]
    for row in rows:
        row["by_metric"] = {metric: _unpack(c) for metric, c in row["by_metric"].items()}
    return tuple(StoredCurve(**row) for row in rows)


def _pack(curve: OperatingCurve) -> dict:
    return {
        "top": curve.top,
        "genuine": _runs(curve.genuine),
        "impostor": _runs(curve.impostor),
        "effective": curve.effective,
        "eer_interval": curve.eer_interval,
        "exact": curve.exact,
        "evidence": curve.evidence and [_pack_evidence(one) for one in curve.evidence],
    }


def _pack_evidence(known: Evidence) -> dict:
    """Variance and carriers where they change, as `threshold:carriers:variance`."""
    seen = np.stack([known.variance, known.carriers])
    changed = np.flatnonzero(np.diff(seen, axis=1, prepend=np.nan).any(axis=0))
    points = (f"{i}:{known.carriers[i]}:{known.variance[i]:.4g}" for i in changed)
    return {"people": known.people, "paired": known.paired, "at": " ".join(points)}


def _unpack_evidence(row: dict) -> Evidence:
    points = [point.split(":") for point in row["at"].split()]
    since = np.array([int(i) for i, _, _ in points])
    place = np.searchsorted(since, np.arange(BINS + 1), side="right") - 1
    carriers = np.array([int(count) for _, count, _ in points])[place]
    variance = np.array([float(value) for _, _, value in points])[place]
    return Evidence(row["people"], variance, carriers, row["paired"])


def _runs(counts: np.ndarray) -> str:
    """Counts as text, `bin:count` for each bin that is not empty."""
    return " ".join(f"{i}:{counts[i]}" for i in np.flatnonzero(counts))


def _unpack(row: dict) -> OperatingCurve:
    counts = {}
    for kind in ("genuine", "impostor"):
        counts[kind] = np.zeros(BINS, np.int64)
        for pair in row[kind].split():
            i, count = pair.split(":")
            counts[kind][int(i)] = int(count)
    named = ("effective", "eer_interval", "exact")
    pairs = {name: row.get(name) and tuple(row[name]) for name in named}
    known = row.get("evidence")
    known = known and tuple(_unpack_evidence(one) for one in known)
    return OperatingCurve(top=row["top"], **counts, **pairs, evidence=known)


@dataclass(frozen=True)
class RecordedFace:
    """The face of a bundled picture and its encoding by one network, recorded from a real run."""

    face: Face
    model: str
    revision: str
    encoding: np.ndarray


def write_opening(pictures: dict[str, tuple[RecordedFace, ...]]) -> None:
    """Record the faces of the bundled pictures, by the digest of the picture."""
    rows = {
        digest: [
            {
                "box": known.face.box,
                "score": known.face.score,
                "landmarks": known.face.landmarks,
                "size": known.face.size,
                "number": known.face.number,
                "model": known.model,
                "revision": known.revision,
                "encoding": base64.b64encode(known.encoding.astype("<f4").tobytes()).decode(),
            }
            for known in faces
        ]
        for digest, faces in pictures.items()
    }
    OPENING.write_text(json.dumps(rows) + "\n", encoding="utf-8")
    _opening.cache_clear()


@lru_cache(maxsize=1)
def _opening() -> dict[str, tuple[RecordedFace, ...]]:
    if not OPENING.exists():
        return {}
    kept = json.loads(OPENING.read_text(encoding="utf-8"))
    return {digest: tuple(map(_face, rows)) for digest, rows in kept.items()}


def _face(row: dict) -> RecordedFace:
    landmarks = tuple((x, y) for x, y in row["landmarks"])
    face = Face(tuple(row["box"]), row["score"], landmarks, row["size"], row["number"])
    encoding = np.frombuffer(base64.b64decode(row["encoding"]), "<f4")
    return RecordedFace(face, row["model"], row["revision"], encoding)


def recorded_faces(digest: str) -> tuple[RecordedFace, ...]:
    """The faces of a bundled picture, the largest first; empty for any other picture, or for
    another edition of it.
    """
    return _opening().get(digest, ())


def recall_recorded(pictures: Sequence[Picture], card: Card, cache: EncodingCache) -> None:
    """Put the recorded encodings of bundled pictures into a session, so that its page opens with a
    result.
    """
    revision = revision_of(card)
    for picture in pictures:
        for known in recorded_faces(picture.digest):
            if known.model == card.name and known.revision == revision:
                key = (picture.digest, known.face.box, card.name, revision)
                cache.put(key, known.encoding)
