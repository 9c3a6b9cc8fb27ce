"""Read any picture a visitor may bring: upright sRGB pixels, or an error that says what to do."""

from __future__ import annotations

import hashlib
import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms

from plugins.shared.files.file_kinds import HEIC, guess_kind, plain_name, size_text
from plugins.shared.files.limits import DEFAULT, Limits
from weights.errors import ParagoneError
from weights.messages import say

FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "AVIF", "JPEG2000")
MAX_SIDE = 2048
MIN_SIDE = 16
ORIENTATION_TAG = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# The white of a picture deeper than 8 bits: a unit float, then 8, 10, 12, 14 and 16 bits.
WHITES = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0)
SAVE_AGAIN = "Open it in a picture viewer and save it again as JPEG or PNG."
UNREADABLE = "The picture cannot be decoded: it is damaged, cut short or of a rare kind"

# What Pillow warns of is either refused below with an error or harmless to a visitor.
warnings.filterwarnings("ignore", module=r"PIL\.")
log = logging.getLogger(__name__)


class PictureError(ParagoneError):
    """A picture that cannot be read, or not be used: then it may have `pixels`, to be shown."""

    pixels: np.ndarray | None = None


@dataclass(frozen=True)
class Picture:
    """A picture ready for a network.

    Attributes:
        pixels: (H, W, 3) uint8, RGB, upright, read-only.
        name: The visitor's name of the file, shortened and without what could upset a page.
        digest: SHA-256 of the bytes as they came, in hexadecimal.
        original_size: Width and height of the upright picture before it was reduced, in pixels.
        scale: Side in `pixels` over side in the original, in (0, 1].
        source: The bytes as they came, where `pixels` are a reduced copy of them and the reader was
            asked to keep them; else empty.
    """

    pixels: np.ndarray = field(repr=False, compare=False)
    name: str
    digest: str
    original_size: tuple[int, int]
    scale: float
    source: bytes = field(default=b"", repr=False, compare=False)


def read_picture(
    source: Path | str | bytes | BinaryIO,
    name: str = "",
    limits: Limits = DEFAULT,
    max_side: int = MAX_SIDE,
    keep_source: bool = False,
) -> Picture:
    """Read the first frame of a picture, upright, in sRGB, over white where it is transparent.

    Args:
        source: A path, the bytes themselves, or an open binary file.
        name: The name to show; taken from the path where it is empty.
        limits: The most bytes and declared pixels that are read.
        max_side: Longest side of the result; a larger picture is reduced, in pixels.
        keep_source: Keep the bytes of a picture that is reduced, so that `FullSize` can show it at
            its own size.

    Raises:
        PictureError: The source is missing, empty, too large, too small or no picture.
    """
    if not name and not isinstance(source, (bytes, bytearray, memoryview)):
        name = str(source if isinstance(source, (str, Path)) else getattr(source, "name", ""))
    name = plain_name(name) or "the picture"
    data = _bytes_of(source, name, limits)
    try:
        with open_picture(data) as file:
            _check_size(file.size, name, limits)
            upright, original_size = _decode(file, max_side)
    except PictureError:
        raise
    except Image.UnidentifiedImageError:
        raise _not_a_picture(data, name) from None
    except Image.DecompressionBombError:  # Pillow's own limit, which may be below the host's.
        most = min(limits.picture_pixels, 2 * (Image.MAX_IMAGE_PIXELS or limits.picture_pixels))
        raise _too_many_pixels(
            say("It has more than the {most:,} pixels that are read", most=most), name
        ) from None
    except MemoryError:
        raise _too_many_pixels("It does not fit into this machine's memory", name) from None
    except Exception as error:  # A hostile file makes Pillow raise nearly anything.
        raise PictureError(UNREADABLE, where=name, todo=SAVE_AGAIN) from error
    pixels = np.asarray(upright)
    pixels.setflags(write=False)
    scale = min(1.0, max(pixels.shape[:2]) / max(original_size))
    digest = hashlib.sha256(data).hexdigest()
    source = data if keep_source and scale < 1 else b""
    return Picture(pixels, name, digest, original_size, scale, source)


def open_picture(data: bytes) -> Image.Image:
    """The picture of a file's bytes, not decoded yet."""
    return Image.open(io.BytesIO(data), formats=_formats())


