"""Networks that are asked together, and what they say of a volume."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.views.html import SHORT, Verdict
from plugins.volume_classification.views.viewer_data import Evidence

if TYPE_CHECKING:
    from plugins.volume_classification.learning.trained import Trained

OWN, LOOK = "own", "look"
MOST = 8
"""Classes whose evidence is shown: the likeliest."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Networks that answer together.

    Attributes:
        key: Its name in code. `title`: for people.
        networks: By what they see (a key of `settings.KINDS`).
        accuracy: Of each on held-out volumes, 0..1.
        about: What they are, what they were trained on, and the licence.
        warning: What their answers are not good for.
    """

    key: str
    title: str
    networks: Mapping[str, Trained] = field(repr=False)
    accuracy: Mapping[str, float] = field(default_factory=dict)
    about: str = ""
    warning: str = ""


@dataclass(frozen=True, eq=False)
class Judged:
    """What a panel says of a volume.

    Attributes:
        notes: What was done to the volume for the networks.
    """

    verdicts: tuple[Verdict, ...]
    evidence: tuple[Evidence, ...] = field(repr=False)
    notes: tuple[str, ...]


def judge(panel: Panel, volume: Volume, before_each: Callable[[], None] = lambda: None) -> Judged:
    """Ask every network of a panel; the time counts its answer and its map of evidence.

    Args:
        before_each: Called before each network is asked; what it raises ends the work.
    """
    from plugins.volume_classification.learning.trained import cams

    verdicts, evidence, notes = [], [], {}
    for kind, trained in panel.networks.items():
        before_each()
        begun = time.perf_counter()
        inputs, changes = trained.form.take(volume)
        unlike, more = trained.form.strange(inputs)
        shares = trained.probabilities(inputs)[0]
        maps = cams(trained, inputs)[0]
        seconds = time.perf_counter() - begun
        accuracy = panel.accuracy.get(kind, math.nan)
        shares = tuple(float(share) for share in shares)
        verdicts.append(Verdict(kind, trained.classes, shares, seconds, accuracy, unlike))
        likely = sorted(np.argsort(shares)[::-1][:MOST])
        classes = tuple(trained.classes[i] for i in likely)
        evidence.append(Evidence(SHORT[kind], classes, maps[likely]))
        notes |= dict.fromkeys((*changes, *more))
    return Judged(tuple(verdicts), tuple(evidence), tuple(notes))
