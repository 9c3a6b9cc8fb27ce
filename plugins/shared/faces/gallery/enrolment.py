"""What every enrolment does, of one face or a million: the space, the row, the room."""

from __future__ import annotations

from plugins.shared.faces.detect import Face
from plugins.shared.faces.encode import EncodedFace, Network
from plugins.shared.faces.gallery.crops import chip_jpeg, keep
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.names import face_id
from plugins.shared.faces.gallery.stores.contract import Enrolment, GalleryError, Space
from plugins.shared.files.pictures import Picture
from weights.messages import say

KEPT = "kept"
"""The namespace of faces that outlive a visit."""
MOST_IN_MEMORY = 20_000
"""Faces that one visit may enrol: with their chips and pictures about a gigabyte."""


def space_of(network: Network, namespace: str) -> Space:
    """Where the encodings of a network may meet."""
    card, origin = network.card, network.origin
    return Space(
        namespace, origin.name, network.revision, card.encoding_size, card.distance or "euclidean"
    )


def enrolment(
    picture: Picture, face: Face, index: int, person: str, encoded: EncodedFace, kept: bool
) -> Enrolment:
    """The row to write for one face of a picture. A whole picture is not kept: it has no landmarks
    by which another network could find the face in it.
    """
    jpeg, landmarks = keep(picture, face) if kept and not face.whole else (b"", ())
    return Enrolment(
        id=face_id(picture.digest, index),
        person=person,
        encoding=encoded.encoding,
        chip=chip_jpeg(encoded.chip),
        label=picture.name,
        picture=jpeg,
        landmarks=landmarks,
    )


def check_room(gallery: Gallery) -> None:
    """Refuse to fill the machine's memory with what one visit enrols.

    Raises:
        GalleryError: The gallery lies in memory and is full.
    """
    if not gallery.store.kept and gallery.count().faces >= MOST_IN_MEMORY:
        raise GalleryError(
            say(
                "This visit has enrolled {n:,} faces, the most that memory holds", n=MOST_IN_MEMORY
            ),
            where="gallery",
            todo="Delete some, or run the house with a gallery of its own (PARAGONE_DATA).",
        )
