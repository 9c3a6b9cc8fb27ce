"""What the volume page shows of a set of volumes. HTML text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.shared.classification.views import said
from plugins.shared.page.plots import percent
from plugins.volume_classification.data.units import all_like_hounsfield
from plugins.volume_classification.views.viewer_data import webp, windows
from weights.messages import say

if TYPE_CHECKING:
    from plugins.volume_classification.data.volume import Volume
    from plugins.volume_classification.data.volume_set import VolumeSet

SHOWN = 6
"""Examples of each class that are drawn of a set."""
MOST = 4
"""Classes that are drawn."""
SIDE = 128
"""Pixels of a thumbnail, at most."""
FIXED = "The values are like Hounsfield units, so all volumes are scaled alike."
OWN_RANGE = (
    "The values have no fixed unit, so each volume is scaled by its own range (from its 0.1 % "
    "darkest to its 0.1 % brightest voxels)."
)


def set_view(train: VolumeSet, test: VolumeSet) -> Markup:
    """How many volumes, of which classes, and the central slices of a few."""
    counts = zip(train.classes, train.counts, test.counts, strict=True)
    rows = Markup().join(
        Markup('<tr><th scope="row">{}</th><td>{:,}</td><td>{:,}</td></tr>').format(name, a, b)
        for name, a, b in counts
    )
    fixed = all_like_hounsfield(train.values, train.units)
    majority = percent(float(test.counts.max() / max(len(test), 1)))
    notes = Markup().join(said(note) for note in dict.fromkeys((*train.notes, *test.notes)))
    return Markup(
        '<div class="vc-set"><p><b>{title}</b></p><p>{what}</p>'
        '<div class="vc-scroll" tabindex="0" role="region" aria-label="Classes">'
        "<table><thead><tr><th>class</th><th>to learn</th><th>to test</th>"
        "</tr></thead><tbody>{rows}</tbody></table></div>{said}{notes}{examples}</div>"
    ).format(
        title=train.title,
        what=say(
            "{train:,} volumes to learn from, {test:,} to test on, {size}³ voxels each.",
            train=len(train),
            test=len(test),
            size=train.size,
        ),
        rows=rows,
        said=said(
            say(
                "Always naming the most frequent class is right in {majority} of the tests.",
                majority=majority,
            )
        ),
        notes=said(FIXED if fixed else OWN_RANGE) + notes,
        examples=_examples(train),
    )


def _examples(volumes: VolumeSet) -> Markup:
    """Central slices, a row for each class; each in the grey levels of its own volume."""
    rows = []
    for label, name in enumerate(volumes.classes[:MOST]):
        drawn = Markup()
        for i in np.flatnonzero(volumes.labels == label)[:SHOWN]:
            alt = say("Central slice of {names}", names=volumes.names[i])
            values = np.asarray(volumes.values[i], np.float32)
            drawn += Markup('<img src="{}" alt="{}">').format(thumbnail(values), alt)
        rows.append(Markup("<figure><figcaption>{}</figcaption>{}</figure>").format(name, drawn))
    return Markup('<div class="vc-examples">{}</div>').format(Markup().join(rows))


def thumbnail(values: np.ndarray) -> str:
    """The central slice of a volume (depth, height, width) in its own greys, as a data URI."""
    (_, low, high), *_ = windows(values)
    middle = np.asarray(values[len(values) // 2], float)
    if (step := -(-max(middle.shape) // SIDE)) > 1:
        middle = middle[::step, ::step]
    grey = np.clip((middle - low) / max(high - low, 1e-9), 0, 1) * 255
    return webp(grey.astype(np.uint8), False)


def series(volumes: Sequence[Volume], titles: Sequence[str]) -> Markup:
    """The volumes of a file, each with its central slice; those that were not read by name only.

    Args:
        volumes: The first of them.
        titles: Of all.
    """
    drawn = Markup().join(
        Markup('<figure><img src="{}" alt=""><figcaption>{}</figcaption></figure>').format(
            thumbnail(one.values), title
        )
        for one, title in zip(volumes, titles, strict=False)
    )
    left = len(titles) - len(volumes)
    more = say("{n:,} more are in the file; bring them by themselves.", n=left) if left else ""
    return Markup('<div class="vc-series">{}</div>{}').format(drawn, said(more) if more else "")
