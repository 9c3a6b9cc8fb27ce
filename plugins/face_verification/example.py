"""What the laboratory opens with: the operating curve that was measured of a network, and the pairs
of the two bundled portraits and their copies, since the pictures of the measured set are not ours
to ship. Encodings are on record; no network runs.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from plugins.face_verification.laboratory import THUMBNAIL, LabResult
from plugins.shared.faces.align import align, revision_of
from plugins.shared.faces.detect import Faces
from plugins.shared.faces.examples import PORTRAITS, examples
from plugins.shared.faces.gallery.crops import chip_jpeg
from plugins.shared.faces.measured.stored_curves import RecordedFace, recorded_faces
from plugins.shared.faces.measured.trained import curves_of
from plugins.shared.faces.subject import Subject
from plugins.shared.files.pictures import Picture

if TYPE_CHECKING:
    from weights import Card


def example(card: Card) -> LabResult | None:
    """The laboratory's example for a network; None where nothing was measured of it. Where the
    encodings are not on record, as of a network that a visitor trained, it has no pairs.
    """
    curves = curves_of(card)
    if not curves:
        return None
    known = _known(card.name, revision_of(card))
    faces = [(picture, one.face) for _, picture, one in known]
    chips = [align(picture, face, card.alignment) for picture, face in faces]
    return LabResult(
        card.name,
        [person for person, _, _ in known],
        [picture.name for picture, _ in faces],
        [chip_jpeg(chip, THUMBNAIL) for chip in chips],
        np.array([one.encoding for _, _, one in known], np.float32),
        skipped=(),
        curve=curves[0],
        originals={i: partial(Subject, one, Faces([face])) for i, (one, face) in enumerate(faces)},
        example=True,
    )


@lru_cache(maxsize=4)
def _known(model: str, revision: str) -> tuple[tuple[str, Picture, RecordedFace], ...]:
    """The bundled pictures of one person whose encoding is on record: who, picture, face."""
    found = []
    for one in examples():
        person = PORTRAITS.get(one.key.removesuffix(f"_{one.altered}"))
        picture = one.load()
        for face in recorded_faces(picture.digest) if person else ():
            if (face.model, face.revision) == (model, revision):
                found.append((person.title, picture, face))
    return tuple(found)
