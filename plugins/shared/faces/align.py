"""Cut the chip that a network reads, as it was trained.

Two alignments cut an upright, centred chip around a face. `dlib-150`: dlib's own 150-px chip with
25 % padding. `arcface-112`: the 112-px template of insightface and ArcFace (arXiv:1801.07698). Both
are least-squares similarity transforms that dlib resamples through an image pyramid, so a large
face does not alias. `whole-S`, such as `whole-32`, searches no face: it is the whole picture as a
square of S pixels.
"""

from __future__ import annotations

import re

import numpy as np
from PIL import Image

from plugins.shared.faces.detect import Face
from plugins.shared.files.pictures import Picture
from weights.errors import ParagoneError

ARCFACE_TEMPLATE = ((81.7, 53.8), (67.2, 54.0), (30.1, 53.9), (44.5, 54.1), (56.0, 79.6))
"""Where dlib's five landmarks lie in ArcFace's 112-px frame, in the order of `Face.landmarks`.

ArcFace's own five points are eye centres, nose tip and mouth corners; dlib's freely licensed
predictor finds eye corners and the base of the nose. These are the medians of dlib's points over
452 faces (ORL and dlib's johns) that were aligned to ArcFace's template with a 68-point predictor,
whose licence forbids commercial use and which we therefore do not run.
"""


def _dlib_150(pixels: np.ndarray, face: Face) -> np.ndarray:
    import dlib

    points = dlib.points([dlib.point(round(x), round(y)) for x, y in face.landmarks])
    shape = dlib.full_object_detection(dlib.rectangle(*face.box), points)
    return dlib.get_face_chip(pixels, shape, size=150, padding=0.25)


def _arcface_112(pixels: np.ndarray, face: Face) -> np.ndarray:
    import dlib

    template = dlib.dpoints([dlib.dpoint(x, y) for x, y in ARCFACE_TEMPLATE])
    landmarks = dlib.dpoints([dlib.dpoint(x, y) for x, y in face.landmarks])
    details = dlib.chip_details(template, landmarks, dlib.chip_dims(112, 112))
    return dlib.extract_image_chip(pixels, details)


def whole(pixels: np.ndarray, size: int) -> np.ndarray:
    """The whole picture as a square: padded with the mean colour of its border, which is the
    background of many pictures, and scaled with antialiasing (bicubic).

    Args:
        pixels: (H, W, 3) uint8 RGB.
        size: Pixels of the square's side.

    Returns:
        (size, size, 3) uint8 RGB.
    """
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    if height != width:
        border = [pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]]
        colour = np.concatenate(border).mean(axis=0)
        side = max(height, width)
        square = Image.new("RGB", (side, side), tuple(int(round(c)) for c in colour))
        square.paste(image, ((side - width) // 2, (side - height) // 2))
        image = square
    return np.array(image.resize((size, size), Image.Resampling.BICUBIC))


def whole_size(alignment: str) -> int:
    """S of `whole-S`; 0 for an alignment that cuts a face."""
    found = re.fullmatch(r"whole-([1-9]\d{1,2})", alignment)
    return int(found[1]) if found else 0


ALIGNMENTS = {"dlib-150": _dlib_150, "arcface-112": _arcface_112}
"""Those that cut a face; the whole picture is cut by `whole`."""


def align(picture: Picture, face: Face, alignment: str) -> np.ndarray:
    """Cut the chip of one face, or of the whole picture.

    Args:
        face: Not looked at where the whole picture is wanted.
        alignment: A card's `alignment`: `dlib-150`, `arcface-112` or `whole-S`, S from 10 to 999.

    Returns:
        A uint8 RGB array of 150, 112 or S pixels a side; beside a face, what lies outside the
        picture is black.

    Raises:
        ParagoneError: The network declares an alignment that is not known here.
    """
    if size := whole_size(alignment):
        return whole(picture.pixels, size)
    if alignment not in ALIGNMENTS:
        known = ", ".join([*ALIGNMENTS, "whole-S (S from 10 to 999)"])
        raise ParagoneError(
            f"This network asks for the alignment '{alignment}', which is not known here",
            todo=f"Choose a network whose card names one of: {known}.",
        )
    return ALIGNMENTS[alignment](picture.pixels, face)
