"""The picture of this task on the front page: a heartbeat that the page opens with, in the colours
of what speaks for its class.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from plugins.shared.page.card_pictures import ANCHOR, BACK, INK, OTHER, SIZE, Canvas, mixed
from plugins.signal_classification.views.opening import opening

BEAT = 0
SIDES, ABOVE, BELOW = 20, 44, 34
"""Pixels that are kept free around it."""


def draw() -> Image.Image:
    """The beat, warm where it speaks for the answer and cold where against."""
    beat = opening().beats[BEAT]
    signal, said = beat.signal[0], beat.maps[beat.best]
    fine = np.linspace(0, len(signal) - 1, SIZE[0])
    places = np.arange(len(signal))
    values, shares = np.interp(fine, places, signal), np.interp(fine, places, said)
    shares = shares / np.abs(said).max()
    values = (values - signal.min()) / (signal.max() - signal.min())
    x = np.linspace(SIDES, SIZE[0] - SIDES, len(fine))
    y = SIZE[1] - BELOW - values * (SIZE[1] - ABOVE - BELOW)
    canvas = Canvas()
    for i, share in enumerate(shares[:-1]):
        colour, much = OTHER if share > 0 else ANCHOR, float(abs(share)) ** 0.7
        low = SIZE[1]
        corners = [(x[i], y[i]), (x[i + 1], y[i + 1]), (x[i + 1], low), (x[i], low)]
        canvas.polygon(corners, mixed(BACK, colour, 0.55 * much))
    for i, share in enumerate(shares[:-1]):
        colour, much = OTHER if share > 0 else ANCHOR, float(abs(share)) ** 0.7
        canvas.line([(x[i], y[i]), (x[i + 1], y[i + 1])], mixed(INK, colour, much), 5)
        canvas.dot(x[i], y[i], 2.5, mixed(INK, colour, much))
    return canvas.finished()
