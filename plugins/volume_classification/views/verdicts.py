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
    from plugins.volume_classification.learning.training import Run

ASKED = {
    LOOK: "Nobody: I only want to look",
    OWN: "My own networks",
    "phantom": "The shipped networks that know the phantom",
    "adrenal": "The shipped network that knows adrenal glands (AdrenalMNIST3D)",
}
HARDLY = 100
"""Steps; with fewer no network of these sizes has learnt what it can."""
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


def trained(runs: Mapping[str, Run], outcomes: Mapping[str, Outcome]) -> str:
    """What came of a training, in a few sentences."""
    parts = ", ".join(
        f"{SHORT[kind]} {percent(one.report.balanced)}" for kind, one in outcomes.items()
    )
    found = said(
        say(
            "Balanced accuracy on the test volumes: {parts}. Ask these networks about a volume "
            "under “Look and ask”.",
            parts=parts,
        )
    )
    if len(outcomes) < len(KINDS):
        found += said("It was stopped; what was learnt is kept.")
    for kind, one in outcomes.items():
        if one.steps < HARDLY:
            found += hardly(kind, one.steps, runs[kind].passes if kind in runs else 0.0)
    return found


def hardly(kind: str, steps: int, passes: float) -> Markup:
    """A warning of a network that has seen too little for its figures to mean anything."""
    words = say(
        "{network} is hardly trained: {steps:,} steps, in which it saw each volume about {passes} "
        "times. Its figures say little; give it more time.",
        network=say(SHORT[kind]),
        steps=steps,
        passes=number(passes, 1),
    )
    return Markup('<p class="vc-safety" role="note">{}</p>').format(words)


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
