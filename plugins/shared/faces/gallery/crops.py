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
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from plugins.shared.faces.align import TEMPLATES, reach, similarity
from plugins.shared.faces.detect import Face, FaceError, Faces
from plugins.shared.faces.gallery.stores.contract import Points
from plugins.shared.files.pictures import Picture, read_picture

KEPT_SIDE = 320
"""Longest side of a kept picture, in pixels: twice the largest chip."""
SIDES = (KEPT_SIDE, 256, 192, 128)
QUALITIES = (98, 95, 92, 86, 78, 68)
TEMPLATE = TEMPLATES["arcface-112"][0]
BOX = (15.3, 13.5, 97.2, 119.3)
"""Where the detector puts its box in ArcFace's frame: medians over ORL."""
OLD_TEMPLATE = ((81.7, 53.8), (67.2, 54.0), (30.1, 53.9), (44.5, 54.1), (56.0, 79.6))
"""Where the landmarks of galleries lie that were made with dlib's detector: eye corners, and the
base of the nose."""


def region(picture: Picture, face: Face) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what `keep` keeps, in pixels of the face's view: all that counts
    for any alignment.
    """
    pixels, landmarks = face.view(picture)
    height, width = pixels.shape[:2]
    reached = np.array([reach(np.array(landmarks), alignment) for alignment in TEMPLATES])
    left, top = np.clip(reached[:, :2].min(axis=0), 0, (width - 1, height - 1))
    right, bottom = np.clip(reached[:, 2:].max(axis=0), (left + 1, top + 1), (width, height))
    return int(left), int(top), int(right), int(bottom)


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
    pixels, landmarks = face.view(picture)
    around = Image.fromarray(pixels[top:bottom, left:right])
    for side in SIDES:
        image = around.copy()
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        for quality in QUALITIES:
            data = _jpeg(image, quality)
            if len(data) <= most_bytes:
                zoom = (image.width / around.width, image.height / around.height)
                points = (((x - left) * zoom[0], (y - top) * zoom[1]) for x, y in landmarks)
                return data, tuple(points)
    raise ValueError(f"A face does not fit into {most_bytes} bytes")


def restore(
    jpeg: bytes,
    landmarks: Sequence[Sequence[float]],
    label: str,
    find: Callable[[Picture], Faces] | None = None,
) -> tuple[Picture, Face]:
    """The picture and the face that `keep` kept, ready to be aligned for any network.

    Args:
        label: The name to show for the picture.
        find: The detector, which finds the face again where its landmarks are of an old kind.

    Returns:
        The picture, and the face: its box is derived from the landmarks, its size is that in the
        kept picture, and its score, which was not kept, is NaN.

    Raises:
        PictureError: The bytes are no picture.
        FaceError: The landmarks are not five points in the picture, or of an old kind and the face
            is not found again.
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
    if _misfit(points, OLD_TEMPLATE) < _misfit(points, TEMPLATE):
        return picture, _found_again(picture, points, find)
    (x0, y0), (x1, y1) = _bounds(points, BOX)
    box = (round(x0), round(y0), round(x1), round(y1))
    face = tuple((float(x), float(y)) for x, y in points)
    return picture, Face(box, math.nan, face, box[2] - box[0])


def _found_again(
    picture: Picture, points: np.ndarray, find: Callable[[Picture], Faces] | None
) -> Face:
    """The face around these points, as today's detector finds it."""
    across, down = points.mean(axis=0)
    for face in find(picture) if find else ():
        left, top, right, bottom = face.box
        if left < across < right and top < down < bottom:
            return face
    raise FaceError(
        "It was enrolled with an earlier detector, and today's does not find it in its picture",
        where=picture.name,
        todo="Enrol the face again from its own picture.",
    )


def _misfit(points: np.ndarray, template: Points) -> float:
    """How badly points fit a template, as a share of the template's spread."""
    turn, shift = similarity(points, np.asarray(template))
    wanted = np.asarray(template) @ (1, 1j)
    left = np.abs(turn * (points @ (1, 1j)) + shift - wanted)
    return float(np.linalg.norm(left) / np.linalg.norm(wanted - wanted.mean()))


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
    """
    turn, shift = similarity(np.asarray(TEMPLATE), np.asarray(landmarks))
    left, top, right, bottom = frame
    corners = np.array([complex(x, y) for x in (left, right) for y in (top, bottom)])
    corners = turn * corners + shift
    ends = [[end(corners.real), end(corners.imag)] for end in (np.min, np.max)]
    return np.array(ends)
