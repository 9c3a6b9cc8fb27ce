"""Find the faces of a picture and five landmarks in each, with dlib's HOG detector and its 5-point
shape predictor.

The detector is Dalal & Triggs' histogram of oriented gradients in King's max-margin form
(arXiv:1502.00046); it sees faces of 80 px and more, so the picture is searched enlarged, and
enlarged further when nothing is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from plugins.shared.files.pictures import Picture
from weights.errors import ParagoneError

MIN_FACE = 40
"""The smallest face that is compared: the box's width in pixels of the original picture."""
DETECTOR_FACE = 80
"""The smallest face that dlib's detector was built for, in pixels of the picture it is shown."""
MIN_SCORE = 0.2
"""Weaker detections are kept only where a picture has no stronger one: they are often not faces."""
FIRST_PASS, SECOND_PASS = 2048, 4096
"""Long side, in pixels, of the largest enlarged picture that each pass searches."""


class FaceError(ParagoneError):
    """A picture in which no usable face was found."""


@dataclass(frozen=True)
class Face:
    """One detected face, or the whole picture where a network reads that.

    Attributes:
        box: Left, top, right, bottom in pixels of `Picture.pixels`.
        score: The detector's confidence; 0 is its own decision line, above 1 is clear. 0 for a
            whole picture.
        landmarks: Five (x, y) points in pixels of `Picture.pixels`, as a (5, 2) tuple: outer and
            inner corner of the eye on the picture's right, outer and inner corner of the eye on its
            left, base of the nose. None of them for a whole picture.
        size: Width of the box in pixels of the *original* picture, before any reduction.
    """

    box: tuple[int, int, int, int]
    score: float
    landmarks: tuple[tuple[float, float], ...]
    size: int

    @property
    def whole(self) -> bool:
        """Whether it is the whole picture, in which no face was searched."""
        return not self.landmarks

    @property
    def large(self) -> bool:
        """Whether it is large enough to be compared; whole pictures are, at any size."""
        return self.whole or self.size >= MIN_FACE


def whole_picture(picture: Picture) -> tuple[Face, ...]:
    """The picture as it is: what stands for its faces where a network reads whole pictures."""
    height, width = picture.pixels.shape[:2]
    return (Face((0, 0, width, height), 0.0, (), picture.original_size[0]),)


class FaceDetector:
    """dlib's detector and landmark predictor. Their scratch memory is not thread-safe, so each of
    several callers at a time gets a pair of its own, which serves the next one after it.

    Args:
        landmarks: The verified file of `dlib_landmarks.5`.
    """

    def __init__(self, landmarks: Path):
        import dlib

        self._dlib = dlib
        self._landmarks = str(landmarks)
        self._idle = [self._pair()]

    def __call__(self, picture: Picture) -> tuple[Face, ...]:
        """Find every face, the largest first. An empty tuple means that there is none."""
        long_side = max(picture.pixels.shape[:2])
        passes = [min(2 * long_side, FIRST_PASS), min(4 * long_side, SECOND_PASS)]
        for side in passes:
            faces = self._search(picture, side / long_side)
            if faces:
                return faces
        return ()

    def _pair(self) -> tuple[Any, Any]:
        return self._dlib.get_frontal_face_detector(), self._dlib.shape_predictor(self._landmarks)

    @contextmanager
    def _borrowed(self) -> Iterator[tuple[Any, Any]]:
        """A pair that nobody else has. As many are kept as were ever needed at once."""
        try:
            pair = self._idle.pop()  # One step for Python, so no two threads get the same one.
        except IndexError:
            pair = self._pair()
        try:
            yield pair
        finally:
            self._idle.append(pair)

    def _search(self, picture: Picture, zoom: float) -> tuple[Face, ...]:
        height, width = picture.pixels.shape[:2]
        seen = picture.pixels
        if zoom != 1:
            size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
            seen = np.asarray(Image.fromarray(seen).resize(size, Image.Resampling.BICUBIC))
        faces = []
        with self._borrowed() as (detect, predict):
            boxes, scores, _ = detect.run(seen, 0, 0.0)
            for box, score in zip(boxes, scores, strict=True):
                shape = predict(seen, box)
                points = tuple((p.x / zoom, p.y / zoom) for p in shape.parts())
                edges = (box.left(), box.top(), box.right(), box.bottom())
                left, top, right, bottom = (round(e / zoom) for e in edges)
                size = round((right - left) / picture.scale)
                faces.append(Face((left, top, right, bottom), float(score), points, size))
        strong = [face for face in faces if face.score >= MIN_SCORE]
        return tuple(sorted(strong or faces, key=lambda face: -face.size))


@lru_cache(maxsize=2)
def detector(landmarks: Path) -> FaceDetector:
    """The process's detector for one landmark file: 0.4 s to make, so it is made once."""
    return FaceDetector(landmarks)


def usable(picture: Picture, faces: tuple[Face, ...], index: int = 0) -> Face:
    """The face to compare, or an error that says why there is none.

    Args:
        index: Which of `faces`; 0 is the largest.

    Raises:
        FaceError: No face, or one narrower than `MIN_FACE`.
    """
    if not faces:
        raise FaceError(
            "No face was found",
            where=picture.name,
            todo="Use a picture that shows a face from the front, well lit and at least "
            f"{MIN_FACE} pixels wide.",
        )
    if not 0 <= index < len(faces):
        raise FaceError(f"There is no face {index + 1}", where=picture.name, todo="Choose a box.")
    face = faces[index]
    if not face.large:
        raise FaceError(
            f"The face is only {face.size} pixels wide, and {MIN_FACE} are needed",
            where=picture.name,
            todo="Use a larger copy of the picture, or come closer to the camera.",
        )
    return face
