"""What is kept of a picture so that another network can encode the face later, and no more.

Only the frame that the alignments can reach is kept: neither the neighbours in a group photo nor
the file's EXIF data with its place and time.

Measured: through `keep` and `restore` the embedded network's encoding moves by 0.015 (median) and
0.022 (95 % of 453 faces of ORL and dlib's johns); two photos of one person are about 0.3 apart.
Faces of 370 to 750 pixels, which are reduced, move by 0.03 to 0.06.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from plugins.shared.faces.align import ARCFACE_TEMPLATE
from plugins.shared.faces.detect import Face, FaceError
from plugins.shared.faces.gallery.stores.contract import Points
from plugins.shared.files.pictures import Picture, read_picture

FRAME = (-6.0, -6.0, 118.0, 132.0)
"""Left, top, right, bottom of what is kept, in the 112-px frame of ArcFace's template.

ArcFace's chip fills 0 to 112. dlib's 150-px chip, measured over 453 faces, lies within 3 to 110
across and 19 to 126 down. The rest is for the filters that reduce a large face.
"""
KEPT_SIDE = 320
"""Longest side of a kept picture, in pixels: twice the largest chip."""
SIDES = (KEPT_SIDE, 256, 192, 128)
QUALITIES = (98, 95, 92, 86, 78, 68)
DLIB_BOX = (13.0, 30.0, 96.0, 113.0)
"""Where dlib's detector puts its box in ArcFace's frame: medians over the same faces."""


def region(picture: Picture, face: Face) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what `keep` keeps, in pixels of the picture."""
    height, width = picture.pixels.shape[:2]
    (x0, y0), (x1, y1) = _bounds(face.landmarks, FRAME)
    # Even, since dlib takes whole pixels and Python rounds 2.5 and 3.5 to different sides.
    left, top = (max(0, math.floor(edge) // 2 * 2) for edge in (x0, y0))
    return left, top, min(width, math.ceil(x1)), min(height, math.ceil(y1))


def keep(picture: Picture, face: Face, most_bytes: int = 48_000) -> tuple[bytes, Points]:
    """Cut the region around a face and pack it as a JPEG without any metadata.

    Args:
        most_bytes: The JPEG is not larger; quality is lowered first, then size.

    Returns:
        The JPEG, at most `KEPT_SIDE` pixels a side, and the five landmarks in its pixels.

    Raises:
        ValueError: Nothing readable fits into so few bytes.
    """
    left, top, right, bottom = region(picture, face)
    around = Image.fromarray(picture.pixels[top:bottom, left:right])
    for side in SIDES:
        image = around.copy()
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        for quality in QUALITIES:
            data = _jpeg(image, quality)
            if len(data) <= most_bytes:
                zoom = (image.width / around.width, image.height / around.height)
                points = (((x - left) * zoom[0], (y - top) * zoom[1]) for x, y in face.landmarks)
                return data, tuple(points)
    raise ValueError(f"A face does not fit into {most_bytes} bytes")


def restore(jpeg: bytes, landmarks: Sequence[Sequence[float]], label: str) -> tuple[Picture, Face]:
    """The picture and the face that `keep` kept, ready to be aligned for any network.

    Args:
        label: The name to show for the picture.

    Returns:
        The picture, and the face: its box is derived from the landmarks, its size is that in the
        kept picture, and its score, which was not kept, is NaN.

    Raises:
        PictureError: The bytes are no picture.
        FaceError: The landmarks are not five points in the picture.
    """
    picture = read_picture(jpeg, label)
    height, width = picture.pixels.shape[:2]
    try:
        points = np.asarray(landmarks, float)
    except (TypeError, ValueError):
        points = np.empty(0)
    # A face at the picture's edge may have a landmark beyond it.
    near = points.shape == (5, 2) and (abs(points / (width, height) - 0.5) <= 1).all()
    if not near or np.ptp(points, axis=0).max() < 1:
        raise FaceError(
            "The landmarks kept with the picture are not five points in it",
            where=label,
            todo="Enrol the face again from its own picture.",
        )
    face = tuple((float(x), float(y)) for x, y in points)
    (x0, y0), (x1, y1) = _bounds(face, DLIB_BOX)
    box = (round(x0), round(y0), round(x1), round(y1))
    return picture, Face(box, math.nan, face, box[2] - box[0])


def chip_jpeg(chip: np.ndarray, side: int = 96) -> bytes:
    """A small JPEG to show, of a (H, W, 3) uint8 chip; its sides are at most `side` pixels."""
    image = Image.fromarray(chip)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _jpeg(image, 88)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def _bounds(landmarks: Points, frame: tuple[float, float, float, float]) -> np.ndarray:
    """The upright rectangle in the picture around a rectangle of ArcFace's frame, which the
    least-squares similarity from the template to the landmarks may turn: ((x0, y0), (x1, y1)).

    As complex numbers the similarity is z ↦ centre + turn · (z − template's centre).
    """
    template, face = (
        np.asarray(points, float) @ (1, 1j) for points in (ARCFACE_TEMPLATE, landmarks)
    )
    spread, centre = template - template.mean(), face.mean()
    turn = np.vdot(spread, face - centre) / np.vdot(spread, spread)
    left, top, right, bottom = frame
    corners = np.array([complex(x, y) for x in (left, right) for y in (top, bottom)])
    corners = centre + turn * (corners - template.mean())
    ends = [[end(corners.real), end(corners.imag)] for end in (np.min, np.max)]
    return np.array(ends)
