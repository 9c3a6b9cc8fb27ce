"""Pictures and sets to bring along, made of the bundled portraits."""

from __future__ import annotations

import io
from pathlib import Path

import zips
from PIL import Image

from plugins.shared.faces.examples import load_example

PEOPLE = ("grace_hopper", "eileen_collins")
COPIES = ("", "_mirrored", "_darker", "_cropped")


def portrait(key: str) -> Image.Image:
    """A bundled picture."""
    return Image.fromarray(load_example(key).pixels)


def jpeg(image: Image.Image) -> bytes:
    """The bytes of a picture file."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()


def side_by_side(left: str, right: str) -> bytes:
    """One picture of two people."""
    pictures = [portrait(key) for key in (left, right)]
    both = Image.new("RGB", (sum(p.width for p in pictures), max(p.height for p in pictures)))
    both.paste(pictures[0], (0, 0))
    both.paste(pictures[1], (pictures[0].width, 0))
    return jpeg(both)


def labelled(copies: tuple[str, ...] = COPIES) -> dict[str, bytes]:
    """Path → picture: one folder a person, with so many copies of that person's portrait."""
    return {
        f"{who}/{who}{copy}.jpg": jpeg(portrait(f"{who}{copy}"))
        for who in PEOPLE
        for copy in copies
    }


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """Write a zip of these files."""
    path.write_bytes(zips.zipped(files))
    return path
