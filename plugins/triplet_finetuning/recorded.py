"""A run on the digits that was recorded, for the page to open with.

`python -m plugins.triplet_finetuning.record` makes it; nothing in it is written by hand.
"""

from __future__ import annotations

import json
from dataclasses import astuple
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from plugins.triplet_finetuning.data.digits import HELD_OUT, digits
from plugins.triplet_finetuning.data.split import split
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.evaluate import Report, report
from plugins.triplet_finetuning.training.events import Evaluation, Scene, Step, Triplet
from plugins.triplet_finetuning.training.history import Row
from plugins.triplet_finetuning.training.pair_classifier import Comparison, compare_heads
from plugins.triplet_finetuning.training.run import Outcome, Run, Track

FOLDER = Path(__file__).with_name("recorded")
TABLE, ARRAYS = FOLDER / "run.json", FOLDER / "encodings.safetensors"


class Recorded:
    """A finished run: what a `Run` and its `Outcome` tell, read from files.

    Attributes:
        training: (N, 128) encodings of the training pictures by the trained encoder.
    """

    paused = False
    remaining = 0.0

    def __init__(self, table: dict[str, Any], arrays: dict[str, np.ndarray]):
        self.settings = Settings.from_plain(table["settings"])
        pictures = digits()
        self.pictures, self.held_out = split(pictures, 0.3, self.settings.seed, HELD_OUT)
        self.best, self.seconds, self.pace = table["best"], table["seconds"], table["pace"]
        self.before, self.after, self.training = (
            arrays[name].astype(np.float32) for name in ("before", "after", "training")
        )
        self.shown = arrays["shown"]
        self.tracks = {name: _track(self.settings, rows) for name, rows in table["tracks"].items()}
        self.track.scene = _scene(table["scene"], self.pictures.labels)
        self.track.map = self.after[self.shown]
        self.thumbs = None

    @property
    def track(self) -> Track:
        """The run itself."""
        return self.tracks[self.settings.mining]

    @property
    def learnt(self) -> int:
        """Steps taken."""
        return self.track.steps[-1].number

    @property
    def report(self) -> Report:
        """Before and after."""
        return _report(self)

    @property
    def heads(self) -> Comparison:
        """The Siamese heads on its encodings; fitted when first asked for."""
        return _heads(self)


@lru_cache(maxsize=1)
def _heads(run: Recorded) -> Comparison:
    labels = run.pictures.labels, run.held_out.labels
    return compare_heads(run.training, labels[0], run.after, labels[1])


@lru_cache(maxsize=1)
def _report(run: Recorded) -> Report:
    return report(run.before, run.after, run.held_out.labels, run.settings.distance)


@lru_cache(maxsize=1)
def recorded() -> Recorded:
    """The recorded run. Needs no torch."""
    from safetensors.numpy import load_file

    return Recorded(json.loads(TABLE.read_text(encoding="utf-8")), load_file(ARRAYS))


def write(run: Run, outcome: Outcome, training: np.ndarray) -> None:
    """Record a finished run."""
    from safetensors.numpy import save_file

    FOLDER.mkdir(exist_ok=True)
    scene = run.track.scene
    table = {
        "settings": run.settings.plain(),
        "best": outcome.best,
        "seconds": round(outcome.seconds, 2),
        "pace": round(outcome.pace, 2),
        "tracks": {name: [_short(row) for row in t.rows] for name, t in run.tracks.items()},
        "scene": {
            "shares": scene.shares,
            "hardest": [astuple(one) for one in scene.hardest],
            "indices": scene.indices.tolist(),
            "distances": np.round(scene.distances, 4).tolist(),
            "points": np.round(scene.points, 4).tolist(),
        },
    }
    TABLE.write_text(json.dumps(table) + "\n", encoding="utf-8")
    named = {"before": outcome.before, "after": outcome.after, "training": training}
    arrays = {name: array.astype(np.float16) for name, array in named.items()}
    save_file({**arrays, "shown": run.shown.astype(np.int64)}, ARRAYS)
    recorded.cache_clear()


def _short(row: Row) -> list[float | int | None]:
    return [round(cell, 4) if isinstance(cell, float) else cell for cell in astuple(row)]


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
