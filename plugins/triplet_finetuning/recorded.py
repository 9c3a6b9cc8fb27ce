"""Runs on the objects that were recorded, for the page to open with and to play.

`python -m plugins.triplet_finetuning.record` makes them; nothing in them is written by hand.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import astuple
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from plugins.triplet_finetuning.data.split import OBJECTS, built_in
from plugins.triplet_finetuning.settings import Settings, alignment_for
from plugins.triplet_finetuning.training.evaluate import Report, report
from plugins.triplet_finetuning.training.events import Evaluation, Scene, Step, Triplet
from plugins.triplet_finetuning.training.history import Row
from plugins.triplet_finetuning.training.pair_classifier import Comparison, compare_heads
from plugins.triplet_finetuning.training.run import Look, Outcome, Run, Track

FOLDER = Path(__file__).with_name("recorded")
WORKS, COLLAPSE, RANDOM = "works", "collapse", "random"
NAMES = (WORKS, COLLAPSE, RANDOM)


class Recorded:
    """A finished run: what a `Run` and its `Outcome` tell, read from files.

    Attributes:
        training: (N, 128) encodings of the training pictures by the trained encoder.
        followed: The triplets of all looks are the same ones.
    """

    paused = False
    remaining = 0.0
    followed = True

    def __init__(self, table: dict[str, Any], arrays: dict[str, np.ndarray]):
        self.settings = Settings.from_plain(table["settings"])
        self.pictures, self.held_out = built_in(OBJECTS, alignment_for(None), self.settings)
        self.best, self.seconds, self.pace = table["best"], table["seconds"], table["pace"]
        self.before, self.after, self.training = (
            arrays[name].astype(np.float32) for name in ("before", "after", "training")
        )
        self.shown = arrays["shown"]
        self.tracks = {name: _track(self.settings, rows) for name, rows in table["tracks"].items()}
        for look, points in zip(table["looks"], arrays["points"], strict=True):
            scene = _scene(look["scene"], self.pictures.labels)
            known = Look(look["step"], look["best"], scene, points.astype(np.float32))
            self.track.looks.append(known)
        for track in self.tracks.values():
            track.looks, track.scene = self.track.looks, self.track.looks[-1].scene
            track.map = self.after[self.shown]
        self.thumbs = None

    @property
    def track(self) -> Track:
        """The run itself."""
        return self.tracks[self.settings.mining]

    @property
    def learnt(self) -> int:
        """Steps taken."""
        return self.track.steps[-1].number

    @cached_property
    def report(self) -> Report:
        """Before and after."""
        return report(self.before, self.after, self.held_out.labels, self.settings.distance)

    @cached_property
    def heads(self) -> Comparison:
        """The Siamese heads on its encodings; fitted when first asked for."""
        labels = self.pictures.labels, self.held_out.labels
        return compare_heads(self.training, labels[0], self.after, labels[1])


@lru_cache(maxsize=len(NAMES))
def recorded(name: str = WORKS) -> Recorded:
    """A recorded run: one of `NAMES`. Needs no torch."""
    from safetensors.numpy import load_file

    table = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    return Recorded(table, load_file(FOLDER / f"{name}.safetensors"))


def write(name: str, run: Run, outcome: Outcome, scenes: list[Scene], training: np.ndarray) -> None:
    """Record a finished run.

    Args:
        scenes: At every look, with the same triplets in all.
    """
    from safetensors.numpy import save_file

    FOLDER.mkdir(exist_ok=True)
    looks = run.track.looks
    table = {
        "settings": run.settings.plain(),
        "best": outcome.best,
        "seconds": round(outcome.seconds, 2),
        "pace": round(outcome.pace, 2),
        "tracks": {name: [_short(row) for row in t.rows] for name, t in run.tracks.items()},
        "looks": [
            {"step": look.step, "best": look.best, "scene": _plain(scene)}
            for look, scene in zip(looks, scenes, strict=True)
        ],
    }
    packed = gzip.compress(json.dumps(table).encode(), mtime=0)
    (FOLDER / f"{name}.json.gz").write_bytes(packed)
    points = np.stack([look.points for look in looks])
    named = {"before": outcome.before, "after": outcome.after, "training": training}
    arrays = {key: array.astype(np.float16) for key, array in {**named, "points": points}.items()}
    save_file({**arrays, "shown": run.shown.astype(np.int64)}, FOLDER / f"{name}.safetensors")
    recorded.cache_clear()


def _plain(scene: Scene) -> dict[str, Any]:
    return {
        "shares": [round(share, 4) for share in scene.shares],
        "hardest": [_rounded(astuple(one)) for one in scene.hardest],
        "indices": scene.indices.tolist(),
        "distances": _rounded(scene.distances.tolist()),
        "points": [_rounded(point) for point in scene.points.tolist()],
    }


def _rounded(values: Any) -> list:
    return [round(value, 4) if isinstance(value, float) else value for value in values]


def _short(row: Row) -> list[float | int | None]:
    return _rounded(astuple(row))


def _track(settings: Settings, rows: list[list]) -> Track:
    track = Track(settings)
    for row in (Row(*cells) for cells in rows):
        scene = evaluation = None
        if row.easy is not None:
            scene = Scene((row.easy, row.semihard, row.hard), (), *(np.empty(0),) * 4)
        if row.recall is not None:
            evaluation = Evaluation(row.recall, row.one_shot, row.eer, np.empty((0, 128)))
        loss = float("nan") if row.loss is None else row.loss
        spread = float("nan") if row.spread is None else row.spread
        track.steps.append(Step(row.step, loss, row.mined, spread, row.seconds, scene, evaluation))
    return track


def _scene(table: dict, labels: np.ndarray) -> Scene:
    indices = np.array(table["indices"])
    hardest = tuple(Triplet(*one) for one in table["hardest"])
    same = labels[indices] == labels[hardest[0].anchor]
    distances, points = np.array(table["distances"]), np.array(table["points"])
    return Scene(tuple(table["shares"]), hardest, indices, distances, same, points)
