"""Where in a picture YuNet looks, at which sizes and turns; candidates come of it, not yet faces.

YuNet was made for faces of 10 to 300 pixels, and is sure of them from 32 pixels on. So a picture is
looked at reduced, where large faces are of that kind, and in tiles so large that 40 pixels of the
original are 32 of what is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from plugins.shared.faces.detection.geometry import merged, scaled
from plugins.shared.faces.detection.yunet import SCORE, Yunet
from plugins.shared.files.full_size import FullSize

NEAR = (320, 640)
"""Long sides, in pixels, of the reduced pictures, for large faces."""
TURNED = 1280
"""The same of the pictures that are turned by a quarter, in which less is looked for."""
FAR = 0.8
"""What is larger than one look is shown in tiles at this size, so that 40 pixels are 32."""
TILE, LAP = 1024, 160
"""Side of a tile, and how far it laps over the next one, in pixels of what is looked at. A face in
the lap is whole in one of them; the largest that a reduced look cannot see is smaller than the
lap."""
BRIDGE = 4900
"""From this long side on the lap alone no longer joins the reduced look to the tiles: a third size
lies between."""

Stop = Callable[[], bool]


class Cancelled(Exception):
    """The search was asked to end before it was through."""


def upright_looks(yunet: Yunet, pixels: np.ndarray, full: FullSize, stop: Stop) -> list[np.ndarray]:
    """What is seen in a picture as it stands, at each size, in pixels of `pixels`.

    Args:
        pixels: The picture, perhaps reduced; `full`: the same at its own size.
        stop: Asked before each look.

    Raises:
        Cancelled: `stop` said so.
    """
    side, reduced = max(pixels.shape[:2]), full.size[0] > pixels.shape[1]
    found = [_reduced(yunet, pixels, near, stop) for near in NEAR if side > near]
    if not reduced or max(full.size) > BRIDGE:
        found.append(_reduced(yunet, pixels, side, stop))
    if reduced:
        zoom = pixels.shape[1] / full.size[0]
        seen = [scaled(one, 1 / zoom) for one in _tiles(yunet, full, stop)]
        found.append(np.concatenate(seen))
    return found


def turned_looks(yunet: Yunet, pixels: np.ndarray, quarters: int, stop: Stop) -> list[np.ndarray]:
    """What is seen in a picture that is turned counter-clockwise by so many quarters, in pixels of
    the picture as it stands.

    Raises:
        Cancelled: `stop` said so.
    """
    turned = np.rot90(pixels, quarters)
    side = min(TURNED, max(pixels.shape[:2]))
    sides = {side, *(near for near in NEAR if near < side)}
    found = [_reduced(yunet, turned, side, stop) for side in sorted(sides)]
    return [_turned_back(seen, pixels.shape[:2], quarters) for seen in found]


def _reduced(yunet: Yunet, pixels: np.ndarray, side: int, stop: Stop) -> np.ndarray:
    if stop():
        raise Cancelled
    height, width = pixels.shape[:2]
    zoom = min(1.0, side / max(height, width))
    if zoom < 1:
        size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
        image = Image.fromarray(np.ascontiguousarray(pixels))
        pixels = np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
        zoom = size[0] / width
    return scaled(yunet.look(pixels), zoom)


def _tiles(yunet: Yunet, full: FullSize, stop: Stop) -> Iterator[np.ndarray]:
    """What is seen in each tile, in pixels of the original. One tile is in memory at a time."""
    span = TILE / FAR
    for top in _starts(full.size[1], span):
        for left in _starts(full.size[0], span):
            if stop():
                raise Cancelled
            right, bottom = min(left + span, full.size[0]), min(top + span, full.size[1])
            size = (max(1, round((right - left) * FAR)), max(1, round((bottom - top) * FAR)))
            seen = yunet.look(full.show((left, top, right, bottom), size))
            yield scaled(seen, FAR, left, top)


def _starts(side: int, span: float) -> list[float]:
    """Where tiles begin: evenly, each lapping over the next by `LAP` at least."""
    if side <= span:
        return [0.0]
    count = int(np.ceil((side - span) / (span - LAP / FAR))) + 1
    return [float(start) for start in np.linspace(0, side - span, count)]


def _turned_back(seen: np.ndarray, shape: tuple[int, int], quarters: int) -> np.ndarray:
    """Sightings in `np.rot90(pixels, quarters)`, in pixels of `pixels`, which have this shape."""
    height, width = shape
    for quarter in range(quarters % 4, 0, -1):
        # What is as wide as the picture was before this quarter turn.
        across = width if quarter % 2 else height
        x, y = across - seen[:, 1:SCORE:2], seen[:, 0:SCORE:2]
        seen = np.concatenate([np.stack([x, y], axis=2).reshape(-1, SCORE), seen[:, SCORE:]], 1)
        seen[:, [0, 2]] = seen[:, [2, 0]]
    return seen


def candidates(looks: list[np.ndarray]) -> np.ndarray:
    """All that may be faces, (N, 15), the surest first, each once."""
    return merged(np.concatenate(looks))
