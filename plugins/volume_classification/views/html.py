"""What the volume page says: the lesson, the viewer, verdicts, sets and runs. HTML text."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from plugins.shared.classification.views import bars, said
from plugins.shared.page.plots import number, percent
from plugins.shared.page.provenance import provenance
from plugins.volume_classification.settings import FLAT, THIN, WHOLE
from plugins.volume_classification.views.viewer_data import Scene
from weights.messages import say

SHORT = {FLAT: "2-D", THIN: "2.5-D", WHOLE: "3-D"}
SEES = {
    FLAT: "sees the central slice alone",
    THIN: "sees a few slices, as channels",
    WHOLE: "sees the whole volume",
}
SAFETY = Markup('<p class="vc-safety" role="note"><b>For learning, not for diagnosis.</b> {}</p>')
PLANES = ("Axial", "Coronal", "Sagittal")


@dataclass(frozen=True)
class Verdict:
    """What one network says of one volume.

    Attributes:
        kind: What it sees: a key of `SEES`.
        seconds: It took. `accuracy`: on its held-out volumes, 0..1; NaN where it is not known.
        unlike: Whether the volume is unlike all that it learnt from, so that it has no answer.
    """

    kind: str
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]
    seconds: float
    accuracy: float = float("nan")
    unlike: bool = False

    @property
    def name(self) -> str:
        """`2-D` and so on."""
        return SHORT[self.kind]

    @property
    def answer(self) -> str:
        """The likeliest class."""
        return self.classes[int(np.argmax(self.probabilities))]


def safety(words: str = "") -> Markup:
    """The line that is always on the page."""
    return SAFETY.format(words)


def viewer(scene: Scene, best: str = "", hint: Markup | str = "") -> Markup:
    """The viewer: three slices, the turning projection, and what they are seen with.

    Args:
        best: The class whose evidence is shown first.
        hint: HTML below it.
    """
    images = Markup().join(
        Markup('<img data-image="{}" src="{}" alt="">').format(name, uri)
        for name, uri in scene.images.items()
    )
    planes = Markup().join(_plane(i, name) for i, name in enumerate(PLANES))
    return Markup(
        '<section class="vc-look" aria-label="{name}" '
        'data-scene="{values}" data-key="{key}" data-best="{best}">'
        '<div hidden>{images}</div><div class="vc-planes">{planes}{turning}</div>'
        '{tools}<p class="vc-live" data-live aria-live="polite"></p>{hint}</section>'
    ).format(
        name=scene.values["name"],
        values=json.dumps(scene.values),
        key=secrets.token_hex(6),
        best=best,
        images=images,
        planes=planes,
        turning=TURNING.format(say(COVERING if scene.values["covering"] else HIGHEST)),
        tools=_tools(scene),
        hint=hint,
    )


def _plane(i: int, name: str) -> Markup:
    return Markup(
        '<figure class="vc-plane is-plane{i}"><figcaption><b>{name}</b>'
        '<span data-at="{i}"></span></figcaption>'
        '<canvas data-plane="{i}" tabindex="0" role="img" aria-label="{label}"></canvas>'
        '<input type="range" data-slice="{i}" min="0" max="1" step="1" '
        'aria-label="{label}"></figure>'
    ).format(i=i, name=name, label=say("{plane} slice", plane=say(name)))


HIGHEST = "Maximum-intensity projection, which turns; drag it, or use the slider below"
COVERING = (
    "The volume seen through, bright voxels covering what lies behind them; it turns; drag it, or "
    "use the slider below"
)
TURNING = Markup(
    '<figure class="vc-plane"><figcaption><b>Seen through</b><span data-degrees></span>'
    '</figcaption><canvas data-turning role="img" aria-label="{}"></canvas><div class="vc-turn">'
    '<button type="button" data-play>Pause</button><input type="range" data-angle min="0" max="1" '
    'step="1" aria-label="Angle of the projection"></div></figure>'
)


def _tools(scene: Scene) -> Markup:
    windows = Markup().join(
        Markup("<option>{}</option>").format(name) for name, *_ in scene.values["presets"]
    )
    slider = Markup(
        '<label>{0}<output data-{1}-told></output><input type="range" data-{1}></label>'
    )
    parts = [
        Markup("<label>Window<select data-window>{}</select></label>").format(windows),
        slider.format("Level", "level"),
        slider.format("Width", "width"),
    ]
    if maps := scene.values["maps"]:
        names = Markup().join(
            Markup("<option{}>{}</option>").format(" selected" * (one is maps[-1]), one["name"])
            for one in maps
        )
        first = Markup().join(
            Markup("<option>{}</option>").format(name) for name in maps[-1]["classes"]
        )
        parts += [
            SHOW,
            Markup("<label>Evidence in the network<select data-network>{}</select></label>").format(
                names
            ),
            Markup("<label>for the class<select data-class>{}</select></label>").format(first),
            Markup(
                "<label>Opacity<output data-opacity-told>70 %</output>"
                '<input type="range" data-opacity min="0" max="100" value="70"></label>'
            ),
        ]
    legend = LEGEND if scene.values["maps"] else ""
    return Markup('<div class="vc-tools">{}</div>{}{}').format(
        Markup().join(parts), BUTTONS, legend
    )


SHOW = Markup(
    '<label class="vc-check"><input type="checkbox" data-evidence>Colour what speaks for a '
    "class</label>"
)
BUTTONS = Markup(
    '<div class="vc-buttons"><button type="button" data-centre>Back to the centre</button>'
    '<button type="button" data-mark aria-pressed="false">Measure from here</button>'
    '<button type="button" data-full>Full screen</button>'
    '<button type="button" data-save>Save the picture</button></div>'
)
ON_CPU = "Computed on the CPU."
UNLIKE = (
    "This volume is unlike all that the network learnt from: whatever it said would mean nothing."
)
LEGEND = Markup(
    '<p class="vc-legend"><span><i class="is-for"></i>speaks for the class</span>'
    '<span><i class="is-against"></i>speaks against it</span>'
    "<span>Only the strongest evidence is coloured.</span></p>"
)


def lesson(
    scene: Scene,
    verdicts: Sequence[Verdict],
    truth: str,
    classes: Sequence[str],
    about: str,
    both: Markup | str,
) -> Markup:
    """The question, the visitor's guess, the networks' verdicts, and the volume. All answers are
    there at once and are shown by the page's script when the visitor has guessed.

    Args:
        both: The volume and its twin.
    """
    buttons = Markup().join(
        Markup('<button type="button" class="vc-guess" data-say="{}">{}</button>').format(
            name, name.capitalize()
        )
        for name in classes
    )
    return Markup(
        '<div class="vc-lesson" data-lesson data-truth="{}"><div class="vc-ask">'
        '<figure class="vc-quiz"><canvas data-quiz role="img" aria-label="The central slice of a '
        'simulated piece of lung, with a round bright spot in the ring"></canvas><figcaption>'
        "The central slice. <b>Simulated</b>, nobody's scan.</figcaption></figure>"
        '<div class="vc-question"><h2>Nodule, or vessel seen end-on?</h2><p>A round bright spot '
        "lies in the ring. A nodule ends a few slices above and below; a vessel goes on. What "
        'would you say from this one slice?</p><div class="vc-guesses">{}'
        '<button type="button" class="vc-skip" data-say="">Just show me</button></div>'
        '<p class="vc-outcome" data-outcome role="status"></p><ul class="vc-tally" data-tally>'
        "</ul>{}</div></div>"
        '<div class="vc-after">{}{}'
        "{}</div></div>"
    ).format(
        truth,
        buttons,
        cards(verdicts, truth, 3),
        both,
        viewer(scene, truth, HINT),
        provenance(
            say("The three networks, packaged"), Markup("{} {}").format(say(about), say(ON_CPU))
        ),
    )


HINT = said(
    "Click or drag in a slice, or use the arrow keys; after a click the wheel turns the pages. "
    "Zoom with plus and minus, Ctrl and the wheel, or two fingers; drag with the right button for "
    "the window, and with Shift to move the picture. "
    "Follow the spot along the other two planes: a column is a vessel, a ball is a nodule. Beside "
    "it there is always one of the other kind, so that counting does not help."
)


def cards(verdicts: Sequence[Verdict], truth: str = "", level: int = 2) -> Markup:
    """The verdicts side by side.

    Args:
        truth: The class, where it is known.
        level: Of their headings.
    """
    drawn = Markup().join(_card(one, truth, level) for one in verdicts)
    return Markup('<div class="vc-cards">{}</div>').format(drawn)


def _card(one: Verdict, truth: str, level: int) -> Markup:
    if one.unlike:
        return Markup(
            '<article class="vc-card" data-card="{one.name}" data-answer="">'
            "<h{level}>{one.name} <small>{sees}</small></h{level}>"
            '<p class="vc-says"><b>No answer</b></p><p class="vc-fine">{why}</p></article>'
        ).format(one=one, level=level, sees=SEES[one.kind], why=UNLIKE)
    mark = ""
    if truth in one.classes:  # Else the networks know other words than the set.
        right = one.answer == truth
        mark = Markup('<i class="vc-mark {}">{}</i>').format(
            *(("is-right", "✓ right") if right else ("is-wrong", "✗ wrong"))
        )
    known = ""
    if np.isfinite(one.accuracy):
        known = say(
            "Right on {accuracy} of its own held-out volumes.", accuracy=percent(one.accuracy)
        )
    return Markup(
        '<article class="vc-card" data-card="{one.name}" data-answer="{one.answer}">'
        "<h{level}>{one.name} <small>{sees}</small></h{level}>"
        '<p class="vc-says"><b>{one.answer}</b>{mark}</p>'
        '{bars}<p class="vc-fine">{ms} {known}</p></article>'
    ).format(
        one=one,
        level=level,
        sees=SEES[one.kind],
        mark=mark,
        bars=bars(one.classes, one.probabilities, 6, ranked=False),
        ms=say("{ms} ms.", ms=number(one.seconds * 1000, 0)),
        known=known,
    )
