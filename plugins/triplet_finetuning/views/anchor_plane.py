"""The batch around one anchor: every picture at its true distance, and the ring that the margin
asks for. HTML, with SVG for the circles.
"""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup

from plugins.shared.page.plots import nice, number
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.training.events import Scene
from plugins.triplet_finetuning.views.contact_sheet import Sheet
from plugins.triplet_finetuning.views.triplet_cards import KINDS, kind_mark
from weights.messages import rich, say

KIND_NAMES = tuple(KINDS)
DRAWN = 160
"""At most this many pictures of a batch are drawn: the nearest."""
PICTURED = 40
"""At most this many of them as thumbnails, the others as dots."""
ROOM = 7.5
"""Thumbnails keep so far from each other, in per cent of the plane's side."""
SEEN = 2.2
"""The scale ends at this many times the margin ring, or else far pictures would make it a point."""
CLEAR = 9.0
"""Per cent of the plane's side that the words keep from the middle, where the anchor is."""
REACH = 46.0
"""Per cent of the plane's side from the anchor to the end of the scale."""

SCALES = (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10)


def plane(scene: Scene | None, pictures: PictureSet, margin: float) -> Markup:
    """The anchor of the hardest triplet in the middle, and the pictures of its batch around it.

    The distance from the middle is d(A, x) itself, in units of the loss, up to the rim, where
    whatever lies farther out is held; the direction is that of the two main directions of the
    batch's encodings.
    """
    if scene is None or not scene.hardest or not math.isfinite(scene.hardest[0].ap):
        empty = Markup('<div class="tf-plane is-empty"><p>No triplet to show yet.</p></div>')
        return _head("") + empty + _caption(np.zeros(3, int))
    first = scene.hardest[0]
    radius, ring = first.ap, first.ap + margin
    others = np.flatnonzero((scene.indices != first.anchor) & np.isfinite(scene.distances))
    far = float(scene.distances[others].max(initial=0))
    end = nice(max(min(far, SEEN * ring), ring), SCALES)
    beyond = int((scene.distances[others] > end).sum())
    kinds = np.select([scene.distances <= radius, scene.distances < ring], [2, 1], 0)
    negatives = others[~scene.same[others]]
    counts = np.bincount(kinds[negatives], minlength=3)
    drawn = _drawn(scene, others)
    spots = {i: _spot(scene, i, end) for i in drawn}
    pictured = _pictured([i for i in drawn if scene.distances[i] <= end], spots)
    shown = (first.positive, first.negative)
    pair = [spot for i, spot in spots.items() if int(scene.indices[i]) in shown]
    sheet = Sheet.of(pictures.chips, [first.anchor, *(scene.indices[i] for i in pictured)])
    marks = []
    for i in reversed(drawn):  # The shown pair is drawn last, on top.
        place = sheet.place(int(scene.indices[i])) if i in pictured else ""
        marks.append(_mark(scene, pictures, i, KIND_NAMES[kinds[i]], spots[i], place))
    anchor = pictures.name(first.anchor)
    centre = Markup(
        '<i class="tf-mark is-a is-picture is-chosen" title="{}" '
        'style="left:50%;top:50%;{}"><b>A</b></i>'
    ).format(say("{name}: the anchor", name=anchor), sheet.place(first.anchor))
    label = say(
        "The batch around {anchor}: {same} positives, {negatives} negatives, "
        "of which {counts} hard and {counts_2} semi-hard",
        anchor=anchor,
        same=int(scene.same[others].sum()),
        negatives=len(negatives),
        counts=counts[2],
        counts_2=counts[1],
    )
    return Markup(
        '{head}<div class="tf-plane" role="img" aria-label="{label}" style="{style}">'
        "{rings}{marks}{centre}</div>{caption}"
    ).format(
        head=_head(say("scale: {end:g} at the rim", end=end)),
        label=label,
        style=sheet.style,
        rings=_rings(radius, ring, end, pair),
        marks=Markup().join(marks),
        centre=centre,
        caption=_caption(counts, beyond, len(others) - len(drawn)),
    )


def _mark(
    scene: Scene,
    pictures: PictureSet,
    i: int,
    kind: str,
    spot: tuple[float, float],
    place: str,
) -> Markup:
    """One picture of the batch, as a thumbnail where it has a place on the sheet."""
    picture, first = int(scene.indices[i]), scene.hardest[0]
    letter = {first.negative: "N", first.positive: "P"}.get(picture, "")
    css = "is-p" if scene.same[i] else f"is-n is-{kind}"
    css += (" is-picture" if place else " is-dot") + " is-chosen" * bool(letter)
    what = say("positive") if scene.same[i] else say("{kind} negative", kind=say(KINDS[kind]))
    name = pictures.name(picture)
    title = say(
        "{name}: d = {distance}, {what}", name=name, distance=number(scene.distances[i]), what=what
    )
    style = f"left:{spot[0]:.2f}%;top:{spot[1]:.2f}%" + f";{place}" * bool(place)
    badge = Markup("<b>{}</b>").format(letter) if letter else ""
    return Markup('<i class="tf-mark {}" title="{}" style="{}">{}</i>').format(
        css, title, style, badge
    )


