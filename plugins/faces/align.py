"""Cut an upright, centred chip around a face, as the network that will read it was trained.

Two alignments are known. `dlib-150`: dlib's own 150-px chip with 25 % padding. `arcface-112`: the
112-px template of insightface and ArcFace (arXiv:1801.07698). Both are least-squares similarity
transforms that dlib resamples through an image pyramid, so a large face does not alias.
"""

from __future__ import annotations

import numpy as np

from plugins.faces.detect import Face
from plugins.faces.pictures import Picture
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


ALIGNMENTS = {"dlib-150": _dlib_150, "arcface-112": _arcface_112}


def align(picture: Picture, face: Face, alignment: str) -> np.ndarray:
    """Cut the chip of one face.

    Args:
        alignment: A card's `alignment`: `dlib-150` or `arcface-112`.

    Returns:
        A (150, 150, 3) or (112, 112, 3) uint8 RGB array; what lies outside the picture is black.

    Raises:
        ParagoneError: The network declares an alignment that is not known here.
    """
    if alignment not in ALIGNMENTS:
        raise ParagoneError(
            f"This network asks for the face alignment '{alignment}', which is not known here",
            todo=f"Choose a network whose card names one of: {', '.join(ALIGNMENTS)}.",
        )
    return ALIGNMENTS[alignment](picture.pixels, face)
