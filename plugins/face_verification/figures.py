"""The pictures of the verification page: slots with boxed faces, encodings as strips, pairs. HTML
and SVG text only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup

from plugins.face_verification.laboratory import LabResult, Pair
from plugins.face_verification.model import Comparison, Matrix
from plugins.shared.faces import view
from plugins.shared.faces.distances import METRICS, metric_named
from plugins.shared.faces.subject import Subject
from plugins.shared.faces.view import (
    Mark,
    bundled,
    credit_of,
    left_out,
    left_out_note,
    photo,
    place_by_hand,
    whole_note,
)
from plugins.shared.page import html_parts
from plugins.shared.page.html_parts import data_uri, jpeg_uri
from weights.errors import ParagoneError
from weights.messages import say

PAGE = Path(__file__).with_name("page")
SAID = {
    (False, False): "Face {n}, {size} pixels wide",
    (False, True): "Face {n}, {size} pixels wide, compared",
    (True, False): "Face {n}, placed by hand, {size} pixels wide",
    (True, True): "Face {n}, placed by hand, {size} pixels wide, compared",
}
"""What is said of a face: whether it was placed by hand, and whether it is compared."""


def asset(name: str) -> str:
    """A script of this page."""
    return html_parts.asset(name, PAGE)


def slot(
    subject: Subject | None,
    error: ParagoneError | None = None,
    shelf: Markup | None = None,
    missed: bool = False,
) -> Markup:
    """One picture with its faces boxed and numbered, each box a button.

    Args:
        shelf: Buttons with the pictures that are offered; None: the bundled ones.
        missed: Offer to place a face by hand in the picture that the error is about.
    """
    shelf = bundled() if shelf is None else shelf
    offer = view.missed() if missed else Markup()
    if subject is None:
        return view.slot("", offer, error=error, shelf=shelf)
    marks = []
    for i, face in enumerate(() if subject.whole else subject.faces):
        chosen = i == subject.chosen
        said = SAID[face.by_hand, chosen]
        label = say(said, n=face.number, size=face.size)
        kind = "is-by-hand" if face.by_hand else ""
        marks.append(Mark(face, str(face.number), label, chosen, kind))
    shown = photo(subject.picture, marks)
    note = whole_note(subject) or _faces_note(subject) + left_out_note(subject)
    note += offer or place_by_hand(subject)
    return view.slot(shown, note, credit_of(subject.picture), error, shelf)


def _faces_note(subject: Subject) -> Markup:
    count = len(subject.faces)
    if count < 2:
        return Markup()
    words = "{count} faces found. Face {n} is compared; click another to compare it instead."
    n = subject.faces[subject.chosen].number
    return Markup('<p class="pv-note">{}</p>').format(say(words, count=count, n=n))


def matrix(
    found: Matrix | None, subjects: tuple[Subject, Subject], metric: str, tau: float
) -> Markup:
    """Every face of A against every face of B, each cell a button that compares the two; the page's
    script marks those that are near enough at tau.
    """
    if found is None:
        return Markup()
    left, right = subjects
    digits = 3 if METRICS[metric].step < 0.01 else 2
    head = Markup().join(
        Markup("<th scope='col'>{}</th>").format(right.faces[j].number) for j in found.columns
    )
    lines = []
    for i, row in zip(found.rows, found.distances, strict=True):
        cells = Markup()
        for j, distance in zip(found.columns, row, strict=True):
            chosen = (i, j) == (left.chosen, right.chosen)
            label = say(
                "Face {a} of A and face {b} of B: {distance:.3f}",
                a=left.faces[i].number,
                b=right.faces[j].number,
                distance=distance,
            )
            cells += Markup(
                '<td><button type="button" data-a="{}" data-b="{}" data-distance="{:.6f}" '
                'aria-label="{}" aria-pressed="{}">{:.{}f}</button></td>'
            ).format(i, j, distance, label, str(chosen).lower(), distance, digits)
        lines.append(
            Markup("<tr><th scope='row'>{}</th>{}</tr>").format(left.faces[i].number, cells)
        )
    words = say(
        "Every face of A (rows) against every face of B (columns). Click one to compare it."
    )
    more = say(
        "{n} more faces are not in the table.", "One more face is not in the table.", n=found.more
    )
    return Markup(
        '<div class="fv-table" data-tau="{}"><table><tr><th></th>{}</tr>{}</table></div>'
        '<p class="pv-note">{} {}</p>'
    ).format(tau, head, Markup().join(lines), words, more if found.more else "")


def encodings(comparison: Comparison, names: tuple[str, str]) -> Markup:
    """Two chips, their encodings as strips of bars, and the strip of differences: a Siamese network
    at a glance.
    """
    top = float(
        max(np.abs(comparison.left.encoding).max(), np.abs(comparison.right.encoding).max())
    )
    size = len(comparison.left.encoding)
    rows = []
    for letter, name, face in zip("AB", names, (comparison.left, comparison.right), strict=True):
        alt = say("Aligned chip of {picture}", picture=say(name))
        chip = Markup('<img src="{}" alt="{}">').format(data_uri(face.chip), alt)
        label = say("{name}: {size} numbers", name=f"f({letter})", size=size)
        rows.append(
            Markup("<div>{}</div><div>{}</div>").format(chip, _strip(face.encoding, top, label))
        )
    difference = comparison.difference
    label = say("{name}: {size} numbers", name="|f(A) − f(B)|", size=size)
    rows.append(
        Markup('<div class="pv-label">|f(A) − f(B)|</div><div>{}</div>').format(
            _strip(difference, top, label, "is-difference")
        )
    )
    formula = metric_named(comparison.metric).formula
    words = "One network, two inputs: each becomes {size} numbers, and only those are compared."
    words = say(words, size=size)
    return Markup(
        '<div class="pv-encodings">{}</div>'
        '<p class="pv-note">{}</p><p class="pv-note">{} = <b>{:.4f}</b></p>'
    ).format(Markup().join(rows), words, formula, comparison.distance)


def _strip(values: np.ndarray, top: float, label: str, kind: str = "") -> Markup:
    low = 0.0 if kind else -top
    base = 0.0
    bars = "".join(
        f"M{i + 0.5} {_level(base, low, top)}V{_level(v, low, top)}" for i, v in enumerate(values)
    )
    return Markup(
        '<svg class="pv-strip {}" viewBox="0 0 {} 100" preserveAspectRatio="none" '
        'role="img" aria-label="{}"><path stroke-width="0.8" d="{}"/></svg>'
    ).format(kind, len(values), label, bars)


def _level(value: float, low: float, top: float) -> str:
    return f"{100 * (1 - (value - low) / (top - low)):.1f}"


def pair_cards(result: LabResult, rows: Sequence[Pair], tau: float) -> Markup:
    """Pairs of faces with their distance, each a button that compares them; the page's script marks
    those that are wrong at tau.
    """
    cards = []
    for pair in rows:
        faces = Markup().join(
            Markup('<img src="{}" alt="{}"> ').format(
                jpeg_uri(result.thumbnails[i]), result.names[i]
            )
            for i in (pair.first, pair.second)
        )
        people = " / ".join(dict.fromkeys(result.people[i] for i in (pair.first, pair.second)))
        names = (Path(result.names[i]).name for i in (pair.first, pair.second))
        files = Markup(", ").join(Markup("<i>{}</i>").format(name) for name in names)
        cards.append(
            Markup(
                '<button type="button" class="pv-pair" data-distance="{pair.distance:.6f}" '
                'data-genuine="{pair.genuine:d}" data-first="{pair.first}" '
                'data-second="{pair.second}"><span>{faces}</span><b>{people}</b>'
                "<small>{files}</small>d = {pair.distance:.3f} <small data-state></small></button>"
            ).format(pair=pair, faces=faces, people=people, files=files)
        )
    shown = Markup().join(cards)
    return Markup('<div class="pv-pairs pv-swipe" data-tau="{}">{}</div>').format(tau, shown)


def summary(result: LabResult) -> Markup:
    """What the survey found and what it left out; of the example, what it is."""
    curve = result.curve
    if result.example:
        words = (
            "An example until you bring a set: the curves were measured on {title}, whose pictures "
            "are not ours to show. The pairs are of two bundled portraits and their copies."
        )
        return Markup('<p class="pv-model"><b>{}</b></p><p class="pv-model">{}</p>').format(
            say("Example: {title}", title=curve.title), say(words, title=curve.title)
        )
    found = "Faces were found in {faces} of {pictures} pictures ({share:.1f} %) of {people} people."
    whole = "{faces} of {pictures} pictures ({share:.1f} %) of {people} people were used whole."
    words = say(
        whole if curve.whole else found,
        faces=curve.faces,
        pictures=curve.pictures,
        share=100 * result.detection_rate,
        people=curve.people,
    )
    return Markup('<p class="pv-model"><b>{}</b></p><p class="pv-model">{}</p>{}').format(
        curve.title, words, left_out(result.skipped)
    )
