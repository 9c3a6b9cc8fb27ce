"""The pictures of the identification page: the probe with its names, the answer, the people, the
receipt. HTML text, and plain data for the page's scripts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from plugins.face_identification.model import Enrolled
from plugins.shared.faces.gallery.enrol_set import Report
from plugins.shared.faces.gallery.gallery import Receipt
from plugins.shared.faces.gallery.stores.contract import Counts
from plugins.shared.faces.view import left_out
from plugins.shared.page import html_parts
from plugins.shared.page.html_parts import jpeg_uri
from weights.messages import say

PAGE = Path(__file__).with_name("page")
SHOWN_PEOPLE = 60
SUGGESTED = 2000
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
    return Markup('<div class="fi-head"><b>{}</b><span>{}</span></div>{}{}').format(
        say("K = {n:,} enrolled", n=len(counts)),
        say("kept {place}", place=say(place)),
        shown if cards else empty,
        names("fi-names", counts),
    )


def names(elem_id: str, people: Iterable[str]) -> Markup:
    """What completes a name that is typed: enrolled ones."""
    options = (Markup('<option value="{}"></option>').format(name) for name in people)
    every = Markup().join(itertools.islice(options, SUGGESTED))
    return Markup('<datalist id="{}">{}</datalist>').format(elem_id, every)


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


def receipt(done: Receipt, here: Sequence[tuple[str, int, int]], undo: str = "") -> Markup:
    """What a deletion removed, counted before and after.

    Args:
        here: The same for what the visit holds besides the gallery: name, before, after.
        undo: How it can be undone.
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
    if undo:
        note += Markup("<p>{}</p>").format(undo)
    return said(say("Deleted: {what}", what=done.what), table + note, not done.erased.proven)


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
