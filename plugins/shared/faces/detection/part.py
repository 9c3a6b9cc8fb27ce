"""The part of a picture around one face, at the picture's own size as far as that is needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugins.shared.faces.detection.yunet import SCORE
from plugins.shared.files.full_size import FullSize

CLOSE = 160
"""A face that is narrower in a reduced picture is cut from the picture at its own size."""
REACH, MOST = 1.7, 544
"""Of that close-up; see `Part`."""


@dataclass(frozen=True)
class CloseUp:
    """The pixels around a face at the original's size, where the picture is reduced.

    Attributes:
        pixels: (h, w, 3) uint8 RGB.
        landmarks: The face's landmarks in these pixels.
    """

    pixels: np.ndarray
    landmarks: tuple[tuple[float, float], ...]


class Part:
    """A square around a box, less what lies outside the picture.

    Args:
        zoom: Pixels of the picture, as `box` counts them, for one of `full`.
        box: Left, top, right, bottom in pixels of the picture.
        reach: From the box's centre to the sides, in longer sides of the box.
        most: Longest side of the result in pixels; what is larger is reduced.

    Attributes:
        pixels: (h, w, 3) uint8 RGB.
        zoom: Its pixels for one of the picture. `left`, `top`: where it begins in the picture.
    """

    def __init__(self, full: FullSize, zoom: float, box: np.ndarray, reach: float, most: int):
        low, high = np.asarray(box[:2]) / zoom, np.asarray(box[2:4]) / zoom
        centre, half = (low + high) / 2, max(*(high - low), 1.0) * reach
        start = np.floor(np.clip(centre - half, 0, np.array(full.size) - 1))
        end = np.ceil(np.clip(centre + half, start + 1, full.size))
        shrink = min(1.0, most / (end - start).max())
        width, height = (max(1, round(side)) for side in (end - start) * shrink)
        self.pixels = full.show((*start, *end), (width, height))
        self.zoom = float(width / (end - start)[0] / zoom)
        self.left, self.top = (float(edge) for edge in start * zoom)

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Points (…, 2) of the picture, in pixels of the part."""
        return (np.asarray(points) - (self.left, self.top)) * self.zoom

    def outside(self, sightings: np.ndarray) -> np.ndarray:
        """Sightings (N, 15) in the part, in pixels of the picture."""
        moved = sightings.copy()
        moved[:, :SCORE:2] = sightings[:, :SCORE:2] / self.zoom + self.left
        moved[:, 1:SCORE:2] = sightings[:, 1:SCORE:2] / self.zoom + self.top
        return moved


def close_up(full: FullSize, zoom: float, box: np.ndarray, landmarks: np.ndarray) -> CloseUp | None:
    """The pixels around a small face of a reduced picture; None where the picture's own will do.

    Args:
        zoom: As for `Part`.
        box: Left, top, right, bottom in pixels of the picture; `landmarks`: (5, 2) in the same.
    """
    if zoom >= 1 or min(box[2] - box[0], box[3] - box[1]) >= CLOSE:
        return None
    part = Part(full, zoom, box, REACH, MOST)
    return CloseUp(part.pixels, plain(part.inside(landmarks)))


def plain(points: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Points (N, 2) as a face keeps them."""
    return tuple((float(x), float(y)) for x, y in points)
