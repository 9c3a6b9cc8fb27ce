"""The picture of this task on the front page: the painting that the page opens with, beside what it
was painted from.
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from plugins.shared.page.card_pictures import BACK, INK, SIZE, Canvas
from plugins.style_transfer.recorded import recorded

PAINTED = 222
"""Width of what is painted already."""


def draw() -> Image.Image:
    """The painting at the left of a line, and the photograph at its right."""
    run = recorded()
    content, result = (
        ImageOps.fit(Image.open(io.BytesIO(data)).convert("RGB"), SIZE, centering=(0.5, 0))
        for data in (run.content, run.result)
    )
    content.paste(result.crop((0, 0, PAINTED, SIZE[1])), (0, 0))
    canvas = Canvas()
    canvas.paste(content, (0, 0, *SIZE), 0)
    canvas.line([(PAINTED, 0), (PAINTED, SIZE[1])], INK, 4)
    canvas.dot(PAINTED, SIZE[1] / 2, 17, INK)
    for way in (-1, 1):
        points = [(PAINTED + way * x, SIZE[1] / 2 + y) for x, y in ((4, -6), (11, 0), (4, 6))]
        canvas.polygon(points, BACK)
    return canvas.finished()
