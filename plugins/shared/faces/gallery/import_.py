"""Reading an exported gallery: a zip from anywhere, so nothing in it is believed unchecked."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from plugins.shared.faces.gallery.names import person_name
from plugins.shared.faces.gallery.stores.contract import Enrolment, GalleryError, Points, Space
from plugins.shared.files.entries import Contents, Entry, LabelledError, NotAZip, TooLarge
from plugins.shared.files.file_kinds import plain_name
from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_files import files_in_zip
from weights.messages import say

FORMAT, VERSION = "paragone-gallery", 1
CONTENTS, ENCODINGS = "gallery.json", "encodings.npy"
ID = re.compile("[0-9a-f]{32}")
AGAIN = "Export the gallery again and choose that file."
TOO_LARGE = (
    "Ask whoever runs this page to raise its limits, PARAGONE_MAX_ARCHIVE_FILES and"
    " PARAGONE_MAX_ARCHIVE_BYTES."
)
NO_EXPORT = "Choose a file that a gallery was exported to."
EXPORT = Contents("The export", NO_EXPORT, TOO_LARGE, TOO_LARGE)


@dataclass(frozen=True)
class Export:
    """What an export holds.

    Attributes:
        space: With an empty namespace: an export does not say whose gallery it was.
    """

    space: Space
    rows: tuple[Enrolment, ...]

    @property
    def pictures_kept(self) -> bool:
        """Whether another network could encode every face again."""
        return all(row.picture and row.landmarks for row in self.rows)


def read_export(source: Path, limits: Limits) -> Export:
    """Read an export and check all of it; no gallery is touched.

    Raises:
        GalleryError: It is no export, of a newer format, too large, damaged or changed.
    """
    source = Path(source)
    where = plain_name(source.name)
    try:
        with files_in_zip(source, limits, EXPORT) as found:
            return _Reader({entry.name: entry for entry in found}, where, limits).read()
    except LabelledError as error:
        raise _as_export(error) from error


def _as_export(error: LabelledError) -> GalleryError:
    """The same fault of a gallery; what is damaged must be exported again."""
    todo = error.todo if isinstance(error, TooLarge) else AGAIN
    todo = NO_EXPORT if isinstance(error, NotAZip) else todo
    return GalleryError(error.what, where=error.where, todo=todo)


class _Reader:
    """The members of one export, each checked as it is read."""

    def __init__(self, members: dict[str, Entry], where: str, limits: Limits):
        self.members, self.where, self.limits = members, where, limits

    def read(self) -> Export:
        if CONTENTS not in self.members:
            what = say("This zip is no exported gallery: it holds no {contents}", contents=CONTENTS)
            raise GalleryError(what, where=self.where, todo=NO_EXPORT)
        contents = self._contents(self._bytes(CONTENTS))
        with self._shape():
            space = Space(
                "",
                _text(contents["network"]),
                _text(contents["revision"]),
                _whole(contents["size"]),
                _text(contents["distance"]),
            )
            faces = list(contents["faces"])
            if not faces or len({face["id"] for face in faces}) != len(faces):
                raise ValueError("its faces are not all different, or there are none")
            digest = _text(contents["encodings"])
        vectors = self._vectors(self._bytes(ENCODINGS, digest), (len(faces), space.size))
        rows = tuple(self._row(face, vector) for face, vector in zip(faces, vectors, strict=True))
        return Export(space, rows)

    def _contents(self, data: bytes) -> dict[str, Any]:
        try:
            contents = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self._damaged(say("{contents} is not JSON", contents=CONTENTS)) from error
        if not isinstance(contents, dict) or contents.get("format") != FORMAT:
            what = say(
                "This zip is no exported gallery: {contents} is another program's",
                contents=CONTENTS,
            )
            raise GalleryError(what, where=self.where, todo=NO_EXPORT)
        if contents.get("version") != VERSION:
            version = str(contents.get("version"))[:20]
            what = say(
                "The export has the format {found}, and this program reads {version}",
                found=version,
                version=VERSION,
            )
            raise GalleryError(what, where=self.where, todo="Use the version that exported it.")
        return contents

    def _row(self, face: dict[str, Any], vector: np.ndarray) -> Enrolment:
        with self._shape():
            i, person, label = (_text(face[field]) for field in ("id", "person", "label"))
            if not ID.fullmatch(i) or person != person_name(person):
                raise ValueError("an id or a name is not in the form that is kept")
            digests = [_text(face[part]) for part in ("chip", "picture")]
            points = _points(face["landmarks"])
        chip, picture = (
            self._picture(f"{part}s/{i}.jpg", digest) if digest else b""
            for part, digest in zip(("chip", "picture"), digests, strict=True)
        )
        return Enrolment(i, person, vector, chip, plain_name(label), picture, points)

    def _picture(self, name: str, digest: str) -> bytes:
        data = self._bytes(name, digest)
        try:
            with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
                width, height = picture.size
        except Exception as error:  # A hostile file makes Pillow raise nearly anything.
            raise self._damaged(say("{name} is no JPEG picture", name=name)) from error
        if width * height > self.limits.picture_pixels:
            raise self._damaged(
                say(
                    "{name} declares {width:,} × {height:,} pixels",
                    name=name,
                    width=width,
                    height=height,
                )
            )
        return data

    def _vectors(self, data: bytes, shape: tuple[int, int]) -> np.ndarray:
        """The table, without trusting its header with any memory."""
        file = io.BytesIO(data)
        try:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError("its version is not 1.0")
            said, by_columns, kind = np.lib.format.read_array_header_1_0(file)
        except ValueError as error:
            raise self._damaged(
                say("{encodings} cannot be read: {error}", encodings=ENCODINGS, error=error)
            ) from error
        rest = data[file.tell() :]
        if (said, by_columns, kind) != (shape, False, np.dtype("<f4")):
            raise self._damaged(
                say(
                    "{encodings} is {kind} {said}, not float32 {shape}",
                    encodings=ENCODINGS,
                    kind=kind,
                    said=said,
                    shape=shape,
                )
            )
        if len(rest) != 4 * math.prod(shape):
            raise self._damaged(say("{encodings} is cut short or too long", encodings=ENCODINGS))
        vectors = np.frombuffer(rest, "<f4").astype(np.float32).reshape(shape)
        if not np.isfinite(vectors).all():
            raise self._damaged(
                say("{encodings} holds numbers that are not finite", encodings=ENCODINGS)
            )
        return vectors

    def _bytes(self, name: str, digest: str | None = None) -> bytes:
        if (member := self.members.get(name)) is None:
            raise self._damaged(say("{name} is missing", name=name))
        if member.fault:
            raise self._damaged(say("{name} {fault}", name=name, fault=say(member.fault)))
        data = member.read()
        if digest is not None and hashlib.sha256(data).hexdigest() != digest:
            raise self._damaged(say("{name} was changed since it was exported", name=name))
        return data

    @contextmanager
    def _shape(self) -> Iterator[None]:
        try:
            yield
        except (
            *(KeyError, TypeError, ValueError, AttributeError, OverflowError),
            GalleryError,
        ) as error:
            why = f"{type(error).__name__}: {getattr(error, 'what', error)}"
            raise self._damaged(
                say("{contents} is not in shape ({why})", contents=CONTENTS, why=why)
            ) from error

    def _damaged(self, what: str) -> GalleryError:
        return GalleryError(
            say("The export cannot be used: {what}", what=what), where=self.where, todo=AGAIN
        )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _whole(value: object) -> int:
    if type(value) is not int or value < 1:
        raise TypeError(f"{value!r:.40} is no whole number above zero")
    return value


def _points(value: Any) -> Points:
    points = tuple((float(x), float(y)) for x, y in value)
    if len(points) not in (0, 5) or not all(math.isfinite(n) for point in points for n in point):
        raise ValueError("a face has other landmarks than five points, or none")
    return points
