"""A run as it stood at one of its looks, for the scrubber."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugins.triplet_finetuning.recorded import Recorded
    from plugins.triplet_finetuning.training.run import Run, Track


class Moment:
    """What `theatre.frame` draws of a run, up to a look.

    Args:
        at: Which look, 0 for the one before training.
    """

    paused = False
    remaining = math.nan

    def __init__(self, run: Run | Recorded, at: int):
        self._run = run
        self.settings, self.pictures, self.held_out = run.settings, run.pictures, run.held_out
        self.shown, self.followed = run.shown, run.followed
        look = run.track.looks[at]
        self.learnt, self.best = look.step, look.best
        self.tracks = {name: _until(track, at) for name, track in run.tracks.items()}
        self.track = self.tracks[self.settings.mining]

    @property
    def thumbs(self):
        """The sheet of the map, drawn once for the whole run."""
        return self._run.thumbs

    @thumbs.setter
    def thumbs(self, sheet) -> None:
        self._run.thumbs = sheet


def _until(track: Track, at: int) -> Track:
    looks = track.looks[: at + 1]
    steps = [step for step in track.steps if step.number <= looks[-1].step]
    return replace(track, steps=steps, looks=looks, scene=looks[-1].scene, map=None)
