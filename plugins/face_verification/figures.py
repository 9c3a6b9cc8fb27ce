"""The pictures of the verification page: slots with boxed faces, encodings as strips, curves,
pairs. HTML and SVG text only.

Every picture travels inside the page as a data URI, so no face is written to disk.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from plugins.face_verification.laboratory import LabResult, Pair, Progress
from plugins.face_verification.model import Comparison, Subject
from plugins.faces.compare import metric_named
from weights import Card, Origin
from weights.errors import ParagoneError

PAGE = Path(__file__).with_name("page")
SHOWN_SIDE = 720


def asset(name: str) -> str:
    """A file of the page's own script or style."""
    return (PAGE / name).read_text(encoding="utf-8")


def data_uri(pixels: np.ndarray, side: int | None = None, quality: int = 88) -> str:
    """A picture as a JPEG data URI, reduced so that its long side is at most `side`."""
    image = Image.fromarray(pixels)
    if side:
        image.thumbnail((side, side))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return _jpeg_uri(out.getvalue())


def _jpeg_uri(data: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def error_card(error: ParagoneError) -> str:
    """What was wrong, where, and what to do."""
    where = f" <span>({escape(error.where)})</span>" if error.where else ""
    what, todo = escape(error.what), escape(error.todo)
    return f'<div class="pv-error" role="alert"><b>{what}.{where}</b>{todo}</div>'


def slot(
    subject: Subject | None, shelf: str, credit: str = "", error: ParagoneError | None = None
) -> str:
    """One picture with its faces boxed and numbered, each box a button; the bundled pictures
    below.
    """
    if subject is None:
        photo = '<div class="pv-empty">No picture yet. Drop one below, or take a bundled one.</div>'
        note = ""
    else:
        photo = _photo(subject)
        note = _faces_note(subject)
    card = error_card(error) if error else ""
    credit = f'<p class="pv-credit">{escape(credit)}</p>' if credit else ""
    return f'<div class="pv-slot">{card}{photo}{note}{credit}{shelf}</div>'


def _photo(subject: Subject) -> str:
    picture = subject.picture
    height, width = picture.pixels.shape[:2]
    boxes = []
    for i, face in enumerate(subject.faces):
        left, top, right, bottom = face.box
        place = (
            f"left:{100 * left / width:.2f}%;top:{100 * top / height:.2f}%;"
            f"width:{100 * (right - left) / width:.2f}%;height:{100 * (bottom - top) / height:.2f}%"
        )
        chosen = i == subject.chosen
        label = f"Face {i + 1}, {face.size} pixels wide" + (", compared" if chosen else "")
        boxes.append(
            f'<button type="button" class="pv-face {"is-chosen" * chosen}" style="{place}" '
            f'data-face="{i}" aria-label="{label}" aria-pressed="{str(chosen).lower()}">'
            f"<span>{i + 1}</span></button>"
        )
    name = escape(picture.name)
    return (
        f'<div class="pv-photo"><img src="{data_uri(picture.pixels, SHOWN_SIDE)}" alt="{name}">'
        f'{"".join(boxes)}</div><p class="pv-caption">{name}</p>'
    )


def _faces_note(subject: Subject) -> str:
    count = len(subject.faces)
    if count < 2:
        return ""
    return (
        f'<p class="pv-note">{count} faces found. Face {subject.chosen + 1} is compared; '
        "click another to compare it instead.</p>"
    )


def shelf(thumbnails: Sequence[tuple[str, str, str]]) -> str:
    """The bundled pictures as buttons, from (key, title, data URI)."""
    buttons = "".join(
        f'<button type="button" data-example="{escape(key)}" title="{escape(title)}" '
        f'aria-label="{escape(title)}">'
        f'<img src="{uri}" alt=""></button>'
        for key, title, uri in thumbnails
    )
    return f'<div class="pv-shelf" role="group" aria-label="Bundled pictures">{buttons}</div>'


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
        f'<p class="pv-note">One network, two inputs: each face becomes {size} numbers, '
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
            f'<img src="{_jpeg_uri(result.thumbnails[i])}" alt="{escape(result.names[i])}"> '
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


def model_card(card: Card, origin: Origin, device: str, ms: float = 0) -> str:
    """Which weights run, why, their licence and training data.

    Args:
        device: Where the network has just run; empty where both encodings were known.
        ms: How long it took, with loading.
    """
    ran = "both known from before"
    if device:
        ran = f"computed on {device} in {ms:,.0f} ms, loading included"
    kind = "pv-model pv-stand-in" if origin.why else "pv-model"
    published = f" {escape(card.figure)} ({escape(card.figure_source)})." if card.figure else ""
    return (
        f'<div class="{kind}"><b>{escape(origin.sentence)}</b> '
        f"{card.encoding_size} numbers a face, {ran}.<br>"
        f"Licence: {escape(card.licence)}. Trained on: {escape(card.training_data)}<br>"
        f"Published:{published or ' nothing.'} {escape(card.note)}</div>"
    )


def progress(step: Progress) -> str:
    """A bar, the count, and the chips that were just encoded."""
    chips = "".join(f'<img src="{data_uri(chip, 64)}" alt="">' for chip in step.latest)
    share = 100 * step.done / max(step.total, 1)
    return (
        f'<p class="pv-model">{step.done} of {step.total} pictures read, '
        f"{step.found} faces found</p>"
        f'<div class="pv-bar"><div style="width:{share:.0f}%"></div></div>'
        f'<div class="pv-latest">{chips}</div>'
    )


def summary(result: LabResult) -> str:
    """What the survey found and what it left out."""
    shown = "".join(f"<li>{escape(s.name)}: {escape(s.why)}</li>" for s in result.skipped[:20])
    more = f"<li>and {len(result.skipped) - 20} more</li>" if len(result.skipped) > 20 else ""
    left_out = (
        f"<details><summary>Left out: {len(result.skipped)}</summary>"
        f"<ul>{shown}{more}</ul></details>"
    )
    return (
        f'<p class="pv-model"><b>{escape(result.curve.title)}</b>: faces found in '
        f"{result.curve.faces} of {result.curve.pictures} pictures "
        f"({100 * result.detection_rate:.1f} %), {result.curve.people} people.</p>"
        + (left_out if result.skipped else "")
    )
