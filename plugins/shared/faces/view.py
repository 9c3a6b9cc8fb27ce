"""What the pages of the face tasks show alike: photos with marked faces, and cards. HTML.

Every picture travels inside the page as a data URI, so no face is written to disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from plugins.shared.faces.align import whole_size
from plugins.shared.faces.detect import Face, Faces
from plugins.shared.faces.examples import examples
from plugins.shared.faces.read_faces import Step
from plugins.shared.faces.subject import Subject
from plugins.shared.files.image_folder import Skipped
from plugins.shared.files.pictures import Picture
from plugins.shared.page.html_parts import data_uri, error_card, progress, shelf
from plugins.shared.page.plots import clock
from plugins.shared.page.provenance import of_weights
from weights import Card, Origin
from weights.errors import ParagoneError
from weights.messages import listed, say

SHOWN_SIDE = 720
GROUP, GROUP_SIDE = 3, 1440
"""From so many faces on a picture can be enlarged, and is sent larger."""
SHOWN_FILES = 20
SETTLED = 2.0
"""Seconds after which the pace of a survey tells how long it will take."""
LEAST_SIDE = 160
"""A smaller picture is shown enlarged by a whole factor, with its pixels as squares."""


@dataclass(frozen=True)
class Mark:
    """A boxed face, which is a button.

    Attributes:
        text: In the box's corner.
        label: For those who do not see it.
        kind: CSS classes.
        data: For the page's script: `data-` attributes.
    """

    face: Face
    text: str
    label: str
    chosen: bool = False
    kind: str = ""
    data: tuple[tuple[str, str], ...] = ()


def photo(picture: Picture, marks: Sequence[Mark]) -> Markup:
    """A picture with its faces boxed, and its name below."""
    height, width = picture.pixels.shape[:2]
    boxes = []
    for i, mark in enumerate(marks):
        left, top, right, bottom = mark.face.box
        place = (
            f"left:{100 * left / width:.2f}%;top:{100 * top / height:.2f}%;"
            f"width:{100 * (right - left) / width:.2f}%;height:{100 * (bottom - top) / height:.2f}%"
        )
        kind = " ".join(filter(None, ("pv-face", "is-chosen" * mark.chosen, mark.kind)))
        data = Markup().join(Markup(' data-{}="{}"').format(key, value) for key, value in mark.data)
        boxes.append(
            Markup(
                '<button type="button" class="{}" style="{}" data-face="{}"{} '
                'aria-label="{}" aria-pressed="{}"><span>{}</span></button>'
            ).format(kind, place, i, data, mark.label, str(mark.chosen).lower(), mark.text)
        )
    factor = -(-LEAST_SIDE // max(height, width))
    pixels = picture.pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    group = len(marks) >= GROUP
    side = GROUP_SIDE if group else SHOWN_SIDE
    return Markup(
        '<div class="pv-frame"><div class="pv-scroll"><div class="pv-photo">'
        '<img src="{pixels}" alt="{name}">{boxes}</div></div>{zoom}</div>'
        '<p class="pv-caption">{name}</p>'
    ).format(
        pixels=data_uri(pixels, side),
        name=picture.name,
        boxes=Markup().join(boxes),
        zoom=_zoom() if group else "",
    )


def _zoom() -> Markup:
    """Buttons to enlarge a picture, within which one then scrolls."""
    return Markup(
        '<div class="pv-zoom"><button type="button" data-zoom="2" aria-label="{}">+</button>'
        '<button type="button" data-zoom="0.5" aria-label="{}">−</button></div>'
    ).format("Enlarge", "Reduce")


def slot(
    shown: Markup | str,
    note: Markup | str = "",
    credit: str = "",
    error: ParagoneError | None = None,
    shelf: Markup | str = "",
) -> Markup:
    """A place for one picture: an error, if any, the photo, notes, and the bundled pictures below.

    Args:
        shown: What `photo` made; empty where there is no picture yet.
        note, shelf: HTML as `Markup`; text that is none is escaped.
    """
    empty = Markup(
        '<div class="pv-empty">No picture yet. Drop one here, or take a bundled one.</div>'
    )
    card = error_card(error) if error else ""
    below = Markup('<p class="pv-credit">{}</p>').format(credit) if credit else ""
    return Markup('<div class="pv-slot">{}{}{}{}{}</div>').format(
        card, shown or empty, note, below, shelf
    )


@lru_cache
def bundled(keys: tuple[str, ...] | None = None) -> Markup:
    """The bundled pictures as buttons; all of them, or those named."""
    offered = [e for e in examples() if keys is None or e.key in keys]
    return shelf([(e.key, e.title, data_uri(e.load().pixels, 96)) for e in offered])


def whole_note(subject: Subject | None) -> Markup:
    """That no face was searched in this picture; empty where faces are compared."""
    if subject is None or not subject.whole:
        return Markup()
    return Markup(
        '<p class="pv-note">The whole picture is compared: this network was trained on whole '
        "pictures.</p>"
    )


def place_by_hand(subject: Subject) -> Markup:
    """A button that lets the next two clicks in the picture be the eyes of a face that was missed;
    empty where the whole picture is compared.
    """
    if subject.whole:
        return Markup()
    hint = "Click the middle of one eye, then that of the other. Esc ends it."
    return Markup(
        '<p class="pv-small pv-place"><button type="button" data-place aria-pressed="false">{}'
        "</button><span hidden>{}</span></p>"
    ).format("Add a face that was missed", hint)


def missed() -> Markup:
    """A button that shows a picture in which no face was found, so that one can be placed."""
    words = "There is a face in it: place it by hand"
    return Markup(
        '<p class="pv-small pv-place"><button type="button" data-missed>{}</button></p>'
    ).format(words)


def left_out_note(subject: Subject) -> Markup:
    """How many faces of a picture are not compared, and why; empty where all are."""
    left_out = subject.faces.left_out if isinstance(subject.faces, Faces) else ()
    if not left_out:
        return Markup()
    parts = [say("{n} {why}", n=count, why=say(why)) for why, count in left_out]
    words = say("Not compared: {parts}.", parts=listed(parts))
    return Markup('<p class="pv-small">{}</p>').format(words)


def credit_of(picture: Picture) -> str:
    """Where a bundled picture comes from; empty for any other."""
    known = next((e for e in examples() if e.title == picture.name), None)
    if known is None:
        return ""
    return say("{licence}. {credit}.", licence=say(known.licence), credit=say(known.credit))


def model_card(card: Card, origin: Origin, device: str, ms: float = 0) -> Markup:
    """Which weights run, why, their licence and training data.

    Args:
        device: Where the network has just run; empty where all encodings were known.
        ms: How long it took, with loading.
    """
    ran = "All encodings were known from before."
    if device:
        ran = say("Computed on {device} in {ms:,.0f} ms, loading included.", device=device, ms=ms)
    whole = whole_size(card.alignment)
    numbers = "{size} numbers a picture." if whole else "{size} numbers a face."
    published = say("No accuracy is published.")
    if card.figure:
        figure, source = say(card.figure), say(card.figure_source)
        published = say("Published: {figure} ({source}).", figure=figure, source=source)
    lines = [
        [say(numbers, size=card.encoding_size), say(ran)],
        [
            say("Licence: {licence}.", licence=say(card.licence)),
            say("Trained on: {data}.", data=say(card.training_data.rstrip("."))),
        ],
        [published, say(card.note)],
    ]
    more = Markup("<br>").join(" ".join(line) for line in lines)
    return of_weights(
        card.title, origin, card.licence, Markup("<b>{}</b> {}").format(origin.sentence, more)
    )


def survey_progress(step: Step, share: float = 1.0) -> Markup:
    """How far the reading of a labelled set is, and how long the rest of it will take.

    Args:
        share: Of the whole work that the reading is.
    """
    known = {"done": step.done, "total": step.total, "found": step.found}
    words = "{done} of {total} pictures read, {found} faces found"
    if step.whole:
        words = "{done} of {total} pictures read, {found} usable"
    if step.seconds > SETTLED:
        known["left"] = clock(step.left(share))
        words = "{done} of {total} pictures read, {found} faces found, about {left} left"
        if step.whole:
            words = "{done} of {total} pictures read, {found} usable, about {left} left"
    return progress(step.done, step.total / share, say(words, **known), step.chips)


def left_out(skipped: Sequence[Skipped], heading: str = "Left out: {n}") -> Markup:
    """The files that were not used, with the reasons, folded; empty where there are none."""
    if not skipped:
        return Markup()
    lines = [say("{name}: {why}", name=s.name, why=say(s.why)) for s in skipped[:SHOWN_FILES]]
    if (more := len(skipped) - SHOWN_FILES) > 0:
        lines.append(say("and {n:,} more", n=more))
    shown = Markup().join(Markup("<li>{}</li>").format(line) for line in lines)
    return Markup("<details><summary>{}</summary><ul>{}</ul></details>").format(
        say(heading, n=len(skipped)), shown
    )
