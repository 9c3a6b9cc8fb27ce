"""What the people page shows: everybody, the photos of one person, what can be undone. It is plain
data, drawn by `page/gallery_people.js`.
"""

from __future__ import annotations

import itertools

from plugins.face_identification.session import Session
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.page.html_parts import jpeg_uri

LISTED = 5000
"""People; others are opened by their names."""
PHOTOS = 500
"""Photos of one person."""


def people_page(session: Session, gallery: Gallery) -> dict:
    """The value of the component: `people` (name, photos), how many `more` there are, what `undo`
    would undo, and `open`: None, or the `person` with their `photos` (id, label, chip) and how many
    `more`. Who is no longer enrolled is closed.
    """
    counts = gallery.people()
    if session.opened not in counts:
        session.opened = ""
    last = session.history.last(gallery)
    return {
        "people": list(itertools.islice(counts.items(), LISTED)),
        "more": max(0, len(counts) - LISTED),
        "undo": last.words if last else "",
        "open": _opened(gallery, session.opened) if session.opened else None,
    }


def _opened(gallery: Gallery, person: str) -> dict:
    faces = gallery.faces(person)
    photos = [[face.id, face.label, jpeg_uri(face.chip)] for face in faces[:PHOTOS]]
    return {"person": person, "photos": photos, "more": max(0, len(faces) - PHOTOS)}
