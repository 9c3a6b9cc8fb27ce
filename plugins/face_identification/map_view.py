"""The map of the encodings: everybody enrolled in two dimensions, and the probe arriving on it."""

from __future__ import annotations

import hashlib
import itertools

import numpy as np
from markupsafe import Markup

from plugins.face_identification.model import Identification
from plugins.shared.faces.encoding_map import fit
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores.contract import Enrolment
from plugins.shared.page.html_parts import data_uri, jpeg_uri
from weights.messages import say

MOST = 400
"""Enrolled faces that are drawn; of a larger gallery the first ones."""
PICTURED = 80
"""As many are drawn with their chip, the others as dots."""


def encoding_map(
    gallery: Gallery, found: Identification | None, chosen: int, method: str = "pca"
) -> Markup:
    """Draw enrolled faces and the probe's; faces of one person share a colour, and the probe's have
    square pictures.
    """
    rows = list(itertools.islice(gallery.rows(), MOST))
    if not rows:
        return Markup()
    probes = [one for one in (found.faces if found else ()) if one.encoded is not None]
    # The probe arrives on a map of the enrolled, but fewer than three of them span no map.
    helping = probes if len(rows) < 3 else []
    table = [row.encoding for row in rows] + [one.encoded.encoding for one in helping]
    projection = fit(np.stack(table), method)
    pictured = len(rows) <= PICTURED
    marks, named = [], set()
    for row, point in zip(rows, projection.points[: len(rows)], strict=True):
        marks.append(_mark(row, point, pictured, row.person not in named))
        named.add(row.person)
    if probes:
        places = projection.project(np.stack([one.encoded.encoding for one in probes]))
        for one, point, far in zip(probes, places.points, places.outside, strict=True):
            uri, style = data_uri(one.encoded.chip, 64), _place(point)
            kind = "is-probe" if one is found.faces[chosen] else "is-other"
            name = "The probe, farther out than the map reaches" if far else "The probe"
            marks.append(
                Markup(
                    '<img class="{kind}" style="{style}" src="{uri}" alt="{name}" title="{name}">'
                ).format(kind=kind, style=style, uri=uri, name=name)
            )
    more = gallery.count().index_rows - len(rows)
    words = [projection.words]
    if more > 0:
        words.append(say("Only the first {n} faces are drawn.", n=len(rows)))
    label = "Map of {n} enrolled faces of {people} people"
    if probes:
        label = "Map of {n} enrolled faces of {people} people, and of the probe"
    return Markup(
        '<div class="fi-map" role="img" aria-label="{}">{}</div><p class="pv-note">{}</p>'
    ).format(say(label, n=len(rows), people=len(named)), Markup().join(marks), " ".join(words))


def _mark(row: Enrolment, point: np.ndarray, pictured: bool, first: bool) -> Markup:
    name, style = row.person, _place(point)
    hue = int(hashlib.sha256(row.person.encode()).hexdigest()[:4], 16) % 360
    colour = f"hsl({hue} 65% 45%)"
    if pictured:
        picture = jpeg_uri(row.chip)
        mark = Markup(
            '<img style="{style};border-color:{colour}" src="{picture}" alt="{name}" '
            'title="{name}">'
        ).format(style=style, colour=colour, picture=picture, name=name)
    else:
        mark = Markup('<i style="{};background:{}" title="{}"></i>').format(style, colour, name)
    label = Markup('<span style="{}">{}</span>').format(style, name) if first and pictured else ""
    return mark + label


def _place(point: np.ndarray) -> str:
    return f"left:{100 * point[0]:.1f}%;top:{100 * point[1]:.1f}%"
