"""The picture of this task on the front page: the nine patches of two units of the survey that the
page opens with.
"""

from __future__ import annotations

from PIL import Image

from plugins.activation_explorer.opening import recorded_board
from plugins.activation_explorer.sheet import framed
from plugins.shared.page.card_pictures import SIZE, Canvas

UNITS = (("blocks.0", 8), ("blocks.1", 14))
"""Of the shallowest layer, stripes; of the next one, arcs."""
SIDE, GAP = 70, 5


def draw() -> Image.Image:
    """Three rows of three patches, twice."""
    survey = recorded_board().survey
    canvas = Canvas()
    block = 3 * SIDE + 2 * GAP
    margin = (SIZE[0] - 2 * block) / 3, (SIZE[1] - block) / 2
    for i, (layer, unit) in enumerate(UNITS):
        field = survey.layers[layer].layer.field.size
        left = margin[0] + i * (block + margin[0])
        for j, patch in enumerate(survey.patches(layer, unit)):
            shown = framed(patch, field, survey.pictures.size, 3 * SIDE)
            x, y = left + j % 3 * (SIDE + GAP), margin[1] + j // 3 * (SIDE + GAP)
            canvas.paste(Image.fromarray(shown), (x, y, x + SIDE, y + SIDE), 5)
    return canvas.finished()
