"""A picture with the faces in it, as a visitor brings it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from plugins.shared.faces.detect import Face, Faces, usable
from plugins.shared.faces.measured.stored_curves import recorded_faces
from plugins.shared.files.pictures import Picture

Detector = Callable[..., Faces]
"""A picture and, if wanted, a question whether to stop → its faces; see `FaceDetector`."""


@dataclass(frozen=True)
class Subject:
    """A picture with its faces, one of them chosen; or with the whole picture as the only one.

    Attributes:
        faces: The largest first; `Faces` says how they were searched for, but for recorded ones.
        chosen: Index into `faces`.
        detect_ms: How long the detector took; 0 when the faces were recorded before.
    """

    picture: Picture
    faces: Faces
    chosen: int = 0
    detect_ms: float = 0.0

    @property
    def whole(self) -> bool:
        """Whether the whole picture is compared, and no face was searched."""
        return any(face.whole for face in self.faces)

    @property
    def face(self) -> Face:
        """The chosen face.

        Raises:
            FaceError: There is none, or it is too small.
        """
        return usable(self.picture, self.faces, self.chosen)


def detect_faces(picture: Picture, detector: Detector) -> Subject:
    """Find the faces of a picture.

    Args:
        detector: Not called for a bundled picture whose face is on record.
    """
    if known := recorded_faces(picture.digest):
        return Subject(picture, Faces(one.face for one in known))
    start = time.perf_counter()
    faces = detector(picture)
    return Subject(picture, faces, detect_ms=(time.perf_counter() - start) * 1000)


def plain_face(picture: Picture, face: Face) -> dict:
    """A face for callers from code: its box in pixels of the upright original picture, and its
    number in reading order, which the page shows. A whole picture, a face that was placed by hand,
    and one whose score was not kept have none.
    """
    box = [round(edge / picture.scale) for edge in face.box]
    known = not (face.whole or face.by_hand or math.isnan(face.score))
    score = round(face.score, 3) if known else None
    plain = {"box": box, "width": face.size, "score": score, "number": face.number}
    return plain | {"by_hand": True} if face.by_hand else plain
