"""What the volume page says: the lesson, the viewer, verdicts, sets and runs. HTML text."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from plugins.shared.classification.views import bars, said
from plugins.shared.page.plots import number, percent
from plugins.volume_classification.settings import FLAT, THIN, WHOLE
from plugins.volume_classification.views.viewer_data import Scene

if TYPE_CHECKING:
    from plugins.volume_classification.data.volume_set import VolumeSet

SHORT = {FLAT: "2-D", THIN: "2.5-D", WHOLE: "3-D"}
SEES = {
    FLAT: "sees the central slice alone",
    THIN: "sees a few slices, as channels",
    WHOLE: "sees the whole volume",
}
SAFETY = '<p class="vc-safety" role="note"><b>For learning, not for diagnosis.</b> {}</p>'
PLANES = ("Axial", "Coronal", "Sagittal")
SHOWN = 6
"""Examples of each class that are drawn of a set."""
MOST = 4
"""Classes that are drawn."""


@dataclass(frozen=True)
class Verdict:
    """What one network says of one volume.

    Attributes:
        kind: What it sees: a key of `SEES`.
        seconds: It took. `accuracy`: on its held-out volumes, 0..1; NaN where it is not known.
    """

    kind: str
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]
    seconds: float
    accuracy: float = float("nan")

    @property
    def name(self) -> str:
        """`2-D` and so on."""
        return SHORT[self.kind]

    @property
    def answer(self) -> str:
        """The likeliest class."""
        return self.classes[int(np.argmax(self.probabilities))]


def safety(words: str = "") -> str:
    """The line that is always on the page."""
    return SAFETY.format(words)


def look(scene: Scene, best: str = "", hint: str = "") -> str:
    """The viewer: three slices, the turning projection, and what they are seen with.

    Args:
        best: The class whose evidence is shown first.
        hint: HTML below it.
    """
    told = escape(json.dumps(scene.told))
    images = "".join(
        f'<img data-image="{name}" src="{uri}" alt="">' for name, uri in scene.images.items()
    )
    planes = "".join(_plane(i, name) for i, name in enumerate(PLANES))
    return (
        f'<section class="vc-look" aria-label="{escape(scene.told["name"])}" '
        f'data-scene="{told}" data-key="{secrets.token_hex(6)}" data-best="{escape(best)}">'
        f'<div hidden>{images}</div><div class="vc-planes">{planes}{TURNING}</div>'
        f'{_tools(scene)}<p class="vc-live" data-live aria-live="polite"></p>{hint}</section>'
    )


def _plane(i: int, name: str) -> str:
    return (
        f'<figure class="vc-plane is-plane{i}"><figcaption><b>{name}</b>'
        f'<span data-at="{i}"></span></figcaption>'
        f'<canvas data-plane="{i}" tabindex="0" role="img" aria-label="{name} slice"></canvas>'
        f'<input type="range" data-slice="{i}" min="0" max="1" step="1" '
        f'aria-label="{name} slice"></figure>'
    )


TURNING = (
    '<figure class="vc-plane"><figcaption><b>Seen through</b><span data-degrees></span>'
    '</figcaption><canvas data-turning role="img" aria-label="Maximum-intensity projection, '
    'which turns; drag it, or use the slider below"></canvas><div class="vc-turn">'
    '<button type="button" data-play>Pause</button><input type="range" data-angle min="0" max="1" '
    'step="1" aria-label="Angle of the projection"></div></figure>'
)


def _tools(scene: Scene) -> str:
    windows = "".join(f"<option>{escape(name)}</option>" for name, *_ in scene.told["presets"])
    slider = '<label>{0}<output data-{1}-told></output><input type="range" data-{1}></label>'
    parts = [
        f"<label>Window<select data-window>{windows}</select></label>",
        slider.format("Level", "level"),
        slider.format("Width", "width"),
    ]
    if maps := scene.told["maps"]:
        names = "".join(
            f"<option{' selected' * (one is maps[-1])}>{escape(one['name'])}</option>"
            for one in maps
        )
        first = "".join(f"<option>{escape(name)}</option>" for name in maps[-1]["classes"])
        parts += [
            f"<label>Evidence in the network<select data-network>{names}</select></label>",
            f"<label>for the class<select data-class>{first}</select></label>",
            "<label>Opacity<output data-opacity-told>45 %</output>"
            '<input type="range" data-opacity min="0" max="100" value="45"></label>',
        ]
    legend = LEGEND if scene.told["maps"] else ""
    button = '<button type="button" data-centre>Back to the centre</button>'
    return f'<div class="vc-tools">{"".join(parts)}{button}</div>{legend}'


LEGEND = (
    '<p class="vc-legend"><span><i class="is-for"></i>speaks for the class</span>'
    '<span><i class="is-against"></i>speaks against it</span></p>'
)


def lesson(
    scene: Scene, verdicts: Sequence[Verdict], truth: str, classes: Sequence[str], about: str
) -> str:
    """The question, the visitor's guess, the networks' verdicts, and the volume. All answers are
    there at once and are shown by the page's script when the visitor has guessed.
    """
    buttons = "".join(
        f'<button type="button" class="vc-guess" data-say="{escape(name)}">'
        f"{escape(name.capitalize())}</button>"
        for name in classes
    )
    return (
        f'<div class="vc-lesson" data-lesson data-truth="{escape(truth)}"><div class="vc-ask">'
        '<figure class="vc-quiz"><canvas data-quiz role="img" aria-label="The central slice of a '
        'simulated piece of lung, with a round bright spot in the ring"></canvas><figcaption>'
        "The central slice. <b>Simulated</b>, nobody's scan.</figcaption></figure>"
        '<div class="vc-question"><h2>Nodule, or vessel seen end-on?</h2><p>A round bright spot '
        "lies in the ring. A nodule ends a few slices above and below; a vessel goes on. What "
        f'would you say from this one slice?</p><div class="vc-guesses">{buttons}'
        '<button type="button" class="vc-skip" data-say="">Just show me</button></div>'
        '<p class="vc-outcome" data-outcome role="status"></p><ul class="vc-tally" data-tally>'
        f"</ul>{cards(verdicts, truth, 3)}</div></div>"
        f'<div class="vc-after">{look(scene, truth, HINT)}'
        f'<p class="pv-model">{escape(about)} Computed on the CPU.</p></div></div>'
    )


HINT = said(
    "Click or drag in a slice, or use the arrow keys; after a click the wheel turns the pages. "
    "Follow the spot along the other two planes: a column is a vessel, a ball is a nodule. Beside "
    "it there is always one of the other kind, so that counting does not help."
)


def cards(verdicts: Sequence[Verdict], truth: str = "", level: int = 2) -> str:
    """The verdicts side by side.

    Args:
        truth: The class, where it is known.
        level: Of their headings.
    """
    drawn = "".join(_card(one, truth, level) for one in verdicts)
    return f'<div class="vc-cards">{drawn}</div>'


def _card(one: Verdict, truth: str, level: int) -> str:
    mark = ""
    if truth in one.classes:  # Else the networks know other words than the set.
        right = one.answer == truth
        mark = f'<i class="vc-mark {"is-right" if right else "is-wrong"}">' + (
            f"{'✓ right' if right else '✗ wrong'}</i>"
        )
    known = ""
    if np.isfinite(one.accuracy):
        known = f" Right on {percent(one.accuracy)} of its own held-out volumes."
    return (
        f'<article class="vc-card" data-card="{one.name}" data-answer="{escape(one.answer)}">'
        f"<h{level}>{one.name} <small>{SEES[one.kind]}</small></h{level}>"
        f'<p class="vc-says"><b>{escape(one.answer)}</b>{mark}</p>'
        f"{bars(one.classes, one.probabilities, 6, ranked=False)}"
        f'<p class="vc-fine">{number(one.seconds * 1000, 0)} ms.{known}</p></article>'
    )


def set_view(train: VolumeSet, test: VolumeSet) -> str:
    """How many volumes, of which classes, and the central slices of a few."""
    counts = zip(train.classes, train.counts, test.counts, strict=True)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{a:,}</td><td>{b:,}</td></tr>'
        for name, a, b in counts
    )
    majority = percent(float(test.counts.max() / max(len(test), 1)))
    notes = "".join(said(note) for note in dict.fromkeys((*train.notes, *test.notes)))
    return (
        f'<div class="vc-set"><p><b>{escape(train.title)}</b>: {len(train):,} volumes to learn '
        f"from, {len(test):,} to test on, {train.size}³ voxels each.</p>"
        '<div class="vc-scroll" tabindex="0" role="region" aria-label="Classes">'
        "<table><thead><tr><th>class</th><th>to learn</th><th>to test</th>"
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
        f"{said(f'Always naming the most frequent class is right in {majority} of the tests.')}"
        f"{notes}{_examples(train)}</div>"
    )


def _examples(volumes: VolumeSet) -> str:
    """Central slices, a row for each class."""
    from plugins.volume_classification.views.viewer_data import webp

    low, high = np.percentile(volumes.values[:: max(1, len(volumes) // 40)], (1, 99.8))
    rows = []
    for label, name in enumerate(volumes.classes[:MOST]):
        drawn = ""
        for i in np.flatnonzero(volumes.labels == label)[:SHOWN]:
            middle = np.asarray(volumes.values[i][volumes.size // 2], float)
            grey = np.clip((middle - low) / max(high - low, 1e-9), 0, 1) * 255
            alt = f"Central slice of {volumes.names[i]}"
            drawn += f'<img src="{webp(grey.astype(np.uint8), False)}" alt="{escape(alt)}">'
        rows.append(f"<figure><figcaption>{escape(name)}</figcaption>{drawn}</figure>")
    return f'<div class="vc-examples">{"".join(rows)}</div>'
