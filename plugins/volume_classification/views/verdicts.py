"""What the volume page says of a training, and of a volume that somebody looks at. HTML text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.shared.classification.views import said
from plugins.shared.page.html_parts import progress as bar
from plugins.shared.page.plots import clock, number, percent
from plugins.shared.page.provenance import provenance
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.lesson.panel import LOOK, OWN, Judged, Panel
from plugins.volume_classification.settings import KINDS
from plugins.volume_classification.views.html import ON_CPU, SHORT, cards
from weights.messages import rich, say

if TYPE_CHECKING:
    from plugins.shared.classification.training import Outcome, Progress

ASKED = {
    LOOK: "Nobody: I only want to look",
    OWN: "My own networks",
    "phantom": "The shipped networks that know the phantom",
    "adrenal": "The shipped network that knows adrenal glands (AdrenalMNIST3D)",
}
BEFORE = "There is no verdict: nobody was asked."


def judges(own: bool) -> list[tuple[str, str]]:
    """Who may be asked, as choices; `own`: whether the visitor has trained networks."""
    return [(words, key) for key, words in ASKED.items() if own or key != OWN]


def training(kind: str, place: int, progress: Progress) -> str:
    """How far a training is."""
    words = "{network} ({place} of {kinds}): step {step:,}, loss {loss}. {seconds} so far."
    if np.isfinite(progress.balanced):
        words = (
            "{network} ({place} of {kinds}): step {step:,}, loss {loss}; "
            "balanced accuracy {balanced}. {seconds} so far."
        )
    words = say(
        words,
        network=say(SHORT[kind]),
        place=place,
        kinds=len(KINDS),
        step=progress.step,
        loss=number(progress.loss),
        balanced=percent(progress.balanced),
        seconds=clock(progress.seconds),
    )
    return bar(round(100 * progress.share), 100, words)


def trained(outcomes: Mapping[str, Outcome]) -> str:
    """What came of a training, in a sentence."""
    parts = ", ".join(
        f"{SHORT[kind]} {percent(one.report.balanced)}" for kind, one in outcomes.items()
    )
    left = "" if len(outcomes) == len(KINDS) else " It was stopped; what was learnt is kept."
    return said(
        say(
            "Balanced accuracy on the test volumes: {parts}.{left} Ask these "
            "networks about a volume under “Look and ask”.",
            parts=parts,
            left=say(left),
        )
    )


def unasked(volume: Volume) -> str:
    """A volume that nobody was asked about."""
    return _named(volume, "") + said(BEFORE) + _notes(volume.notes)


def answered(volume: Volume, panel: Panel, judged: Judged, truth: str) -> Markup:
    """The verdicts of a panel, what they are good for, and what was done to the volume."""
    warning = ""
    if panel.warning:
        warning = Markup('<p class="vc-safety" role="note"><b>Beware.</b> {}</p>').format(
            panel.warning
        )
    notes = dict.fromkeys((*volume.notes, *judged.notes))
    shown = cards(judged.verdicts, truth)
    line = Markup("<b>{}</b>").format(say(panel.title))
    about = provenance(line, Markup("{} {}").format(say(panel.about), say(ON_CPU)))
    return _named(volume, truth) + warning + shown + about + _notes(notes)


def _named(volume: Volume, truth: str) -> Markup:
    voxels = " x ".join(map(str, volume.values.shape))
    lengths = " x ".join(f"{side:.3g}" for side in volume.spacing)
    known = rich("In the set it is called <b>{name}</b>.", name=say(truth)) if truth else ""
    size = say("{voxels} voxels of {lengths} mm.", voxels=voxels, lengths=lengths)
    return Markup('<p class="vc-named"><b>{}</b>: {} {}</p>').format(volume.name, size, known)


def _notes(notes: object) -> Markup:
    return Markup().join(said(note) for note in notes)
