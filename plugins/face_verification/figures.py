"""The pictures of the verification page: slots with boxed faces, encodings as strips, pairs. HTML
and SVG text only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup

from plugins.face_verification.laboratory import LabResult, Pair
from plugins.face_verification.model import Comparison
from plugins.shared.faces import view
from plugins.shared.faces.distances import metric_named
from plugins.shared.faces.subject import Subject
from plugins.shared.faces.view import Mark, bundled, credit_of, left_out, photo, whole_note
from plugins.shared.page import html_parts
from plugins.shared.page.html_parts import data_uri, jpeg_uri
from weights.errors import ParagoneError
from weights.messages import say

PAGE = Path(__file__).with_name("page")


def asset(name: str) -> str:
    """A script of this page."""
    return html_parts.asset(name, PAGE)


def slot(
    subject: Subject | None, error: ParagoneError | None = None, shelf: Markup | None = None
) -> Markup:
    """One picture with its faces boxed and numbered, each box a button.

    Args:
        shelf: Buttons with the pictures that are offered; None: the bundled ones.
    """
    shelf = bundled() if shelf is None else shelf
    if subject is None:
        return view.slot("", error=error, shelf=shelf)
    marks = []
    for i, face in enumerate(() if subject.whole else subject.faces):
        chosen = i == subject.chosen
        said = (
            "Face {n}, {size} pixels wide, compared" if chosen else "Face {n}, {size} pixels wide"
        )
        label = say(said, n=i + 1, size=face.size)
        marks.append(Mark(face, str(i + 1), label, chosen))
    shown = photo(subject.picture, marks)
    note = whole_note(subject) or _faces_note(subject)
    return view.slot(shown, note, credit_of(subject.picture), error, shelf)


def _faces_note(subject: Subject) -> Markup:
    count = len(subject.faces)
    if count < 2:
        return Markup()
    words = "{count} faces found. Face {n} is compared; click another to compare it instead."
    return Markup('<p class="pv-note">{}</p>').format(say(words, count=count, n=subject.chosen + 1))


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
        alt = say("Aligned chip of {picture}", picture=name)
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
    """Pairs of faces with their distance; the page's script marks those that are wrong at tau."""
    cards = []
    for pair in rows:
        faces = Markup().join(
            Markup('<img src="{}" alt="{}"> ').format(
                jpeg_uri(result.thumbnails[i]), result.names[i]
            )
            for i in (pair.first, pair.second)
        )
        people = " / ".join(dict.fromkeys(result.people[i] for i in (pair.first, pair.second)))
        files = ", ".join(Path(result.names[i]).name for i in (pair.first, pair.second))
        cards.append(
            Markup(
                '<div class="pv-pair" data-distance="{pair.distance:.6f}" '
                'data-genuine="{pair.genuine:d}"><span>{faces}</span><b>{people}</b>'
                "<small>{files}</small>d = {pair.distance:.3f} <small data-state></small></div>"
            ).format(pair=pair, faces=faces, people=people, files=files)
        )
    return Markup('<div class="pv-pairs" data-tau="{}">{}</div>').format(tau, Markup().join(cards))


def summary(result: LabResult) -> Markup:
    """What the survey found and what it left out."""
    curve = result.curve
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
