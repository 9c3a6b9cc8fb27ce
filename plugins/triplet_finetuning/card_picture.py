"""The picture of this task on the front page: a triplet of the run that the page opens
with.
"""

from __future__ import annotations

import math

from PIL import Image

from plugins.shared.page.card_pictures import ANCHOR, FAINT, OTHER, SAME, Canvas
from plugins.triplet_finetuning.recorded import recorded

SIDE = 112
PLACES = {"anchor": (92, 150), "positive": (284, 84), "negative": (392, 216)}
"""Middles of the three pictures."""
COLOURS = {"anchor": ANCHOR, "positive": SAME, "negative": OTHER}


def draw() -> Image.Image:
    """The anchor, the positive that is drawn to it, and the negative that is pushed away."""
    run = recorded()
    triplet = run.track.looks[0].scene.hardest[0]
    canvas = Canvas()
    x, y = PLACES["anchor"]
    for radius in (150, 250, 350):
        canvas.ring(x, y, radius, FAINT, 1.5)
    _arrow(canvas, "positive", True)
    _arrow(canvas, "negative", False)
    for name, (x, y) in PLACES.items():
        picture = Image.fromarray(run.pictures.picture(getattr(triplet, name)))
        box = x - SIDE / 2, y - SIDE / 2, x + SIDE / 2, y + SIDE / 2
        canvas.paste(picture, box, 14, COLOURS[name])
    return canvas.finished()


def _arrow(canvas: Canvas, name: str, inward: bool) -> None:
    """From the anchor's edge to a picture's, with a head at the end that it points to."""
    (x0, y0), (x1, y1) = PLACES["anchor"], PLACES[name]
    length = math.hypot(x1 - x0, y1 - y0)
    across, down = (x1 - x0) / length, (y1 - y0) / length
    near, far = SIDE / 2 + 16, length - SIDE / 2 - 16
    tip, way = (near, 1) if inward else (far, -1)
    ends = [(x0 + across * at, y0 + down * at) for at in (near + 8, far - 8)]
    canvas.line(ends, COLOURS[name], 5)
    at = x0 + across * tip, y0 + down * tip
    back = tip + way * 20
    sides = [(x0 + across * back - down * s, y0 + down * back + across * s) for s in (-11, 11)]
    canvas.polygon([at, *sides], COLOURS[name])
