"""The pictures of the identification page: the probe with its names, the answer, the people, the
receipt. HTML text, and plain data for the page's scripts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup

from plugins.face_identification.error_rates import Outlook
from plugins.face_identification.model import Enrolled, Found, Identification
from plugins.shared.faces import view
from plugins.shared.faces.detect import MIN_FACE
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.gallery.enrol_set import Report
from plugins.shared.faces.gallery.gallery import Receipt
from plugins.shared.faces.gallery.stores.contract import Counts, EnrolledFace
from plugins.shared.faces.subject import Subject
from plugins.shared.faces.view import Mark, bundled, credit_of, left_out, photo, whole_note
from plugins.shared.page import html_parts
from plugins.shared.page.html_parts import jpeg_uri
from weights.errors import ParagoneError
from weights.messages import say

PAGE = Path(__file__).with_name("page")
SHOWN_PEOPLE = 60
COUNTED = {
    "people": "people",
    "faces": "faces",
    "pictures": "kept pictures",
    "chips": "chips",
    "encodings": "encodings",
    "index_rows": "rows of the index",
}


def asset(name: str) -> str:
    """A script or style of this page."""
    return html_parts.asset(name, PAGE)


def slot(
    subject: Subject | None,
    found: Identification | None,
    tau: float,
    error: ParagoneError | None = None,
    shelf: Markup | None = None,
) -> Markup:
    """The probe with every face boxed and named; the page's script renames them while tau moves.

    Args:
        shelf: Buttons with the pictures that are offered; None: the bundled ones.
    """
    shelf = bundled() if shelf is None else shelf
    if subject is None:
        return view.slot("", error=error, shelf=shelf)
    marks = []
    for i, face in enumerate(subject.faces):
        one = found.faces[i] if found else None
        nearest = one.candidates[0] if one and one.candidates else None
        small = not face.large
        name = one and one.name(tau)
        word = name or ("too small" if small else "unknown")
        data = (
            ("distance", f"{nearest.distance:.6f}" if nearest else ""),
            ("person", nearest.person if nearest else ""),
            ("small", str(int(small))),
        )
        chosen = i == subject.chosen and len(subject.faces) > 1
        label = "The picture: {who}" if face.whole else "Face {n}: {who}"
        label = say(label, n=i + 1, who=name or say(word))
        marks.append(Mark(face, word, label, chosen, data=data))
    count = len(subject.faces)
    note = "No face was found in this picture."
    if count:
        note = say("{n} faces. Click one to see who it may be.", n=count)
    page = view.slot(
        photo(subject.picture, marks),
        whole_note(subject) if count == 1 else Markup('<p class="pv-note">{}</p>').format(note),
        credit_of(subject.picture),
        error,
        shelf,
    )
    return Markup('<div data-start-tau="{}">{}</div>').format(tau, page)


def answer(
    found: Identification | None,
    chosen: int,
    tau: float,
    outlook: Outlook,
    metric: str,
    chips: Mapping[str, bytes],
    message: str = "",
) -> dict:
    """The value of the answer component; its script redraws it while tau moves.

    Args:
        chips: JPEGs by the id of the enrolled face.
        message: What to say where there is nobody to name.
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
        "face": say("Face {n} of {count}", n=chosen + 1, count=count) if count > 1 else "",
        "candidates": [
            {
                "person": candidate.person,
                "distance": candidate.distance,
                "chip": jpeg_uri(chips[candidate.face]) if candidate.face in chips else "",
            }
            for candidate in (one.candidates if one else ())
        ],
        "tau": tau,
        "reach": float(outlook.thresholds[-1]),
        "step": METRICS[metric].step,
        "k": found.k if found else 0,
        "fpir": _plain(outlook.fpir),
        "fnir": _plain(outlook.fnir),
        "lower": not outlook.measured,
        "why": outlook.why,
    }


def _plain(rates: np.ndarray | None) -> list[float] | None:
    return None if rates is None else [round(float(rate), 6) for rate in rates]