def _head(scale: str) -> Markup:
    return Markup(
        '<div class="tf-head"><b>The batch around the anchor</b><span>{}</span></div>'
    ).format(scale)


def _drawn(scene: Scene, others: np.ndarray) -> list[int]:
    """Positions in the batch, the most telling first: the shown triplet, then by distance."""
    first = scene.hardest[0]
    near = others[np.argsort(scene.distances[others], kind="stable")].tolist()
    pair = (first.positive, first.negative)
    shown, seen = [], set()
    for i in near:
        picture = int(scene.indices[i])
        if picture in pair and picture not in seen:  # A small identity has some pictures twice.
            shown.append(i)
            seen.add(picture)
    return (shown + [i for i in near if int(scene.indices[i]) not in pair])[:DRAWN]


def _spot(scene: Scene, i: int, end: float) -> tuple[float, float]:
    """Per cent from the left and from the top."""
    x, y = scene.points[i]
    angle = math.atan2(y, x) if math.isfinite(x) and math.isfinite(y) else 0.0
    far = REACH * min(float(scene.distances[i]) / end, 1)
    return 50 + far * math.cos(angle), 50 - far * math.sin(angle)


def _pictured(drawn: list[int], spots: dict[int, tuple[float, float]]) -> set[int]:
    """Those that have room for a thumbnail; the shown pair always has."""
    taken, chosen = [(50.0, 50.0)], set()
    for rank, i in enumerate(drawn):
        if len(chosen) == PICTURED:
            break
        if rank < 2 or all(math.dist(spots[i], place) >= ROOM for place in taken):
            taken.append(spots[i])
            chosen.add(i)
    return chosen


def _rings(radius: float, ring: float, end: float, pair: list[tuple[float, float]]) -> Markup:
    """Circles at d(A, P) and at d(A, P) + margin; the words stand below the one and above the
    other, or the other way round, whichever is clearer of the shown pair.
    """
    inner, outer = (REACH * x / end for x in (radius, ring))
    low, high = max(inner, CLEAR), -max(outer, CLEAR)
    low, high = max(
        ((low, high), (-low, -high)),
        key=lambda ways: min(
            (math.dist(spot, (50, 50 + way)) for spot in pair for way in ways), default=0
        ),
    )
    band = (outer - inner) / 2
    return Markup(
        '<svg viewBox="0 0 100 100" aria-hidden="true">'
        '<circle class="tf-rim" cx="50" cy="50" r="{rim:.2f}"/>'
        '<circle class="tf-zone" cx="50" cy="50" r="{middle:.2f}" stroke-width="{wide:.2f}"/>'
        '<circle class="tf-inner" cx="50" cy="50" r="{inner:.2f}"/>'
        '<circle class="tf-outer" cx="50" cy="50" r="{outer:.2f}"/></svg>'
        '<span class="tf-ring is-p" style="top:{low:.2f}%">'
        "d(A, P) = {radius}</span>"
        '<span class="tf-ring is-margin" style="top:{high:.2f}%">'
        "d(A, P) + α = {ring}</span>"
    ).format(
        rim=REACH,
        middle=inner + band,
        wide=2 * band,
        inner=inner,
        outer=outer,
        low=50 + low,
        radius=number(radius),
        high=50 + high,
        ring=number(ring),
    )


def _caption(counts: np.ndarray, beyond: int = 0, left: int = 0) -> Markup:
    more = Markup()
    if beyond:
        rim = rich("on the rim, farther out: <b>{n}</b>", n=beyond)
        more += Markup("<span>{}</span>").format(rim)
    if left:
        more += Markup("<span>{}</span>").format(rich("not drawn: <b>{n}</b>", n=left))
    easy, semihard, hard = (kind_mark(kind) for kind in KIND_NAMES)
    return Markup(
        '<p class="tf-caption"><span class="tf-key is-p">positives</span>'
        '<span class="tf-key is-n">negatives</span>'
        "<span>{hard} {inside}</span><span>{semihard} {ring}</span>"
        "<span>{easy} {outside}</span>{more}</p>"
    ).format(
        hard=hard,
        semihard=semihard,
        easy=easy,
        inside=rich("inside: <b>{n}</b>", n=counts[2]),
        ring=rich("in the ring: <b>{n}</b>", n=counts[1]),
        outside=rich("beyond: <b>{n}</b>", n=counts[0]),
        more=more,
    )
