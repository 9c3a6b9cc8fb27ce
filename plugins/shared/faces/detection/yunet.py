"""YuNet (Wu, Peng & Yu 2023), run by OpenCV: one look at one array of pixels.

It gives a box, five points and a score for each face. It was made for faces of 10 to 300 pixels
that stand upright; what to show it so that a picture's faces are of that kind is for the callers
to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from weights.errors import BadWeightsFile
from weights.messages import say

BOX, POINTS, SCORE = slice(0, 4), slice(4, 14), 14
"""Columns of a sighting: left, top, right, bottom; five (x, y): the eye on the picture's left, the
eye on its right, nose, the corners of the mouth, left and right; the score, 0 to 1."""
COLUMNS = 15
LEAST = 0.5
"""Weaker sightings are not even reported."""
OVERLAP = 0.3


def nothing() -> np.ndarray:
    """No sighting: (0, 15)."""
    return np.empty((0, COLUMNS))


class Yunet:
    """The network. Its scratch memory is not thread-safe, so each of several callers at a time gets
    one of its own, which serves the next one after it.

    Args:
        path: The verified file; ONNX.

    Raises:
        BadWeightsFile: OpenCV cannot read the file.
    """

    def __init__(self, path: Path):
        import cv2

        # One thread: a picture is searched beside others, and more threads only wait for them.
        cv2.setNumThreads(1)
        self._cv2, self._path = cv2, path
        self._file = np.frombuffer(path.read_bytes(), np.uint8)
        self._idle = [self._network()]

    def look(self, pixels: np.ndarray) -> np.ndarray:
        """What is seen in (H, W, 3) uint8 RGB, as (N, 15) float64 in pixels of that array."""
        height, width = pixels.shape[:2]
        with self._borrowed() as network:
            network.setInputSize((width, height))
            found = network.detect(np.ascontiguousarray(pixels[..., ::-1]))[1]
        if found is None:
            return nothing()
        found = found.astype(np.float64)
        found[:, 2:4] += found[:, :2]  # OpenCV gives width and height.
        return found[np.isfinite(found).all(axis=1)]

    def _network(self) -> Any:
        empty = np.empty(0, np.uint8)
        try:
            return self._cv2.FaceDetectorYN.create(
                "onnx", self._file, empty, (320, 320), LEAST, OVERLAP, 5000
            )
        except self._cv2.error as error:
            raise BadWeightsFile(
                say("OpenCV cannot read the face detector: {error}", error=_one_line(error)),
                where=str(self._path),
                todo="Install the package that carries it again.",
            ) from error

    @contextmanager
    def _borrowed(self) -> Iterator[Any]:
        """A network that nobody else has. As many are kept as were ever needed at once."""
        try:
            network = self._idle.pop()  # One step for Python, so no two threads get the same one.
        except IndexError:
            network = self._network()
        try:
            yield network
        finally:
            self._idle.append(network)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
