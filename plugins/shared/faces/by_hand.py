"""A face that the detector missed, placed by a visitor who clicks its two eyes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from plugins.shared.faces.align import TEMPLATES, similarity
from plugins.shared.faces.detect import MIN_FACE, Face, FaceError, Faces
from plugins.shared.faces.detection.geometry import reading_order
from plugins.shared.faces.detection.part import close_up, plain
from plugins.shared.faces.subject import Subject
from plugins.shared.files.full_size import full_size
from weights.messages import say

FRAME = "arcface-112"
BOX = (20, 25, 93, 108)
"""Of a face in that frame, when its eyes lie at the template's: medians of the detector's boxes."""
MOST = 20
"""Faces that may be placed in one picture."""
AGAIN = "Click the middle of one eye, then that of the other."


def place(subject: Subject, points: Sequence[Any]) -> Subject:
    """The picture with one face more, which is chosen. All faces are numbered anew.

    The other landmarks are where an upright face from the front has them, so the chip is the
    similarity transform by the eyes alone. The new face is the last one, whatever its size: the
    places of the others in `faces` stay.

    Args:
        points: The two eyes as (x, y) in shares of the picture's width and height, in any order.

    Raises:
        FaceError: They are no two places in the picture, or too near to each other.
    """
    picture = subject.picture
    height, width = picture.pixels.shape[:2]
    eyes = sorted((x * width, y * height) for x, y in _two(points, picture.name))
    template = np.asarray(TEMPLATES[FRAME][0])
    turn, shift = similarity(np.array(eyes), template[:2])
    if turn == 0:
        raise FaceError("The two eyes are one place", where=picture.name, todo=AGAIN)
    found = (template @ (1, 1j) - shift) / turn
    landmarks = np.stack([found.real, found.imag], axis=1)
    left, top, right, bottom = BOX
    centre = (complex(left + right, top + bottom) / 2 - shift) / turn
    half = complex(right - left, bottom - top) / 2 / abs(turn)
    corners = np.array([centre - half, centre + half])
    box = np.stack([corners.real.clip(0, width), corners.imag.clip(0, height)], 1).reshape(-1)
    size = round((right - left) / abs(turn) / picture.scale)
    if size < MIN_FACE:
        few = "This face is {size} pixels wide, and {least} are needed"
        what = say(few, size=size, least=MIN_FACE)
        raise FaceError(what, where=picture.name, todo="Use a larger copy of the picture.")
    if sum(face.by_hand for face in subject.faces) >= MOST:
        what = say("{most} faces are placed in this picture already", most=MOST)
        raise FaceError(what, where=picture.name, todo="Bring the picture again.")
    with full_size(picture) as full:
        cut = close_up(full, width / full.size[0], box, landmarks)
    sides = tuple(int(edge) for edge in box.round())
    made = Face(sides, 0.0, plain(landmarks), size, close_up=cut, by_hand=True)
    faces = [*subject.faces, made]
    numbers = reading_order(np.array([face.box for face in faces], float))
    numbered = (replace(f, number=n) for f, n in zip(faces, numbers, strict=True))
    old = subject.faces
    return replace(
        subject,
        faces=Faces(numbered, old.turns, old.sizes, old.doubtful),
        chosen=len(faces) - 1,
    )


def _two(points: Sequence[Any], where: str) -> list[tuple[float, float]]:
    """Two places in the picture, of whatever was sent."""
    try:
        (a, b), (c, d) = points
        found = [(float(a), float(b)), (float(c), float(d))]
    except (TypeError, ValueError):
        found = []
    inside = all(math.isfinite(share) and 0 <= share <= 1 for one in found for share in one)
    if not found or not inside:
        raise FaceError("The eyes are not in the picture", where=where, todo=AGAIN)
    return found
