"""The picture of this task on the front page: slices of the phantom that the page opens with."""

from __future__ import annotations

import numpy as np
from PIL import Image

from plugins.shared.page.card_pictures import FAINT, OTHER, Canvas
from plugins.volume_classification.lesson.phantom import phantom, spot_centre
from plugins.volume_classification.opening import WINDOW, recorded

SIDE = 190
STEPS = (-7, 0, 7)
"""Slices from the central one, the deepest first."""
SHIFT = 124, 36
"""Pixels from one slice to the next."""


def draw() -> Image.Image:
    """Three slices one before the other, with a ring around the spot in question."""
    seed, label, *_ = recorded()
    values = phantom(seed, label).values
    _, low, high = WINDOW
    grey = (np.clip((values - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    middle = len(grey) // 2
    down, across = spot_centre(seed)
    canvas = Canvas()
    for i, step in enumerate(STEPS):
        left, top = 21 + i * SHIFT[0], 18 + i * SHIFT[1]
        tile = Image.fromarray(grey[middle + step]).resize((256, 256), Image.Resampling.BICUBIC)
        canvas.paste(tile, (left, top, left + SIDE, top + SIDE), 10, FAINT)
        scale = SIDE / grey.shape[1]
        x = left + SIDE / 2 + across * scale
        y = top + SIDE / 2 + down * scale
        canvas.ring(x, y, 30, OTHER, 3)
    return canvas.finished()