def people(counts: Mapping[str, int], chips: Mapping[str, bytes], place: str) -> Markup:
    """Everybody who is enrolled, as cards with a cross each.

    Args:
        counts: Faces by person.
        chips: One JPEG by person.
    """
    cards = []
    for person, faces in list(counts.items())[:SHOWN_PEOPLE]:
        chip = chips.get(person)
        picture = Markup('<img src="{}" alt="">').format(jpeg_uri(chip)) if chip else ""
        photos = say("{n} photos", "{n} photo", n=faces)
        delete = say("Delete {name}", name=person)
        cards.append(
            Markup(
                '<div class="fi-person" data-person="{name}">{picture}<b>{name}</b>'
                "<small>{photos}</small>"
                '<button type="button" data-remove="{name}" title="{delete}" '
                'aria-label="{delete}">×</button></div>'
            ).format(name=person, picture=picture, photos=photos, delete=delete)
        )
    more = len(counts) - SHOWN_PEOPLE
    rest = Markup('<p class="pv-note">{}</p>').format(say("and {n:,} more people", n=more))
    empty = Markup('<div class="pv-empty">Nobody is enrolled. Choose a face, give it a name.</div>')
    shown = Markup('<div class="fi-people">{}</div>{}')
    shown = shown.format(Markup().join(cards), rest if more > 0 else "")
    return Markup('<div class="fi-head"><b>{}</b><span>{}</span></div>{}').format(
        say("K = {n:,} enrolled", n=len(counts)),
        say("kept {place}", place=say(place)),
        shown if cards else empty,
    )


def said(words: str, more: Markup | str = "", warning: bool = False) -> Markup:
    """What was just done: a card with a line in bold."""
    kind = "fi-said is-warning" if warning else "fi-said"
    return Markup('<div class="{}" role="status"><b>{}</b>{}</div>').format(kind, words, more)


def enrolled(done: Enrolled) -> Markup:
    """What an enrolment did, and that nothing was trained for it."""
    words = "{person} is enrolled. 0 gradient steps, {ms:,.0f} ms."
    if not done.new:
        words = "This face of {person} was enrolled already. 0 gradient steps, {ms:,.0f} ms."
    notes = [fault.sentence for fault in done.faults]
    if done.near:
        notes.append(
            say(
                "{person} is only {distance:.3f} away, which is within τ. If the two are one "
                "person, merge them under “Gallery”.",
                person=done.near.person,
                distance=done.near.distance,
            )
        )
    more = Markup().join(Markup("<p>{}</p>").format(note) for note in notes)
    return said(say(words, person=done.person, ms=done.ms), more, bool(notes))


def receipt(done: Receipt, here: Sequence[tuple[str, int, int]]) -> Markup:
    """What a deletion removed, counted before and after.

    Args:
        here: The same for what the visit holds besides the gallery: name, before, after.
    """
    rows = [
        (word, getattr(done.before, name), getattr(done.after, name))
        for name, word in COUNTED.items()
    ]
    lines = Markup().join(
        Markup("<tr><td>{}</td><td>{:,}</td><td>{:,}</td></tr>").format(word, before, after)
        for word, before, after in [*rows, *here]
    )
    table = Markup("<table><tr><th></th><th>before</th><th>after</th></tr>{}</table>").format(lines)
    note = Markup("<p>{}</p>").format(done.erased.sentence)
    return said(say("Deleted: {what}", what=done.what), table + note, not done.erased.proven)


def chips_of(faces: Sequence[EnrolledFace]) -> Markup:
    """One person's photos, to be ticked."""
    buttons = Markup().join(
        Markup(
            '<button type="button" data-tick="{face.id}" aria-pressed="false" '
            'title="{face.label}"><img src="{chip}" alt="{face.label}">'
            "<small>{face.label}</small></button>"
        ).format(face=face, chip=jpeg_uri(face.chip))
        for face in faces
    )
    return Markup('<div class="fi-chips" role="group" aria-label="Photos">{}</div>').format(buttons)


def report(done: Report) -> Markup:
    """What an enrolment of many did, and what it refused."""
    words = "{new} faces enrolled, {known} known before, {refused} refused"
    if done.stopped:
        words = "Stopped. {new} faces enrolled, {known} known before, {refused} refused"
    words = say(words, new=done.new, known=done.known, refused=len(done.refused))
    steps = say(
        "{n} people. 0 gradient steps, {ms:,.0f} ms a face.",
        "{n} person. 0 gradient steps, {ms:,.0f} ms a face.",
        n=done.people,
        ms=done.ms_per_face,
    )
    more = Markup("<p>{}</p>").format(steps) if done.new else ""
    rest = left_out(done.refused, "Refused: {n}")
    return said(words, more + rest, not done.new and bool(done.refused))


def plain_counts(counts: Counts) -> dict[str, int]:
    """The counts for callers from code."""
    return {name: getattr(counts, name) for name in COUNTED}
