"""A picture at its own size, of which parts are shown, so that no second copy of it is needed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image

from plugins.shared.files.pictures import (
    SAVE_AGAIN,
    UNREADABLE,
    UPRIGHT,
    Picture,
    PictureError,
    open_picture,
    orientation_of,
    resizable,
    to_srgb,
)

Box = tuple[float, float, float, float]
_one_at_a_time = threading.Lock()


class FullSize:
    """The pixels of a picture before it was reduced; those of `Picture.pixels` where it was not, or
    where its source was not kept.

    Attributes:
        size: Width and height, upright.
    """

    def __init__(self, image: Image.Image, orientation: int = 1, profile: bytes | None = None):
        self._image, self._orientation, self._profile = image, orientation, profile
        self.size = image.size[::-1] if orientation >= 5 else image.size

    def show(self, box: Box, size: tuple[int, int]) -> np.ndarray:
        """A part of the picture, scaled with antialiasing.

        Args:
            box: Left, top, right, bottom in pixels, inside the picture.
            size: Width and height of the result.

        Returns:
            (height, width, 3) uint8 RGB, upright.
        """
        if self._orientation >= 5:
            size = size[::-1]
        stored = self._stored(box)
        part = self._image.resize(size, Image.Resampling.BILINEAR, stored, reducing_gap=2.0)
        part = to_srgb(part, self._profile)
        if self._orientation in UPRIGHT:
            part = part.transpose(UPRIGHT[self._orientation])
        return np.asarray(part)

    def _stored(self, box: Box) -> Box:
        """The box as the file has it, which a camera may have held in any way."""
        (left, top, right, bottom), (width, height) = box, self.size
        across, down = (left, right), (top, bottom)
        orientation = self._orientation
        if orientation in (2, 3, 6, 7):
            across = (width - right, width - left)
        if orientation in (3, 4, 7, 8):
            down = (height - bottom, height - top)
        if orientation >= 5:
            across, down = down, across
        return across[0], down[0], across[1], down[1]


@contextmanager
def full_size(picture: Picture) -> Iterator[FullSize]:
    """A picture at its own size, for as long as the block lasts.

    What was reduced is decoded again, 4 bytes a pixel: at the house's limit of 100 million pixels
    400 MB, and in one block of the process at a time, while others wait.

    Raises:
        PictureError: It cannot be decoded at its own size.
    """
    if not picture.source:
        yield FullSize(Image.fromarray(picture.pixels))
        return
    with _one_at_a_time, open_picture(picture.source) as file:
        try:
            image = resizable(file)
        except Exception as error:  # A hostile file makes Pillow raise nearly anything.
            raise PictureError(UNREADABLE, where=picture.name, todo=SAVE_AGAIN) from error
        yield FullSize(image, orientation_of(file), file.info.get("icc_profile"))
