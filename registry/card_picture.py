"""The picture that a task gives for the front page: read where it is offered, and checked."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

KINDS = {"WEBP": "webp", "PNG": "png", "JPEG": "jpeg"}
"""Pillow's name of a format -> ours. SVG is none of them, since it may hold scripts."""
MOST_BYTES = 65_536
SIDES = 64, 2000
"""Least and most pixels of a side."""


class PictureError(ValueError):
    """A picture that cannot be taken; the text goes on after "field 'picture'"."""


@dataclass(frozen=True)
class CardPicture:
    """A picture that can be sent as it is.

    Attributes:
        kind: webp, png or jpeg.
        width, height: In pixels.
        data: The file's bytes.
    """

    kind: str
    width: int
    height: int
    data: bytes = field(repr=False)

    @property
    def file(self) -> str:
        """A name that changes with the content, so that a browser may keep it for good."""
        return f"{hashlib.sha256(self.data).hexdigest()[:16]}.{self.kind}"


def read_picture(offered: str | bytes, folder: Path | None) -> CardPicture:
    """Take what a plug-in offers as `picture`.

    Args:
        offered: The bytes of a file, or its path relative to the folder.
        folder: That of the plug-in's module; None where it has none, such as in a zip.

    Raises:
        PictureError: It is neither; it lies elsewhere; or it is no picture of a kind and size that
            the front page takes.
    """
    if not isinstance(offered, (str, bytes)):
        raise PictureError("must be a path or the bytes of a picture")
    data = offered if isinstance(offered, bytes) else _bytes_of(offered, folder)
    if len(data) > MOST_BYTES:
        raise PictureError(f"must have at most {MOST_BYTES} bytes")
    try:
        with Image.open(io.BytesIO(data), formats=list(KINDS)) as image:
            kind, (width, height) = KINDS[image.format], image.size
            sound = all(SIDES[0] <= side <= SIDES[1] for side in image.size)
            if sound:
                image.load()
    except Exception as error:  # Pillow has many for a file that is damaged.
        raise PictureError("must be a sound WebP, PNG or JPEG file") from error
    if not sound:
        raise PictureError(f"must have sides of {SIDES[0]} to {SIDES[1]} pixels")
    return CardPicture(kind, width, height, data)


def _bytes_of(path: str, folder: Path | None) -> bytes:
    """A file's first bytes, one more than are allowed where it has more."""
    try:
        if folder is None:
            raise PictureError("must be bytes: the module lies in no folder")
        home = folder.resolve()
        file = (home / path).resolve()
        if not file.is_relative_to(home):
            raise PictureError("must lie in the folder of the plug-in's module")
        if not file.is_file():
            raise PictureError("names no file in the folder of the plug-in's module")
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError("names a file that cannot be read") from error
