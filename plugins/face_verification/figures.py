"""The pictures of the verification page: slots with boxed faces, encodings as strips, pairs. HTML
and SVG text only.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from plugins.face_verification.laboratory import LabResult, Pair
from plugins.face_verification.model import Comparison
from plugins.shared.faces import view
from plugins.shared.faces.distances import metric_named
from plugins.shared.faces.subject import Subject
from plugins.shared.faces.view import Mark, bundled, credit_of, left_out, photo, whole_note
from plugins.shared.page import html_parts as markup
from plugins.shared.page.html_parts import data_uri, jpeg_uri
from weights.errors import ParagoneError

PAGE = Path(__file__).with_name("page")


def asset(name: str) -> str:
    """A script of this page."""
    return markup.asset(name, PAGE)


def slot(
    subject: Subject | None, error: ParagoneError | None = None, shelf: str | None = None
) -> str:
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
        label = f"Face {i + 1}, {face.size} pixels wide" + (", compared" if chosen else "")
        marks.append(Mark(face, str(i + 1), label, chosen))
    shown = photo(subject.picture, marks)
    note = whole_note(subject) or _faces_note(subject)
    return view.slot(shown, note, credit_of(subject.picture), error, shelf)


def _faces_note(subject: Subject) -> str:
    count = len(subject.faces)
    if count < 2:
        return ""
    return (
        f'<p class="pv-note">{count} faces found. Face {subject.chosen + 1} is compared; '
        "click another to compare it instead.</p>"
    )


def encodings(comparison: Comparison, names: tuple[str, str]) -> str:
    """Two chips, their encodings as strips of bars, and the strip of differences: a Siamese network
    at a glance.
    """
    top = float(
        max(np.abs(comparison.left.encoding).max(), np.abs(comparison.right.encoding).max())
    )
    size = len(comparison.left.encoding)
    rows = []
    for letter, name, face in zip("AB", names, (comparison.left, comparison.right), strict=True):
        chip = f'<img src="{data_uri(face.chip)}" alt="Aligned chip of {escape(name)}">'
        label = f"f({letter}): {size} numbers"
        rows.append(f"<div>{chip}</div><div>{_strip(face.encoding, top, label)}</div>")
    difference = comparison.difference
    label = f"|f(A) − f(B)|: {size} numbers"
    rows.append(
        '<div class="pv-label">|f(A) − f(B)|</div>'
        f"<div>{_strip(difference, top, label, 'is-difference')}</div>"
    )
    formula = metric_named(comparison.metric).formula
    return (
        f'<div class="pv-encodings">{"".join(rows)}</div>'
        f'<p class="pv-note">One network, two inputs: each becomes {size} numbers, '
        "and only those are compared. "
        f"{formula} = <b>{comparison.distance:.4f}</b></p>"
    )


def _strip(values: np.ndarray, top: float, label: str, kind: str = "") -> str:
    low = 0.0 if kind else -top
    base = 0.0
    bars = "".join(
        f"M{i + 0.5} {_level(base, low, top)}V{_level(v, low, top)}" for i, v in enumerate(values)
    )
    return (
        f'<svg class="pv-strip {kind}" viewBox="0 0 {len(values)} 100" preserveAspectRatio="none" '
        f'role="img" aria-label="{label}"><path stroke-width="0.8" d="{bars}"/></svg>'
    )


def _level(value: float, low: float, top: float) -> str:
    return f"{100 * (1 - (value - low) / (top - low)):.1f}"


def pair_cards(result: LabResult, rows: Sequence[Pair], tau: float) -> str:
    """Pairs of faces with their distance; the page's script marks those that are wrong at tau."""
    cards = []
    for pair in rows:
        faces = "".join(
            f'<img src="{jpeg_uri(result.thumbnails[i])}" alt="{escape(result.names[i])}"> '
            for i in (pair.first, pair.second)
        )
        people = " / ".join(
            dict.fromkeys(escape(result.people[i]) for i in (pair.first, pair.second))
        )
        files = ", ".join(escape(Path(result.names[i]).name) for i in (pair.first, pair.second))
        cards.append(
            f'<div class="pv-pair" data-distance="{pair.distance:.6f}" '
            f'data-genuine="{int(pair.genuine)}"><span>{faces}</span><b>{people}</b>'
            f"<small>{files}</small>d = {pair.distance:.3f} <small data-state></small></div>"
        )
    return f'<div class="pv-pairs" data-tau="{tau}">{"".join(cards)}</div>'


def summary(result: LabResult) -> str:
    """What the survey found and what it left out."""
    what = "used whole were" if result.curve.whole else "faces found in"
    return (
        f'<p class="pv-model"><b>{escape(result.curve.title)}</b>: {what} '
        f"{result.curve.faces} of {result.curve.pictures} pictures "
        f"({100 * result.detection_rate:.1f} %), {result.curve.people} people.</p>"
        + left_out(result.skipped)
    )
