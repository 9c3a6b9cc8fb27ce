"""Pictures and zips, good and bad, made in memory for the tests of the readers."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

ORIENTATION = 0x0112
FLIPS = Image.Transpose
# How a camera that is held in each of the eight ways stores an upright scene.
STORED = {
    1: None,
    2: FLIPS.FLIP_LEFT_RIGHT,
    3: FLIPS.ROTATE_180,
    4: FLIPS.FLIP_TOP_BOTTOM,
    5: FLIPS.TRANSPOSE,
    6: FLIPS.ROTATE_90,
    7: FLIPS.TRANSVERSE,
    8: FLIPS.ROTATE_270,
}


@dataclass(frozen=True)
class Limits:
    """Limits in the shape of the host's, small enough to test."""

    picture_bytes: int = 2**20
    picture_pixels: int = 1_000_000
    archive_files: int = 50
    archive_bytes: int = 4 * 2**20


def scene(width: int = 48, height: int = 32) -> Image.Image:
    """An RGB picture in which each quarter differs: red, green, blue and white."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2, 0] = 255
    pixels[: height // 2, width // 2 :, 1] = 255
    pixels[height // 2 :, : width // 2, 2] = 255
    pixels[height // 2 :, width // 2 :] = 255
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    """The bytes of a picture file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def held(orientation: int, kind: str = "PNG", image: Image.Image | None = None, **options) -> bytes:
    """The upright scene as a camera stores it that was held so."""
    image = image or scene()
    turn = STORED[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(image if turn is None else image.transpose(turn), kind, exif=exif, **options)


def png(width: int, height: int, depth: int, colour: int, rows: bytes = b"") -> bytes:
    """A PNG written by hand, for what Pillow does not write: 16-bit colour, or a lying size."""

    def chunk(tag: bytes, data: bytes) -> bytes:
        check = struct.pack(">L", zlib.crc32(tag + data))
        return struct.pack(">L", len(data)) + tag + data + check

    header = struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def deep_colour_png(pixels: np.ndarray) -> bytes:
    """A 16-bit RGB PNG from (H, W, 3) uint16."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return png(pixels.shape[1], pixels.shape[0], 16, 2, rows)


def bomb_png(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few hundred bytes that declares billions of pixels."""
    return png(width, height, 8, 2, bytes(1000))


def swapped_profile() -> bytes:
    """An RGB colour profile whose red and blue are those of sRGB exchanged, under another name."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = data.index(b"rXYZ", 128), data.index(b"bXYZ", 128)
    data[red : red + 4], data[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(data).replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))


def face_set(people: Mapping[str, int], top: str = "") -> dict[str, bytes]:
    """Path → bytes for so many pictures a person."""
    picture = encoded(scene())
    return {f"{top}{who}/{i}.png": picture for who, count in people.items() for i in range(count)}


def zipped(path: Path, files: Mapping[str, bytes], pack: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip with these files in this order."""
    with zipfile.ZipFile(path, "w", pack) as archive:
        for name, data in files.items():
            archive.writestr(entry(name, pack), data)
    return path


def entry(name: str, pack: int = zipfile.ZIP_DEFLATED, mode: int = 0o100644) -> zipfile.ZipInfo:
    """A zip entry with this very name, mode and way of packing."""
    info = zipfile.ZipInfo(name)
    info.compress_type = pack
    info.external_attr = mode << 16
    return info


def folder(root: Path, files: Mapping[str, bytes]) -> Path:
    """Write the files below a new folder."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def with_header(
    path: Path, name: str, *, size: int | None = None, flags: int | None = None
) -> Path:
    """Change what both of an entry's headers say of its unpacked size or of its flags."""
    data = bytearray(path.read_bytes())
    for signature, header, flag_at, size_at in ((b"PK\3\4", 30, 6, 22), (b"PK\1\2", 46, 8, 24)):
        at = data.index(name.encode(), data.index(signature)) - header
        while data[at : at + 4] != signature:  # The name also stands in the other header.
            at = data.index(name.encode(), at + header + 1) - header
        if size is not None:
            struct.pack_into("<L", data, at + size_at, size)
        if flags is not None:
            struct.pack_into("<H", data, at + flag_at, flags)
    path.write_bytes(data)
    return path


def raw_names(path: Path, files: Mapping[bytes, bytes]) -> Path:
    """A zip as old programs write it: names in any encoding, without the flag for UTF-8."""
    plain = {f"{i:03d}".ljust(len(n), "x"): data for i, (n, data) in enumerate(files.items())}
    data = zipped(path, plain, zipfile.ZIP_STORED).read_bytes()
    for stand_in, name in zip(plain, files, strict=True):
        assert data.count(stand_in.encode()) == 2
        data = data.replace(stand_in.encode(), name)
    path.write_bytes(data)
    return path
