"""The held-out identities in two dimensions, moving while the encoder learns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from plugins.triplet_finetuning.training.projection import SIDE
from plugins.triplet_finetuning.views.contact_sheet import Sheet
from weights.messages import say

BESIDE = ((0, 0), (0, -0.06), (0, 0.06), (0.13, 0), (-0.13, 0), (0, -0.12), (0, 0.12))
"""Where a name goes when its first place is taken."""
LABELLED = 60
"""At most this many identities have their name on the map."""
GOLDEN = 137.508
"""Degrees: hues that far apart stay apart, however many there are."""


def encoding_map(
    points: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    thumbs: Sheet | None = None,
    words: str = "",
    scale: float = 0,
) -> Markup:
    """Draw (N, 2) points in 0..1, across and down, with the names of the identities in their midst.

    From frame to frame a picture keeps its element, so that its move is seen.

    Args:
        labels: (N,) indices into `names`.
        thumbs: Those of the N pictures that are drawn as such; the others are dots.
        words: What the map is, a sentence.
        scale: A distance in the encodings' units that a bar shows, where the map is to scale.
    """
    points = np.asarray(points, np.float64).reshape(-1, 2)
    sound = np.isfinite(points).all(axis=1)
    held = np.clip(np.where(sound[:, None], points, 0.5), 0.02, 0.98)
    marks = []
    for i, (x, y) in enumerate(held):
        hue = int(labels[i] * GOLDEN % 360)
        has = thumbs is not None and i in thumbs.cells
        kind = ("is-picture" if has else "is-dot") + " is-gone" * (not sound[i])
        place = f";{thumbs.place(i)}" if has else ""
        marks.append(
            Markup(
                '<i id="tf-map-{}" class="tf-place {}" title="{}" '
                'style="left:{:.1f}%;top:{:.1f}%;--tf-hue:{}{}"></i>'
            ).format(i, kind, names[labels[i]], 100 * x, 100 * y, hue, place)
        )
    style = Markup(' style="{}"').format(thumbs.style) if thumbs is not None else ""
    known = len(np.unique(np.asarray(labels)[sound])) if len(points) else 0
    label = say(
        "Map of {sound} held-out pictures of {known} identities",
        sound=int(sound.sum()),
        known=known,
    )
    return Markup(
        '<div class="tf-head"><b>Identities never trained on</b>'
        "<span>{count}</span></div>"
        '<div class="tf-map" role="img" aria-label="{label}"{style}>{marks}{names}{bar}</div>'
        '<p class="tf-caption">{words}</p>'
    ).format(
        count=say("{n:,} pictures", "{n} picture", n=int(sound.sum())),
        label=label,
        style=style,
        marks=Markup().join(marks),
        bar=_bar(scale) if scale else "",
        names=_names(held, labels, sound, names),
        words=words,
    )


def _bar(scale: float) -> Markup:
    return Markup('<u class="tf-scale" style="width:{:.1f}%">{:g}</u>').format(
        100 * scale / SIDE, scale
    )


def _names(held: np.ndarray, labels: np.ndarray, sound: np.ndarray, names: Sequence[str]) -> Markup:
    """Each identity's name at the median of its points; one that would cover another is hidden."""
    spans, taken = [], []
    for label in list(dict.fromkeys(int(i) for i in np.asarray(labels)[sound]))[:LABELLED]:
        x, y = np.median(held[sound & (labels == label)], axis=0)
        wanted = [(min(max(x + dx, 0.08), 0.92), y + dy) for dx, dy in BESIDE]
        free = next((place for place in wanted if _clear(place, taken)), None)
        if free:
            taken.append(free)
        x, y = free or wanted[0]
        place = f"left:{100 * x:.1f}%;top:{100 * y:.1f}%;--tf-hue:{int(label * GOLDEN % 360)}"
        kind = "" if free else "is-hidden"
        spans.append(
            Markup('<span class="{}" style="{}">{}</span>').format(kind, place, names[label])
        )
    return Markup().join(spans)


def _clear(place: tuple[float, float], taken: Sequence[tuple[float, float]]) -> bool:
    x, y = place
    return 0.03 < y < 0.97 and all(abs(x - a) > 0.14 or abs(y - b) > 0.055 for a, b in taken)
