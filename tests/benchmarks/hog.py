"""dlib's HOG detector as the product ran it before YuNet, to compare with."""

from __future__ import annotations

import dlib
import numpy as np
from PIL import Image

PASSES = ((2, 2048), (4, 4096))
"""The picture is searched enlarged so often, up to so many pixels a side; the second time only
where the first found nothing."""
LEAST = 0.2

_detect = dlib.get_frontal_face_detector()


def hog(pixels: np.ndarray) -> list[tuple[int, int, int, int]]:
    """The boxes of all faces, in pixels; the picture is one that was reduced to 2048 pixels."""
    long_side = max(pixels.shape[:2])
    for factor, most in PASSES:
        zoom = min(factor * long_side, most) / long_side
        size = (max(1, round(pixels.shape[1] * zoom)), max(1, round(pixels.shape[0] * zoom)))
        image = Image.fromarray(pixels)
        seen = np.asarray(image.resize(size, Image.Resampling.BICUBIC)) if zoom != 1 else pixels
        boxes, scores, _ = _detect.run(seen, 0, 0.0)
        found = list(zip(boxes, scores, strict=True))
        found = [one for one in found if one[1] >= LEAST] or found
        if found:
            edges = [(b.left(), b.top(), b.right(), b.bottom()) for b, _ in found]
            return [tuple(round(edge / zoom) for edge in box) for box in edges]
    return []
