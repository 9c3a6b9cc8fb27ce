"""The picture of this task on the front page: the comparison that the page opens with."""

from __future__ import annotations

import numpy as np
from PIL import Image

from plugins.face_verification.model import OPENING
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.measured.stored_curves import recorded_faces
from plugins.shared.page.card_pictures import ANCHOR, BACK, OTHER, SAME, Canvas, mixed

SIZE = 960, 500
"""Wide, for the first card; the front page shows the middle of it."""
FACE, MIDDLE = 248, 250
THRESHOLD = 0.6
"""Of the network, as its author published it."""


def draw() -> Image.Image:
    """Two faces, their encodings as numbers in colours, and the verdict between them."""
    canvas = Canvas(SIZE)
    pictures = [load_example(key) for key in OPENING]
    known = [recorded_faces(picture.digest)[0] for picture in pictures]
    first, second = (one.encoding for one in known)
    same = float(np.linalg.norm(first - second)) <= THRESHOLD
    colour = SAME if same else OTHER
    faces = [26, SIZE[0] - 26 - FACE]
    canvas.line([(SIZE[0] / 2 - 80, MIDDLE), (SIZE[0] / 2 + 80, MIDDLE)], colour, 5)
    for picture, one, left in zip(pictures, known, faces, strict=True):
        box = left, MIDDLE - FACE / 2, left + FACE, MIDDLE + FACE / 2
        canvas.paste(_face(picture.pixels, one.face.box), box, 18, colour)
    _numbers(canvas, first, 26 + FACE + 30)
    _numbers(canvas, second, faces[1] - 30 - 8 * STEP)
    canvas.dot(SIZE[0] / 2, MIDDLE, 42, colour)
    _sign(canvas, same)
    return canvas.finished()


STEP = 13
EMPTY, WARM = "#1e293b", "#fde047"


def _numbers(canvas: Canvas, encoding: np.ndarray, left: float) -> None:
    """The 128 numbers as 16 rows of 8 squares: blue below zero, yellow above."""
    most = float(np.abs(encoding).max())
    for i, value in enumerate(encoding / most):
        x, y = left + i % 8 * STEP, MIDDLE + (i // 8 - 8) * STEP
        colour = mixed(EMPTY, WARM if value > 0 else ANCHOR, float(abs(value)) ** 0.7)
        canvas.polygon(
            [(x, y), (x + STEP - 2, y), (x + STEP - 2, y + STEP - 2), (x, y + STEP - 2)], colour
        )


def _sign(canvas: Canvas, same: bool) -> None:
    """Equal, or not."""
    x = SIZE[0] / 2
    for down in (-9, 9):
        canvas.line([(x - 20, MIDDLE + down), (x + 20, MIDDLE + down)], BACK, 7)
    if not same:
        canvas.line([(x - 12, MIDDLE + 24), (x + 12, MIDDLE - 24)], BACK, 7)


def _face(pixels: np.ndarray, box: tuple[int, int, int, int]) -> Image.Image:
    """A square around a face, half as large again as its box, within the picture."""
    left, top, right, bottom = box
    height, width = pixels.shape[:2]
    side = min(round(1.5 * (right - left)), height, width)
    x = min(max((left + right - side) // 2, 0), width - side)
    y = min(max((top + bottom - side) // 2, 0), height - side)
    return Image.fromarray(pixels).crop((x, y, x + side, y + side))
