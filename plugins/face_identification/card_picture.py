"""The picture of this task on the front page: the probe that the page opens with, in which one of
two people is known.
"""

from __future__ import annotations

from PIL import Image

from plugins.face_identification.events import NAME
from plugins.shared.faces.examples import TOGETHER, load_example
from plugins.shared.faces.measured.stored_curves import recorded_faces
from plugins.shared.page.card_pictures import OTHER, SAME, SIZE, Canvas


def draw() -> Image.Image:
    """Both faces boxed: the enrolled one with its name, the other one as a question."""
    canvas = Canvas()
    picture = load_example(TOGETHER)
    image = Image.fromarray(picture.pixels)
    scale = max(SIZE[0] / image.width, SIZE[1] / image.height)
    width = image.width * scale
    left = (width - SIZE[0]) / 2
    canvas.paste(image, (-left, 0, width - left, image.height * scale), 0)
    faces = sorted(recorded_faces(picture.digest), key=lambda one: one.face.box[0])
    for one, colour, word in zip(faces, (SAME, OTHER), (NAME, "?"), strict=True):
        x0, y0, x1, y1 = (side * scale for side in one.face.box)
        box = x0 - left, y0, x1 - left, y1
        canvas.frame(box, colour)
        canvas.label(word, box[0], box[3] + 6, colour)
    return canvas.finished()