def _bytes_of(source: Path | str | bytes | BinaryIO, name: str, limits: Limits) -> bytes:
    """The source's bytes, never more than one beyond the limit in memory."""
    try:
        if isinstance(source, (str, Path)):
            with Path(source).open("rb") as file:
                data = file.read(limits.picture_bytes + 1)
        elif isinstance(source, (bytes, bytearray, memoryview)):
            data = bytes(source)
        else:
            data = source.read(limits.picture_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        what = say("The file cannot be opened: {reason}", reason=reason)
        raise PictureError(what, where=name, todo="Choose the picture again.") from error
    if not data:
        todo = "Choose the picture again; if it stays empty, take another copy of it."
        raise PictureError("The file is empty", where=name, todo=todo)
    if len(data) > limits.picture_bytes:
        what = say(
            "The file is larger than the {picture_bytes} that are read",
            picture_bytes=size_text(limits.picture_bytes),
        )
        raise PictureError(what, where=name, todo="Save a smaller copy, for example as JPEG.")
    return data


def _formats() -> tuple[str, ...]:
    """Those of `FORMATS` that this Pillow was built with."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _check_size(size: tuple[int, int], name: str, limits: Limits) -> None:
    width, height = size
    if width * height > limits.picture_pixels:
        most = say(
            "more than the {picture_pixels:,} pixels that are read",
            picture_pixels=limits.picture_pixels,
        )
        raise _too_many_pixels(
            say(
                "It declares {width:,} × {height:,} pixels, {most}",
                width=width,
                height=height,
                most=say(most),
            ),
            name,
        )
    if min(size) < MIN_SIDE:
        what = say(
            "The picture is too small: {width} × {height} pixels, at least {min_side} a side",
            width=width,
            height=height,
            min_side=MIN_SIDE,
        )
        raise PictureError(what, where=name, todo="Use a larger copy of the picture.")


def _too_many_pixels(reason: str, name: str) -> PictureError:
    todo = "Save a smaller copy of the picture and use that."
    return PictureError(
        say("The picture is too large. {reason}", reason=reason), where=name, todo=todo
    )


def _not_a_picture(data: bytes, name: str) -> PictureError:
    kind = guess_kind(data)
    if kind.endswith("picture") and kind != HEIC:
        what = say(
            "The file starts like {kind}, but is damaged or of a variant that is not read",
            kind=say(kind),
        )
        return PictureError(what, where=name, todo=SAVE_AGAIN)
    todo = "Choose a picture: JPEG, PNG, WebP, GIF, BMP, TIFF, PPM or PGM."
    if kind == HEIC:
        what = "HEIC pictures are not read"
        return PictureError(what, where=name, todo="Export it as JPEG and choose that file.")
    what = say(
        "The content is not a picture, whatever the name says; it seems to be {kind}",
        kind=say(kind),
    )
    return PictureError(what, where=name, todo=todo)


def _decode(file: Image.Image, max_side: int) -> tuple[Image.Image, tuple[int, int]]:
    """The reduced upright picture in RGB, and the upright size before it was reduced."""
    declared = file.size
    shrink = min(1.0, max_side / max(declared))
    wanted = (max(1, round(declared[0] * shrink)), max(1, round(declared[1] * shrink)))
    file.draft(None, wanted)  # A JPEG decodes straight to a half, a quarter or an eighth.
    image = resizable(file)
    if image.size != wanted:
        image = image.resize(wanted, Image.Resampling.BICUBIC, reducing_gap=2.0)
    image = to_srgb(image, file.info.get("icc_profile"))
    orientation = orientation_of(file)
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
    return image, declared[::-1] if orientation >= 5 else declared


def resizable(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be averaged: L, RGB, RGBA, CMYK or another of 8 bits."""
    image.load()
    if image.mode[0] in "IF":
        return _eight_bits(image)
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image.convert({"1": "L", "P": "RGB"}[image.mode]) if image.mode in "1P" else image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of any depth as 8 bits, by the depth it uses, or from its least to its largest value."""
    width, height = image.size

    def strips() -> Iterator[np.ndarray]:  # In strips, to keep the memory small.
        for top in range(0, height, 256):
            strip = np.asarray(image.crop((0, top, width, min(top + 256, height))), np.float64)
            yield np.nan_to_num(strip, nan=0.0, posinf=0.0, neginf=0.0)

    ends = [(strip.min(), strip.max()) for strip in strips()]
    black, white = min(low for low, _ in ends), max(high for _, high in ends)
    if black >= 0 and white <= WHITES[-1]:
        black, white = 0.0, next(level for level in WHITES if white <= level)
    factor = 255 / max(white - black, 1e-30)
    rows = [np.rint((strip - black) * factor).astype(np.uint8) for strip in strips()]
    return Image.fromarray(np.concatenate(rows))


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB of an image that `resizable` made, over white where it is transparent."""
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else None
        if source and "sRGB" not in ImageCms.getProfileDescription(source):
            target = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, ImportError, OSError, TypeError, ValueError) as error:
        log.info("A colour profile was left out, the colours are taken as sRGB: %s", error)
    return image.convert("RGB")


def orientation_of(file: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; asked after loading, since PNG may hold it at the end."""
    try:
        return int(file.getexif().get(ORIENTATION_TAG, 1))
    except Exception as error:  # Broken EXIF raises nearly anything, and the pixels are good.
        log.info("Broken EXIF was left out: %s", error)
        return 1
