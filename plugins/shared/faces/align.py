"""Cut the chip that a network reads, as it was trained.

Two alignments cut an upright, centred chip around a face. `dlib-150`: dlib's own 150-px chip with
25 % padding. `arcface-112`: the 112-px template of insightface and ArcFace (arXiv:1801.07698). Both
are least-squares similarity transforms from the detector's five points; a large face is averaged
down first and does not alias. `whole-S`, such as `whole-32`, searches no face: it is the whole
picture as a square of S pixels.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from plugins.shared.faces.detect import DETECTOR, Face
from plugins.shared.files.pictures import Picture
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from weights import Card

TEMPLATES = {
    "dlib-150": (
        ((46.4, 46.2), (101.7, 46.1), (73.8, 77.7), (50.6, 101.5), (98.8, 101.9)),
        150,
    ),
    "arcface-112": (
        ((38.29, 51.7), (73.53, 51.5), (56.03, 71.74), (41.55, 92.37), (70.73, 92.2)),
        112,
    ),
}
"""Where a face's landmarks lie in a chip, in the order of `Face.landmarks`, and the chip's side.

ArcFace defines its frame by these very points. dlib defines its own by eye corners and the base of
the nose; the points here are the medians of YuNet's points in dlib's own chips, over other faces
than those that are measured with. `python -m tests.benchmarks.fit_alignment` fits them to any
folder: on ORL and dlib's johns they come out 3.1 pixels away at most, and EER, FMR and FNMR on ORL
are no better with those.
"""

EDITION = 1
"""Of the templates and of how chips are cut. Whoever changes them counts it up."""


def cut_chip(pixels: np.ndarray, points: np.ndarray, alignment: str) -> np.ndarray:
    """Cut a chip so that five points come to lie, with the least squared error, at the template's.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        points: (5, 2) in pixels.
        alignment: One of `TEMPLATES`.

    Returns:
        A square uint8 RGB array; what lies outside the picture is black.
    """
    import cv2

    template, side = TEMPLATES[alignment]
    turn, shift = similarity(points, np.asarray(template))
    if (shrink := _shrink(turn)) > 1:
        left, top, right, bottom = reach(points, alignment)
        left, top = max(0, left), max(0, top)
        part = np.ascontiguousarray(pixels[top : max(bottom, 0), left : max(right, 0)])
        if not part.size:
            return np.zeros((side, side, 3), np.uint8)
        pixels = np.asarray(Image.fromarray(part).reduce(shrink))
        # The centre of a pixel is at a whole number: of the first square, at (shrink - 1) / 2.
        shift += turn * complex(left + (shrink - 1) / 2, top + (shrink - 1) / 2)
        turn *= shrink
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    return cv2.warpAffine(pixels, matrix, (side, side), flags=cv2.INTER_LINEAR)


def _shrink(turn: complex) -> int:
    """How many pixels a side are averaged to one before a chip is cut."""
    return max(1, int(1 / max(abs(turn), 1e-6)))


def reach(points: np.ndarray, alignment: str) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what counts for a chip, in pixels; may lie outside the picture.

    Args:
        points, alignment: As for `cut_chip`.
    """
    template, side = TEMPLATES[alignment]
    turn, shift = similarity(points, np.asarray(template))
    corners = (np.array([0, side, side * 1j, side * (1 + 1j)]) - shift) / (turn or 1e-6)
    margin = 2 * _shrink(turn)
    low, high = ([end(corners.real), end(corners.imag)] for end in (np.min, np.max))
    left, top = (math.floor(edge) - margin for edge in low)
    right, bottom = (math.ceil(edge) + margin for edge in high)
    return left, top, right, bottom


def similarity(points: np.ndarray, template: np.ndarray) -> tuple[complex, complex]:
    """The turn and shift that carry points (N, 2), as complex numbers z, to turn · z + shift, with
    the least squared distance to a template.
    """
    z, wanted = np.asarray(points) @ (1, 1j), np.asarray(template) @ (1, 1j)
    spread = z - z.mean()
    turn = np.vdot(spread, wanted - wanted.mean()) / max(np.vdot(spread, spread).real, 1e-12)
    return complex(turn), complex(wanted.mean() - turn * z.mean())


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
    if alignment not in TEMPLATES:
        known = ", ".join([*TEMPLATES, "whole-S (S from 10 to 999)"])
        raise ParagoneError(
            say(
                "This network asks for the alignment '{alignment}', which is not known here",
                alignment=alignment,
            ),
            todo=say("Choose a network whose card names one of: {known}.", known=known),
        )
    pixels, landmarks = face.view(picture)
    return cut_chip(pixels, np.array(landmarks), alignment)


def revision(sha256: str, alignment: str) -> str:
    """What made an encoding, in one text: the digest of the network's weights and, where it cuts a
    face, the detector and the edition of the alignment. Encodings of two revisions never meet.
    """
    return sha256 if whole_size(alignment) else f"{sha256}:{DETECTOR}:{alignment}.{EDITION}"


def revision_of(card: Card) -> str:
    """The same of a network whose weights the catalogue pins."""
    return revision(card.sha256, card.alignment)
