"""The probe with a name at every face, and the answer for the chosen one; both follow tau in the
browser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from markupsafe import Markup

from plugins.face_identification.error_rates import Outlook
from plugins.face_identification.model import Found, Identification
from plugins.face_identification.naming import Name
from plugins.shared.faces import view
from plugins.shared.faces.detect import MIN_FACE
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.subject import Subject
from plugins.shared.faces.view import (
    Mark,
    bundled,
    credit_of,
    left_out_note,
    photo,
    place_by_hand,
    whole_note,
)
from plugins.shared.page.html_parts import jpeg_uri
from weights.errors import ParagoneError
from weights.messages import say

SAID = {
    (True, False): "The picture: {who}",
    (False, False): "Face {n}: {who}",
    (False, True): "Face {n}, placed by hand: {who}",
}
"""What is said of a face: whether it is the whole picture, and whether it was placed by hand."""


def slot(
    subject: Subject | None,
    found: Identification | None,
    tau: float,
    error: ParagoneError | None = None,
    shelf: Markup | None = None,
    once: bool = True,
    maybe: float | None = None,
) -> Markup:
    """The probe with every face boxed and named; the page's script renames them while tau moves.

    Args:
        shelf: Buttons with the pictures that are offered; None: the bundled ones.
        once: Each person is at most one of the faces.
        maybe: Up to this threshold the nearest person is a maybe.
    """
    shelf = bundled() if shelf is None else shelf
    if subject is None:
        return view.slot("", error=error, shelf=shelf)
    nobody = [Name(None)] * len(subject.faces)
    names = found.naming(once).at(tau) if found else nobody
    marks = []
    for i, face in enumerate(subject.faces):
        one = found.faces[i] if found else None
        nearest = one.candidates[0] if one and one.candidates else None
        small = not face.large
        name = names[i].person
        word = name or ("too small" if small else "unknown")
        data = (
            ("distance", f"{nearest.distance:.6f}" if nearest else ""),
            ("person", nearest.person if nearest else ""),
            ("small", str(int(small))),
            ("number", str(face.number)),
            ("names", json.dumps(changes(found, i, once))),
        )
        chosen = i == subject.chosen and len(subject.faces) > 1
        label = say(SAID[face.whole, face.by_hand], n=face.number, who=name or say(word))
        kind = "is-by-hand" if face.by_hand else ""
        marks.append(Mark(face, word, label, chosen, kind, data))
    count = len(subject.faces)
    note = "No face was found in this picture."
    if count:
        note = say("{n} faces. Click one to see who it may be.", n=count)
    note = whole_note(subject) if count == 1 else Markup('<p class="pv-note">{}</p>').format(note)
    note += left_out_note(subject) + place_by_hand(subject)
    page = view.slot(photo(subject.picture, marks), note, credit_of(subject.picture), error, shelf)
    start = Markup('<div data-start-tau="{}" data-maybe="{}" data-probe="{}">{}</div>')
    return start.format(tau, "" if maybe is None else maybe, token(subject), page)


def token(subject: Subject) -> str:
    """What tells a probe from other ones on the page."""
    return subject.picture.digest[:16]


def changes(found: Identification | None, index: int, once: bool) -> list[list]:
    """From which threshold on a face is who, for the page's scripts: threshold, name ("" where it
    is nobody), and its rival: the number of the face that is its nearest person instead, 0 where
    there is none, and whether that face is nearer.
    """
    rows = []
    for start, name in found.naming(once).changes()[index] if found else ():
        rival = name.rival
        number = found.faces[rival.face].face.number if rival else 0
        rows.append([round(start, 6), name.person or "", number, bool(rival and rival.nearer)])
    return rows


def answer(
    found: Identification | None,
    chosen: int,
    tau: float,
    outlook: Outlook,
    metric: str,
    people: int,
    chips: Mapping[str, bytes],
    message: str = "",
    once: bool = True,
) -> dict:
    """The value of the answer component; its script redraws it while tau moves.

    Args:
        people: K, those who are enrolled.
        chips: JPEGs by the id of the enrolled face.
        message: What to say where there is nobody to name.
        once: Each person is at most one of the faces.
    """
    one: Found | None = found.faces[chosen] if found and found.faces else None
    count = len(found.faces) if found else 0
    if one and one.encoded is None:
        least = "This face is narrower than {least} pixels: too small to tell."
        message = say(least, least=MIN_FACE)
    elif one and not one.candidates:
        message = "Nobody is enrolled, so nobody is known."
    return {
        "message": message,
        "face": say("Face {n} of {count}", n=one.face.number, count=count) if count > 1 else "",
        "names": changes(found, chosen, once) if one else [],
        "candidates": [
            {
                "person": candidate.person,
                "distance": candidate.distance,
                "chip": jpeg_uri(chips[candidate.face]) if candidate.face in chips else "",
            }
            for candidate in ((*one.candidates, *one.others) if one else ())
        ],
        "tau": tau,
        "maybe": outlook.maybe,
        "reach": float(outlook.thresholds[-1]),
        "step": METRICS[metric].step,
        "k": people,
        "fpir": _plain(outlook.fpir),
        "fnir": _plain(outlook.fnir),
        "ranges": [_plain_range(ends) for ends in outlook.ranges or ()],
        "lower": not outlook.measured,
        "why": outlook.why,
    }


def _plain(rates: np.ndarray | None) -> list[float] | None:
    return None if rates is None else [round(float(rate), 6) for rate in rates]


def _plain_range(ends: np.ndarray) -> list[list[float]] | None:
    return None if np.isnan(ends).any() else [_plain(end) for end in ends]
